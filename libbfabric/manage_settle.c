/*
 * Finishing what an earlier run began: it was killed, or the configuration could not be written.
 */
#include "manage_private.h"

#include <stdlib.h>
#include <string.h>

enum bfabric_status bf_manage_find(const char *config_file, const char *environment,
	const struct bf_document_call *call, bool *ret_found, struct bf_environment *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(config_file, &config, err);

	*ret_found = false;
	if (status != BFABRIC_OK)
		return status;
	for (size_t i = 0; i < bf_config_count(config) && !*ret_found; i++)
		*ret_found = strcmp(bf_config_name(config, i), environment) == 0;
	if (!*ret_found)
		return BFABRIC_OK;
	status = bf_config_select(config, environment, /* ret_chosen_by= */ NULL, ret, err);
	return status == BFABRIC_OK ? bf_document_fill(ret, call, err) : status;
}

enum bfabric_status bf_manage_known(const struct bf_environment *env,
	struct bf_client_registration *ret, struct bfabric_error *err)
{
	const char *uri = env->registration_client_uri;

	/* An unreadable secret is none: nothing is asked with it here. */
	if (bf_client_secret(env, /* store= */ NULL, &ret->client_secret, err) == BFABRIC_NO_MEMORY)
		return BFABRIC_NO_MEMORY;
	bf_secret_put_secret(&ret->registration_access_token, &env->registration_access_token);
	ret->client_id = env->client_id ? strdup(env->client_id) : NULL;
	ret->registration_client_uri = uri ? strdup(uri) : NULL;
	if ((env->client_id && !ret->client_id) || (uri && !ret->registration_client_uri) ||
		ret->registration_access_token.failed)
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

/* A rescue file, and what the configuration says now. */
struct settling {
	struct bf_exchange x;
	bool exists; /* the environment */
	struct bf_environment env;
	struct bf_client_registration before, client;
	struct bf_reply reply;
	struct bf_url base;
};

static void settling_release(struct settling *t)
{
	bf_exchange_release(&t->x);
	bf_environment_release(&t->env);
	bf_client_registration_release(&t->before);
	bf_client_registration_release(&t->client);
	bf_reply_release(&t->reply);
	bf_url_release(&t->base);
}

/* Is the environment still as it was, or already as it is to be? */
static enum bfabric_status continues(
	struct settling *t, bool *ret_continues, struct bfabric_error *err)
{
	char token[BF_SHA256_HEX], secret[BF_SHA256_HEX];
	char new_token[BF_SHA256_HEX], new_secret[BF_SHA256_HEX];
	const struct bf_rescue_head *head = &t->x.head;
	enum bfabric_status status =
		bf_rescue_digest(t->exists ? &t->env : NULL, token, secret, err);

	if (status != BFABRIC_OK)
		return status;
	bf_rescue_digest_of(&t->client.registration_access_token, new_token);
	bf_rescue_digest_of(&t->client.client_secret, new_secret);
	*ret_continues = (strcmp(token, head->token) == 0 || strcmp(token, new_token) == 0) &&
			 (strcmp(secret, head->secret) == 0 || strcmp(secret, new_secret) == 0) &&
			 (head->kind == BF_RESCUE_REGISTER ||
				 (t->exists && strcmp(t->env.url.text, t->base.text) == 0));
	return BFABRIC_OK;
}

static enum bfabric_status drop(struct settling *t, struct bfabric_error *err)
{
	bf_secret_printf(t->x.notes,
		"What an interrupted run was told by %.200s is out of date and was dropped.\n",
		t->x.head.base_url);
	return bf_file_remove(t->x.rescue_path, err);
}

/* The environment's store was emptied after the DELETE, and the configuration was not changed yet.
 */
static bool half_cleared(const struct settling *t)
{
	return t->exists && bf_environment_apart(&t->env) && t->env.registration_client_uri &&
	       bf_secret_empty(&t->env.registration_access_token) &&
	       strcmp(t->env.url.text, t->base.text) == 0;
}

/* The digests alone, for a DELETE has brought nothing. */
static enum bfabric_status settle_delete(
	struct settling *t, bool *ret_deleting, struct bfabric_error *err)
{
	bool same = false;
	enum bfabric_status status = continues(t, &same, err);

	if (status == BFABRIC_OK && !same && !half_cleared(t))
		return drop(t, err);
	*ret_deleting = status == BFABRIC_OK;
	return status;
}

static enum bfabric_status understand(struct settling *t, struct bfabric_error *err)
{
	bool change = t->x.head.kind != BF_RESCUE_REGISTER;
	enum bfabric_status status = BFABRIC_OK;

	if (t->exists && change)
		status = bf_manage_known(&t->env, &t->before, err);
	if (status != BFABRIC_OK)
		return status;
	t->reply.status = 200;
	memcpy(t->reply.content_type, "application/json", sizeof("application/json"));
	status = bf_exchange_accept(&t->base, t->exists && change ? &t->before : NULL, &t->reply,
		&t->client, t->x.notes, err);
	if (status == BFABRIC_BAD_REPLY)
		return bf_fail_context(err, status,
			"an interrupted run left a server's answer in %.200s that cannot be used: "
			"look into it, then remove it",
			t->x.rescue_path);
	return status;
}

static enum bfabric_status settle_reply(struct settling *t, struct bfabric_error *err)
{
	bool good = false;
	enum bfabric_status status = understand(t, err);

	if (status == BFABRIC_OK)
		status = continues(t, &good, err);
	if (status == BFABRIC_OK && !good)
		return drop(t, err);
	t->x.env = t->exists ? &t->env : NULL;
	t->x.before = t->exists ? &t->before : NULL;
	if (status == BFABRIC_OK)
		status = bf_exchange_save(&t->x, &t->client, err);
	if (status != BFABRIC_OK)
		return bf_fail_context(err, status,
			"the client's new secrets are in %.200s only, for they could not be "
			"written into the configuration",
			t->x.rescue_path);
	bf_secret_printf(t->x.notes,
		"Finished what an interrupted run began: environment %.200s has the client's "
		"secrets now.\n",
		t->x.head.environment);
	return bf_file_remove(t->x.rescue_path, err);
}

enum bfabric_status bf_manage_settle(const char *config_file, const char *environment,
	const char *rescue_path, const struct bf_document_call *call, bool *ret_deleting,
	struct bf_secret *notes, struct bfabric_error *err)
{
	BF_CLEANUP(settling_release)
	struct settling t = {.x = {.config_file = config_file,
				     .rescue_path = rescue_path,
				     .sys = call->sys,
				     .secret_file = BF_SLOT_INIT,
				     .rescue = {.slot = BF_SLOT_INIT},
				     .notes = notes}};
	bool found = false;
	enum bfabric_status status =
		bf_rescue_read(rescue_path, &found, &t.x.head, &t.reply.body, err);

	if (status != BFABRIC_OK || !found)
		return status;
	status = bf_manage_find(config_file, environment, call, &t.exists, &t.env, err);
	if (status == BFABRIC_OK)
		status = bf_url_parse(t.x.head.base_url, &t.base, err);
	if (status != BFABRIC_OK)
		return status;
	return t.x.head.kind == BF_RESCUE_DELETE ? settle_delete(&t, ret_deleting, err)
						 : settle_reply(&t, err);
}
