#include "pam_own.h"
#include <stdlib.h>
#include <string.h>

static bool lists(const struct bf_config *config, const char *name)
{
	for (size_t i = 0; i < bf_config_count(config); i++)
		if (strcmp(bf_config_name(config, i), name) == 0)
			return true;
	return false;
}

static enum bfabric_status compare(const struct bf_environment *own,
	const struct bf_environment *env, struct bfabric_error *err)
{
	const char *client = own->client_id ? own->client_id : "";

	if (own->method == BFABRIC_AUTH_OAUTH && strcmp(own->url.text, env->url.text) == 0 &&
		strcmp(client, env->client_id) == 0)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_FORBIDDEN,
		"environment %.80s of %.120s is for another login (%.100s, method %s, client "
		"%.60s)",
		own->name, own->file, own->url.text, bfabric_auth_method_name(own->method), client);
}

enum bfabric_status bf_pam_look_at_own(
	struct bf_environment *env, bool *ret_listed, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment own = {0};
	const char *by = NULL;
	enum bfabric_status status = bf_config_load(/* config_file= */ NULL, &config, err);

	if (status == BFABRIC_OK && !lists(config, env->name))
		return BFABRIC_OK;
	if (status == BFABRIC_OK)
		status = bf_config_select(config, env->name, &by, &own, err);
	if (status == BFABRIC_OK)
		status = compare(&own, env, err);
	if (status != BFABRIC_OK)
		return status;
	*ret_listed = own.source == BF_FROM_USER;
	env->store = BF_TAKE(own.store);
	free(env->file); /* where it is looked again whether that store is still the one */
	env->file = BF_TAKE(own.file);
	return BFABRIC_OK;
}
