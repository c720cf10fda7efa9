/*
 * The secrets of an environment in a store of its own.
 */
#include "document.h"

#include <string.h>

#include "policy.h"

void bf_document_release(struct bf_document *document)
{
	bf_lock_release(&document->lock);
	bf_stored_release(&document->stored);
	bf_store_release(&document->store);
}

/* Only logins with a cache have a lock, and only those are changed by anybody but a person. */
static enum bfabric_status take_lock(const struct bf_environment *env,
	const struct bf_document_call *call, struct bf_lock *lock, struct bfabric_error *err)
{
	struct bfabric_session locker = {
		.env = {.method = env->method}, .sys = call->sys, .cancel = call->cancel};
	int64_t limit = bf_boot_ms(call->sys) + BF_LOCK_MS;
	enum bfabric_status status = BFABRIC_OK;

	if (!bf_session_cached(&locker))
		return BFABRIC_OK;
	status = bf_paths_init(
		&env->url, env->client_id, env->name, /* with_runtime= */ true, &locker.paths, err);
	if (status == BFABRIC_OK)
		status = bf_session_lock(&locker, lock,
			call->deadline && call->deadline < limit ? call->deadline : limit, err);
	bf_paths_release(&locker.paths);
	return status;
}

enum bfabric_status bf_document_open(const struct bf_environment *environment, const char *store,
	const struct bf_document_call *call, struct bf_document *ret, struct bfabric_error *err)
{
	enum bfabric_status status =
		bf_store_open(environment, store, call->sys, call->cancel, &ret->store, err);

	if (status != BFABRIC_OK || !bf_store_apart(&ret->store))
		return status;
	status = take_lock(environment, call, &ret->lock, err);
	if (status != BFABRIC_OK)
		return status;
	return bf_store_get(&ret->store, /* deadline= */ 0, &ret->found, &ret->stored, err);
}

enum bfabric_status bf_document_save(struct bf_document *document, struct bfabric_error *err)
{
	return bf_store_put(&document->store, /* deadline= */ 0, &document->stored, err);
}

enum bfabric_status bf_document_set(
	struct bf_secret *secret, const struct bf_secret *value, struct bfabric_error *err)
{
	bf_secret_release(secret);
	if (value)
		bf_secret_put_secret(secret, value);
	return secret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static bool has(const struct bf_config *config, const char *environment)
{
	for (size_t i = 0; i < bf_config_count(config); i++)
		if (strcmp(bf_config_name(config, i), environment) == 0)
			return true;
	return false;
}

enum bf_document_use bf_document_used(
	const char *config_file, const char *environment, const char *store)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	if (bf_config_load(config_file, &config, /* err= */ NULL) != BFABRIC_OK)
		return BF_DOCUMENT_UNKNOWN;
	if (!has(config, environment))
		return BF_DOCUMENT_NOT_USED;
	if (bf_config_select(config, environment, NULL, &env, /* err= */ NULL) != BFABRIC_OK)
		return BF_DOCUMENT_UNKNOWN;
	return strcmp(env.store ? env.store : "file", store) == 0 ? BF_DOCUMENT_USED
								  : BF_DOCUMENT_NOT_USED;
}

/* What is written in the configuration counts: whoever wrote it there came later. */
static void take(struct bf_secret *to, struct bf_secret *from)
{
	if (bf_secret_empty(to))
		bf_secret_move(to, from);
}

enum bfabric_status bf_document_fill(
	struct bf_environment *env, const struct bf_document_call *call, struct bfabric_error *err)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	bool found = false;
	enum bfabric_status status =
		bf_store_open(env, /* name= */ NULL, call->sys, call->cancel, &store, err);

	if (status == BFABRIC_OK && bf_store_apart(&store))
		status = bf_store_get(&store, call->deadline, &found, &stored, err);
	if (status != BFABRIC_OK || !found)
		return status;
	take(&env->registration_access_token, &stored.registration_access_token);
	if (env->method == BFABRIC_AUTH_PAT)
		take(&env->pat, &stored.pat);
	else if (!env->client_secret_file)
		take(&env->client_secret, &stored.client_secret);
	return BFABRIC_OK;
}
