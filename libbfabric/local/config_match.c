#include "config_private.h"
#include <stdlib.h>
#include <string.h>

static bool is_string(const struct bf_yaml *yaml, const struct bf_yaml_node *node)
{
	return bf_yaml_kind(yaml, node) == BF_YAML_STRING &&
	       strlen(bf_yaml_text(yaml, node)) == node->length;
}

struct find_hosts {
	const struct bf_yaml *yaml;
	const struct bf_yaml_node *hosts;
};

static void visit(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct find_hosts *f = data;

	if (bf_yaml_is(f->yaml, key, "hosts"))
		f->hosts = value;
}

/* Only https: a further host is never spoken to in the clear. */
static bool hosts_serve(const struct bf_yaml *yaml, const struct bf_yaml_node *ours,
	const struct bf_host_request *request)
{
	struct find_hosts f = {yaml, NULL};
	const struct bf_yaml_node *item;

	if (ours->type != BF_YAML_MAPPING || bf_yaml_walk(yaml, ours, visit, &f) || !f.hosts ||
		f.hosts->type != BF_YAML_SEQUENCE || strcmp(request->protocol, "https") != 0)
		return false;
	for (uint32_t c = f.hosts->first; (item = bf_yaml_next(yaml, &c));) {
		BF_AUTO_URL struct bf_url url = BF_URL_INIT;

		if (is_string(yaml, item) &&
			bf_config_host_url(bf_yaml_text(yaml, item), &url, NULL) == BFABRIC_OK &&
			bf_url_serves(&url, "https", request->host))
			return true;
	}
	return false;
}

/*
 * Does this environment serve the host? Looks at base_url and hosts alone. One without a sound
 * base_url serves nobody, whatever its `hosts` say.
 */
static bool serves(const struct bf_config *config, const struct bf_config_entry *entry,
	const struct bf_host_request *request)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	const struct bf_yaml_node *base_url = NULL, *ours = NULL;
	const char *text = NULL;

	if (!entry->file) {
		text = bf_config_override_url(config->override);
	} else {
		bf_config_peek(entry, &base_url, &ours);
		if (base_url && is_string(&entry->file->yaml, base_url))
			text = bf_yaml_text(&entry->file->yaml, base_url);
	}
	if (!text || bf_url_parse(text, &url, NULL) != BFABRIC_OK)
		return false;
	return bf_url_serves(&url, request->protocol, request->host) ||
	       (ours && hosts_serve(&entry->file->yaml, ours, request));
}

/* The entry of that name if it serves the host. */
static const struct bf_config_entry *named(
	const struct bf_config *config, const char *name, const struct bf_host_request *request)
{
	const struct bf_config_entry *entry = name && *name ? bf_config_find(config, name) : NULL;

	return entry && serves(config, entry, request) ? entry : NULL;
}

/* The only one that serves the host; the second one found goes to *ret_other. */
static const struct bf_config_entry *only(const struct bf_config *config,
	const struct bf_host_request *request, const struct bf_config_entry **ret_other)
{
	const struct bf_config_entry *found = NULL;

	for (size_t i = 0; i < config->count; i++) {
		if (!serves(config, &config->entries[i], request))
			continue;
		if (found) {
			*ret_other = &config->entries[i];
			return NULL;
		}
		found = &config->entries[i];
	}
	return found;
}

static void say_several(const struct bf_config *config, const struct bf_host_request *request,
	const struct bf_config_entry *other, struct bfabric_error *err)
{
	const struct bf_config_entry *first = config->entries;

	while (!serves(config, first, request))
		first++;
	(void)bf_fail(err, BFABRIC_OK,
		"several environments fit %.100s ('%.60s', '%.60s'...): choose one with --env or "
		"GENERAL: default_config",
		request->host, first->name, other->name);
}

/* Without --env and without a user name. */
static const struct bf_config_entry *unnamed(const struct bf_config *config,
	const struct bf_host_request *request, struct bfabric_error *err)
{
	const struct bf_config_entry *other = NULL;
	const struct bf_config_entry *entry =
		named(config, secure_getenv("BFABRICPY_CONFIG_ENV"), request);

	if (!entry)
		entry = named(config, bf_config_default(config), request);
	if (!entry)
		entry = only(config, request, &other);
	if (other)
		say_several(config, request, other, err);
	return entry;
}

enum bfabric_status bf_config_match(const struct bf_config *config,
	const struct bf_host_request *request, bool *ret_matched, struct bf_environment *ret,
	struct bfabric_error *err)
{
	const char *user = request->username;
	const struct bf_config_entry *entry = NULL;
	enum bfabric_status status;

	if (err)
		*err = (struct bfabric_error){0};
	*ret_matched = false;
	if (!request->protocol || !request->host)
		return BFABRIC_OK;
	if (request->environment && *request->environment) {
		BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

		/* who names an environment wants to hear that it is missing or broken */
		status = bf_config_select(config, request->environment, NULL, &env, err);
		if (status != BFABRIC_OK)
			return status;
		entry = named(config, request->environment, request);
	} else if (user && *user && strcmp(user, BF_OAUTH_LOGIN) != 0) {
		entry = named(config, user, request);
	} else {
		entry = unnamed(config, request, err);
	}
	if (!entry)
		return BFABRIC_OK;
	status = bf_config_read_entry(config, entry, ret, err);
	*ret_matched = status == BFABRIC_OK;
	return status;
}
