#include "config_private.h"
#include <stdlib.h>
#include <string.h>
#include <stdio.h>

/*
 * The sub-mapping `libbfabric:`, which bfabricPy passes over. A key we do not know is an error: a
 * mistyped `serve_pat` or `ca_file` must not be ignored in silence.
 */

struct ours {
	const struct bf_config_place *place;
	struct bf_environment *env;
	struct bfabric_error *err;
	enum bfabric_status status;
};

struct our_key {
	const char *name;
	enum bfabric_status (*read)(
		struct ours *o, const char *key, const struct bf_yaml_node *value);
};

static enum bfabric_status bad(
	struct ours *o, const struct bf_yaml_node *at, const char *key, const char *problem)
{
	char full[64];

	snprintf(full, sizeof(full), "libbfabric: %s", key);
	return bf_config_bad(o->place, at, full, problem, o->err);
}

/* The value as a new string; an empty one is no answer. */
static enum bfabric_status string(
	struct ours *o, const char *key, const struct bf_yaml_node *value, char **ret)
{
	BF_AUTO_FREE char *text = NULL;
	char full[64];
	enum bfabric_status status;

	snprintf(full, sizeof(full), "libbfabric: %s", key);
	status = bf_config_string(o->place, full, value, &text, o->err);
	if (status != BFABRIC_OK)
		return status;
	if (!text || !*text)
		return bad(o, value, key, "is empty");
	free(*ret);
	*ret = BF_TAKE(text);
	return BFABRIC_OK;
}

/* An absolute path, "~/" expanded. */
static enum bfabric_status path(
	struct ours *o, const char *key, const struct bf_yaml_node *value, char **ret)
{
	BF_AUTO_FREE char *home = NULL, *full = NULL;
	enum bfabric_status status = string(o, key, value, ret);

	if (status != BFABRIC_OK || **ret == '/')
		return status;
	if (strncmp(*ret, "~/", 2) != 0)
		return bad(o, value, key, "must be an absolute path, or begin with ~/");
	status = bf_home(&home, o->err);
	if (status != BFABRIC_OK)
		return status;
	if (asprintf(&full, "%s/%s", home, *ret + 2) < 0)
		return bf_fail_nomem(o->err);
	free(*ret);
	*ret = BF_TAKE(full);
	return BFABRIC_OK;
}

static enum bfabric_status read_store(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	enum bfabric_status status = string(o, key, value, &o->env->store);
	const char *store = o->env->store;

	if (status == BFABRIC_OK && strcmp(store, "file") != 0 && strcmp(store, "keyring") != 0 &&
		*store != '/')
		return bad(
			o, value, key, "must be file, keyring or the absolute path of a program");
	return status;
}

static enum bfabric_status read_secret_file(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	return path(o, key, value, &o->env->client_secret_file);
}

static enum bfabric_status read_ca_file(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	return path(o, key, value, &o->env->ca_file);
}

/* It may contain a password: errors do not show it. */
static enum bfabric_status read_proxy(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	static const char *const schemes[] = {"http://", "https://", "socks5://", "socks5h://"};
	enum bfabric_status status = string(o, key, value, &o->env->proxy);

	if (status != BFABRIC_OK)
		return status;
	for (const char *p = o->env->proxy; *p; p++)
		if (*p <= ' ' || *p > '~')
			return bad(o, value, key, "contains a space or a character outside ASCII");
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		size_t n = strlen(schemes[i]);

		if (strncmp(o->env->proxy, schemes[i], n) == 0 && o->env->proxy[n])
			return BFABRIC_OK;
	}
	return bad(o, value, key, "must be a URL that begins with http://, https:// or socks5://");
}

static enum bfabric_status read_min_ttl(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	const char *text = bf_yaml_text(&o->place->file->yaml, value);
	size_t n = strspn(text, "0123456789");
	long seconds = -1;

	/* a leading zero would make it octal for a YAML 1.1 reader */
	if (value->type == BF_YAML_SCALAR && value->plain && n > 0 && n <= 5 && text[n] == '\0' &&
		(n == 1 || *text != '0'))
		seconds = strtol(text, NULL, 10);
	if (seconds < 0 || seconds > 86400)
		return bad(o, value, key, "must be a number of seconds from 0 to 86400");
	o->env->min_ttl = seconds;
	return BFABRIC_OK;
}

