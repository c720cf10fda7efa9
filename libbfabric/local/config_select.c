#include "config_private.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bf_environment_release(struct bf_environment *env)
{
	free(env->name);
	free(env->file);
	bf_url_release(&env->url);
	free(env->client_id);
	free(env->scope);
	free(env->login);
	bf_secret_release(&env->password);
	bf_secret_release(&env->pat);
	bf_secret_release(&env->client_secret);
	free(env->client_secret_file);
	bf_secret_release(&env->registration_access_token);
	free(env->registration_client_uri);
	free(env->store);
	for (size_t i = 0; i < env->host_count; i++)
		free(env->hosts[i]);
	free(env->hosts);
	free(env->ca_file);
	if (env->proxy)
		bf_free_secret_string(env->proxy);
	*env = (struct bf_environment){0};
}

enum bfabric_status bf_config_read_entry(const struct bf_config *config,
	const struct bf_config_entry *entry, struct bf_environment *ret, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {.min_ttl = 60};
	enum bfabric_status status;

	env.name = strdup(entry->name);
	if (!env.name)
		return bf_fail_nomem(err);
	if (entry->file)
		status = bf_config_read_yaml(entry, &env, err);
	else
		status = bf_config_read_override(config->override, &env, err);
	if (status != BFABRIC_OK)
		return status;
	if (!env.store)
		env.store = strdup("file");
	if (!env.store)
		return bf_fail_nomem(err);
	*ret = env;
	env = (struct bf_environment){0};
	return BFABRIC_OK;
}

/* "A, B and 3 more"; what fits. */
static void list_names(const struct bf_config *config, char *buf, size_t size)
{
	size_t used = 0, shown = 0;

	buf[0] = '\0';
	for (; shown < config->count; shown++) {
		const char *name = config->entries[shown].name;
		size_t length = strlen(name);

		if (used + length + 24 > size)
			break;
		used += (size_t)snprintf(buf + used, size - used, "%s%s", shown ? ", " : "", name);
	}
	if (shown < config->count)
		snprintf(buf + used, size - used, "%s%zu more", shown ? " and " : "",
			config->count - shown);
}

static enum bfabric_status nothing_configured(
	const struct bf_config *config, struct bfabric_error *err)
{
	if (!config->user.info.found)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
			"%s does not exist: log in with 'bfabric login URL'",
			bf_config_user_file(config));
	return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
		"%s names no environment: log in with 'bfabric login URL'",
		bf_config_user_file(config));
}

static enum bfabric_status no_such_environment(const struct bf_config *config, const char *name,
	const char *chosen_by, struct bfabric_error *err)
{
	char names[200];

	if (config->count == 0)
		return nothing_configured(config, err);
	list_names(config, names, sizeof(names));
	if (config->override)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"there is no environment '%.80s' (%s): " BF_OVERRIDE_VARIABLE
			" is set, replaces the configuration and holds %s",
			name, chosen_by, names);
	return bf_fail(err, BFABRIC_BAD_CONFIG,
		"%.150s: there is no environment '%.80s' (%s); there are: %s",
		bf_config_user_file(config), name, chosen_by, names);
}

/* The name in a file's GENERAL.default_config; *ret_name NULL if it has none. */
static enum bfabric_status choose_default(
	const struct bf_config *config, const char **ret_name, struct bfabric_error *err)
{
	enum bfabric_status status = bf_config_file_default(&config->user, ret_name, err);

	if (status == BFABRIC_OK && !*ret_name)
		status = bf_config_file_default(&config->site, ret_name, err);
	return status;
}

static enum bfabric_status choose_only(const struct bf_config *config,
	const struct bf_config_entry **ret, struct bfabric_error *err)
{
	char names[200];

	if (config->count == 0)
		return nothing_configured(config, err);
	if (config->count == 1 && config->entries[0].file->source == BF_FROM_SITE) {
		*ret = &config->entries[0];
		return BFABRIC_OK;
	}
	list_names(config, names, sizeof(names));
	return bf_fail(err, BFABRIC_BAD_CONFIG,
		"%.150s: no default environment: choose one with --env, BFABRICPY_CONFIG_ENV or "
		"GENERAL: default_config; there are: %s",
		bf_config_user_file(config), names);
}

static enum bfabric_status choose(const struct bf_config *config, const char *name,
	const struct bf_config_entry **ret, const char **ret_why, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	*ret_why = "--env";
	if (config->override && (!name || !*name)) {
		*ret_why = BF_OVERRIDE_VARIABLE;
		*ret = &config->entries[0];
		return BFABRIC_OK;
	}
	if (!name || !*name) {
		name = secure_getenv("BFABRICPY_CONFIG_ENV");
		*ret_why = "BFABRICPY_CONFIG_ENV";
	}
	if (!name || !*name) {
		name = NULL;
		status = choose_default(config, &name, err);
		*ret_why = "default_config";
	}
	if (status != BFABRIC_OK)
		return status;
	if (!name) {
		*ret_why = "only environment";
		return choose_only(config, ret, err);
	}
	*ret = bf_config_find(config, name);
	return *ret ? BFABRIC_OK : no_such_environment(config, name, *ret_why, err);
}

enum bfabric_status bf_config_select(const struct bf_config *config, const char *name,
	const char **ret_chosen_by, struct bf_environment *ret, struct bfabric_error *err)
{
	const struct bf_config_entry *entry = NULL;
	const char *why = NULL;
	enum bfabric_status status = choose(config, name, &entry, &why, err);

	if (status == BFABRIC_OK)
		status = bf_config_read_entry(config, entry, ret, err);
	if (status == BFABRIC_OK && ret_chosen_by)
		*ret_chosen_by = why;
	return status;
}
