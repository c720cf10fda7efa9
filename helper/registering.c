#include "registering.h"

#include "client_view.h"
#include "configured.h"
#include "full.h"
#include "say.h"
#include "scope.h"
#include "store_ready.h"
#include "../libbfabric/base/file.h"
#include <stdlib.h>
#include <string.h>

enum bfabric_status bf_registering_check(
	const struct bf_command_line *call, const char *what, struct bfabric_error *err)
{
	if (call->argument_count < 2 || !*call->arguments[0] || !*call->arguments[1])
		return bf_fail(err, BFABRIC_BAD_CALL, "give %s; see --help", what);
	if (!call->service_user == !call->no_service_user)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"give either --service-user LOGIN, for a client that logs in by itself, or "
			"--no-service-user");
	if (call->save_env && call->secret_file)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--save-env keeps the secret in the configuration: leave --secret-file "
			"out");
	if (call->store && !call->save_env)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--store says where the secrets of an environment lie: give --save-env "
			"NAME, "
			"too");
	if (!call->save_env && !call->secret_file && !call->show_secret)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the server tells the client secret once: say where it goes, with "
			"--save-env NAME, --secret-file FILE or --show-secret");
	return bf_require_own_config(err);
}

enum bfabric_status bf_registering_own_token(const struct bf_command_line *call,
	struct bfabric_session *session, int64_t deadline, struct bf_secret *ret,
	struct bfabric_error *err)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	enum bfabric_status status =
		bfabric_session_token(session, /* min_ttl= */ -1, deadline, &token, err);

	if (status != BFABRIC_OK)
		return bf_fail_with_hint(bf_session_environment(session), call, err);
	if (token.warning)
		bf_say("warning: %s", token.warning);
	bf_secret_puts(ret, token.value);
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* ---- where the secret goes ------------------------------------------------------------------- */

/* `env`: any, where the one that is going to be written is not there yet. */
static enum bfabric_status open_store(const struct bf_command_line *call,
	const struct bf_environment *env, struct bfabric_cancel *cancel, struct bf_store *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment old = {0};
	enum bfabric_status status = bf_config_load(call->config_file, &config, err);
	bool exists = status == BFABRIC_OK && bf_config_has(config, call->save_env);

	if (exists)
		status = bf_config_select(config, call->save_env, NULL, &old, err);
	if (status != BFABRIC_OK)
		return status;
	return bf_store_open(exists ? &old : env,
		call->store ? call->store
		: exists    ? NULL
			    : "file",
		&bf_sys_real, cancel, ret, err);
}

/* Unlocked before a person is asked for anything. */
enum bfabric_status bf_registering_ready(const struct bf_command_line *call,
	const struct bf_environment *env, struct bfabric_cancel *cancel,
	const struct bf_terminal *terminal, struct bfabric_error *err)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	enum bfabric_status status = BFABRIC_OK;

	if (call->save_env)
		status = open_store(call, env, cancel, &store, err);
	return status == BFABRIC_OK && call->save_env ? bf_store_make_ready(&store, terminal, err)
						      : status;
}

/* Room for it, before there is one. */
static enum bfabric_status reserve_secret_file(
	const struct bf_command_line *call, struct bf_slot *slot, struct bfabric_error *err)
{
	struct bf_file_info info = {0};
	enum bfabric_status status;

	if (!call->secret_file)
		return BFABRIC_OK;
	if (strcmp(call->secret_file, "-") == 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--secret-file takes a file; --show-secret prints the secret");
	status = bf_file_stat(call->secret_file, BF_FILE_PRIVATE, &info, err);
	if (status == BFABRIC_OK && info.found && !call->force)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"%.300s exists already: choose another name for --secret-file, or add "
			"--force to replace it",
			call->secret_file);
	return status == BFABRIC_OK ? bf_slot_reserve(slot, call->secret_file, 4096, err) : status;
}