static enum bfabric_status read_serve_pat(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	const char *text = bf_yaml_text(&o->place->file->yaml, value);

	if (bf_yaml_kind(&o->place->file->yaml, value) != BF_YAML_BOOL)
		return bad(o, value, key, "must be true or false");
	o->env->serve_pat = strchr("tTyY", *text) || strcasecmp(text, "on") == 0;
	return BFABRIC_OK;
}

enum bfabric_status bf_config_host_url(
	const char *text, struct bf_url *ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *url = NULL;

	/* nothing that would end the host, or stand before it */
	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") !=
		strlen(text))
		return bf_fail(err, BFABRIC_BAD_CALL, "not a host name");
	if (asprintf(&url, "https://%s", text) < 0)
		return bf_fail_nomem(err);
	return bf_url_parse(url, ret, err);
}

static enum bfabric_status add_host(struct ours *o, const char *key,
	const struct bf_yaml_node *item, char ***hosts, size_t *count)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	enum bfabric_status status = string(o, key, item, &(*hosts)[*count]);

	if (status != BFABRIC_OK)
		return status;
	status = bf_config_host_url((*hosts)[(*count)++], &url, NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(o->err);
	if (status != BFABRIC_OK)
		return bad(o, item, key, "must hold plain host names, or host:port");
	return BFABRIC_OK;
}

static enum bfabric_status read_hosts(
	struct ours *o, const char *key, const struct bf_yaml_node *value)
{
	const struct bf_yaml *yaml = &o->place->file->yaml;
	const struct bf_yaml_node *item;
	size_t count = 0;
	enum bfabric_status status = BFABRIC_OK;

	if (value->type != BF_YAML_SEQUENCE || value->foreign)
		return bad(o, value, key, "must be a list, as in [files.example.org]");
	for (uint32_t c = value->first; bf_yaml_next(yaml, &c);)
		count++;
	while (o->env->host_count)
		free(o->env->hosts[--o->env->host_count]);
	free(o->env->hosts);
	o->env->hosts = calloc(count + 1, sizeof(char *));
	if (!o->env->hosts)
		return bf_fail_nomem(o->err);
	for (uint32_t c = value->first; status == BFABRIC_OK && (item = bf_yaml_next(yaml, &c));)
		status = add_host(o, key, item, &o->env->hosts, &o->env->host_count);
	return status;
}

static const struct our_key our_keys[] = {
	{"store", read_store},
	{"hosts", read_hosts},
	{"client_secret_file", read_secret_file},
	{"ca_file", read_ca_file},
	{"proxy", read_proxy},
	{"min_ttl", read_min_ttl},
	{"serve_pat", read_serve_pat},
};

static void visit(void *data, const struct bf_yaml_node *key, const struct bf_yaml_node *value)
{
	struct ours *o = data;
	const struct bf_yaml *yaml = &o->place->file->yaml;

	if (o->status != BFABRIC_OK)
		return;
	for (size_t i = 0; i < sizeof(our_keys) / sizeof(our_keys[0]); i++) {
		if (!bf_yaml_is(yaml, key, our_keys[i].name))
			continue;
		if (bf_yaml_kind(yaml, value) != BF_YAML_NULL)
			o->status = our_keys[i].read(o, our_keys[i].name, value);
		return;
	}
	char shown[40];

	bf_show(shown, sizeof(shown), bf_yaml_text(yaml, key), key->length);
	o->status = bad(o, key, shown,
		"is not known (known: store, hosts, client_secret_file, ca_file, proxy, min_ttl, "
		"serve_pat)");
}

enum bfabric_status bf_config_read_ours(const struct bf_config_place *place,
	const struct bf_yaml_node *mapping, struct bf_environment *env, struct bfabric_error *err)
{
	struct ours o = {.place = place, .env = env, .err = err, .status = BFABRIC_OK};
	const char *problem;

	if (mapping->type != BF_YAML_MAPPING || mapping->foreign)
		return bf_config_bad(place, mapping, "libbfabric", "must be a mapping", err);
	problem = bf_yaml_walk(&place->file->yaml, mapping, visit, &o);
	return problem ? bf_config_bad(place, mapping, "libbfabric", problem, err) : o.status;
}
