/* login_place.c - see login_place.h. */
#include "login_place.h"

#include <stdlib.h>
#include <string.h>

/* What an entry consists of; borrows from the environment. */
struct entry {
	struct bf_config_value values[BF_CONFIG_LOGIN_VALUES + 2];
	struct bf_config_change change;
};

static void want(const struct bf_environment *env, struct entry *ret)
{
	const struct bf_config_login login = {
		.base_url = env->url.text,
		.auth_method = bfabric_auth_method_name(BFABRIC_AUTH_OAUTH),
		.client_id = env->client_id,
		.scope = env->scope,
	};
	size_t count = bf_config_login_values(&login, ret->values);

	ret->values[count++] = (struct bf_config_value){"libbfabric.ca_file", env->ca_file};
	ret->values[count++] = (struct bf_config_value){"libbfabric.proxy", env->proxy};
	ret->change = (struct bf_config_change){
		.name = env->name,
		.values = ret->values,
		.value_count = count,
		.set_default = BF_DEFAULT_IF_FIRST,
	};
}

static bool has(const struct bf_config *config, const char *name)
{
	for (size_t i = 0; i < bf_config_count(config); i++)
		if (strcmp(bf_config_name(config, i), name) == 0)
			return true;
	return false;
}

static enum bfabric_status compare(const struct bf_environment *env,
	const struct bf_environment *theirs, struct bfabric_error *err)
{
	if (theirs->method != BFABRIC_AUTH_OAUTH || strcmp(theirs->url.text, env->url.text) != 0 ||
		strcmp(theirs->client_id, env->client_id) != 0)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"the environment %.80s in %.200s is for another server, client or "
			"method: it was left alone",
			env->name, theirs->file);
	return BFABRIC_OK;
}

enum bfabric_status bf_login_place_check(
	struct bf_environment *env, bool *ret_missing, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment theirs = {0};
	struct entry entry = {0};
	enum bfabric_status status = bf_config_load(/* config_file= */ NULL, &config, err);

	if (status != BFABRIC_OK)
		return status;
	*ret_missing = !has(config, env->name);
	if (*ret_missing) {
		want(env, &entry);
		return bf_config_check_write(/* config_file= */ NULL, &entry.change, err);
	}
	status = bf_config_select(config, env->name, /* ret_chosen_by= */ NULL, &theirs, err);
	if (status == BFABRIC_OK)
		status = compare(env, &theirs, err);
	if (status != BFABRIC_OK || !bf_environment_apart(&theirs))
		return status;
	free(env->store);
	env->store = BF_TAKE(theirs.store);
	free(env->file); /* where it is looked again whether that store is still the one */
	env->file = BF_TAKE(theirs.file);
	return BFABRIC_OK;
}

enum bfabric_status bf_login_place_write(
	const struct bf_environment *env, struct bfabric_error *err)
{
	struct entry entry = {0};

	want(env, &entry);
	return bf_config_write(/* config_file= */ NULL, &entry.change, err);
}