static enum bfabric_status write_secret_file(struct bf_slot *slot,
	const struct bf_client_registration *client, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	/* A public client: what the file holds is left as it is. */
	if (!slot->temporary || bf_secret_empty(&client->client_secret))
		return BFABRIC_OK;
	bf_secret_put_secret(&line, &client->client_secret);
	bf_secret_putc(&line, '\n');
	if (line.failed)
		return bf_fail_nomem(err);
	return bf_slot_commit(slot, bf_secret_reveal(&line), line.len, err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

void bf_registered_release(struct bf_registered *registered)
{
	bf_client_registration_release(&registered->client);
	bf_slot_release(&registered->slot);
	free(registered->rescue);
	json_decref(registered->application);
}

enum bfabric_status bf_registering_run(const struct bf_command_line *call, struct bf_registering *r,
	struct bf_registered *ret, struct bfabric_error *err)
{
	const char *const uris[] = {call->arguments[1], NULL};
	struct bf_client_metadata metadata = {
		.client_name = call->arguments[0],
		.redirect_uris = uris,
		.grant_types = call->grant_types.count ? call->grant_types.items : NULL,
		.service_user_login = call->service_user,
	};
	BF_AUTO_SECRET struct bf_secret notes = BF_SECRET_INIT;
	BF_AUTO_FREE char *scope = NULL;
	enum bfabric_status status =
		bf_scope_expand(call->scope ? call->scope : BF_REGISTER_SCOPE, &scope, err);

	metadata.scope = scope;
	r->metadata = &metadata;
	if (status == BFABRIC_OK)
		status = reserve_secret_file(call, &ret->slot, err);
	if (status == BFABRIC_OK)
		status = bf_register(r, &ret->client, &ret->rescue, &notes, err);
	r->metadata = NULL;
	bf_client_tell(bf_secret_reveal(&notes));
	return status;
}

static void tell(const struct bf_command_line *call, const struct bf_registering *r,
	const struct bf_client_registration *client)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	bool managed = !bf_secret_empty(&client->registration_access_token) &&
		       client->registration_client_uri;

	bf_secret_printf(&text, "Registered client %.300s at %.300s.\n", client->client_id,
		bf_session_environment(r->session)->url.text);
	if (call->save_env)
		bf_secret_printf(
			&text, "It was written into environment %.200s.\n", call->save_env);
	if (call->store && strcmp(call->store, "file") != 0 &&
		!bf_secret_empty(&client->client_secret))
		bf_secret_printf(&text, "Its secret is in %.600s.\n",
			strcmp(call->store, "keyring") == 0 ? "the keyring" : call->store);
	if (call->secret_file && !bf_secret_empty(&client->client_secret))
		bf_secret_printf(&text, "Its secret is in %.600s.\n", call->secret_file);
	if (!managed)
		bf_secret_puts(&text, "warning: the server gave no token to manage the client: it "
				      "can be changed in B-Fabric only.\n");
	if (bf_secret_empty(&client->client_secret))
		bf_secret_puts(&text, "The server gave it no secret: it is a public client.\n");
	if (call->save_env && call->service_user && !r->for_people)
		bf_secret_printf(&text,
			"Note: versions of bfabricPy that do not know the method "
			"client_credentials refuse the whole configuration now.\nNext: bfabric "
			"token --env %.200s\n",
			call->save_env);
	bf_client_tell(bf_secret_reveal(&text));
}

static enum bfabric_status hand_over(const struct bf_command_line *call, struct bf_registered *made,
	struct bf_answer *answer, struct bfabric_error *err)
{
	const struct bf_client_shown shown = {.client = &made->client,
		.environment = call->save_env,
		.application = made->application,
		.json = call->json != 0,
		.secrets = call->show_secret != 0};
	enum bfabric_status status = write_secret_file(&made->slot, &made->client, err);

	if (status == BFABRIC_OK)
		status = bf_client_view(&shown, &answer->out, err);
	if (status == BFABRIC_OK && made->rescue) {
		status = bf_answer_write(&answer->out, err);
		bf_secret_clear(&answer->out);
	}
	if (status != BFABRIC_OK && made->rescue)
		return bf_fail_context(err, status,
			"the client is registered, and the server's answer is kept in %.200s",
			made->rescue);
	return status == BFABRIC_OK && made->rescue ? bf_file_remove(made->rescue, err) : status;
}

enum bfabric_status bf_registering_keep(const struct bf_command_line *call,
	const struct bf_registering *r, struct bf_registered *made, struct bf_answer *answer,
	struct bfabric_error *err)
{
	enum bfabric_status status = hand_over(call, made, answer, err);

	if (status == BFABRIC_OK)
		tell(call, r, &made->client);
	return status;
}
