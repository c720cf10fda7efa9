#include "client_view.h"
#include "configured.h"
#include "full.h"
#include "instance.h"
#include "say.h"
#include "scope.h"
#include "screen.h"
#include "secret_input.h"
#include "store_ready.h"
#include "trace.h"
#include "../libbfabric/base/file.h"
#include <stdlib.h>
#include <string.h>

#define SCOPE "api:read api:write openid profile email groups"

static const struct bf_option options[] = {
	{.name = "service-user",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(service_user),
		.argument = "LOGIN",
		.help = "Let the client log in by itself (client_credentials), as this user."},
	{.name = "no-service-user",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(no_service_user),
		.value = 1,
		.help = "Only people log in by this client. One of the two has to be given."},
	{.name = "save-env",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(save_env),
		.argument = "NAME",
		.help = "Write the client, its secret and what manages it into this new "
			"environment."},
	{.name = "force",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(force),
		.value = 1,
		.help = "Replace what an environment or a file that exists holds."},
	{.name = "secret-file",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(secret_file),
		.argument = "FILE",
		.help = "Without --save-env: write the client secret into this file, which only "
			"you can read. What manages the client is not kept."},
	{.name = "show-secret",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(show_secret),
		.value = 1,
		.help = "Print the client secret and what manages the client, too."},
	{.name = "scope",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(scope),
		.argument = "SCOPE",
		.help = "What the client may ask for: read-only, read-write, upload, or a scope "
			"(default: \"" SCOPE "\")."},
	{.name = "grant-types",
		.kind = BF_OPTION_LIST,
		.member = BF_MEMBER(grant_types),
		.argument = "TYPE",
		.help = "Grant types instead of the usual ones; give it once for each."},
	{.name = "token-file",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(token_file),
		.argument = "FILE",
		.help = "Register with the access token in this file and not with that of the "
			"environment; - is stdin."},
	{.name = "token",
		.kind = BF_OPTION_REFUSED,
		.argument = "TOKEN",
		.help = "a token on the command line can be read by everybody on this machine: "
			"log in, or give --token-file FILE (\"-\": stdin)"},
	BF_ROW_CLIENT_JSON,
	BF_ROW_STORE,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CLIENT_TIMEOUT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_register = {
	.name = "auth register",
	.summary = "register an OAuth client",
	.arguments = "NAME REDIRECT_URI [BASE_URL]",
	.max_arguments = 3,
	.options = options,
	.text = "Registers a client called NAME at the server of an environment (--env), as the "
		"employee who is logged in there; its callback address is REDIRECT_URI. BASE_URL "
		"is a URL or a known instance; where no environment is logged in to it, an access "
		"token is asked for or read from --token-file.\n\n"
		"The server tells the client secret once. With --save-env it is written into the "
		"configuration, or where --store says, and auth client-show, client-update and "
		"client-delete manage the "
		"client later; with a service user, bfabric token --env NAME works at once.",
	.examples =
		"bfabric auth register nightly https://lab.example.org/cb --service-user robot "
		"--save-env NIGHTLY\n"
		"bfabric auth register \"Lab app\" https://app.example.org/cb --no-service-user "
		"--secret-file app.secret",
};

/* ---- what is asked for ----------------------------------------------------------------------- */

static enum bfabric_status check(const struct bf_command_line *call, struct bfabric_error *err)
{
	if (call->argument_count < 2 || !*call->arguments[0] || !*call->arguments[1])
		return bf_fail(err, BFABRIC_BAD_CALL,
			"give a name for the client and its redirect URI; see --help");
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

/* ---- where, and as whom ---------------------------------------------------------------------- */

/* A server that no environment is logged in to. Takes `url` over. */
static enum bfabric_status stranger(
	struct bf_url *url, struct bf_environment *ret, struct bfabric_error *err)
{
	bf_environment_release(ret);
	ret->name = strdup("registration");
	ret->file = strdup("the command line");
	if (!ret->name || !ret->file)
		return bf_fail_nomem(err);
	ret->method = BFABRIC_AUTH_NONE;
	ret->url = *url;
	*url = (struct bf_url)BF_URL_INIT;
	return BFABRIC_OK;
}

/* *ret_logs_in: the environment is one of the configuration, whose token goes to its own server. */
static enum bfabric_status choose(const struct bf_command_line *call, struct bf_environment *ret,
	bool *ret_logs_in, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	bool typed = call->argument_count > 2;
	enum bfabric_status status = bf_config_load(call->config_file, &config, err);

	if (status == BFABRIC_OK && typed)
		status = bf_instance_url(call->arguments[2], &url, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_config_select(config, call->environment, NULL, ret, err);
	*ret_logs_in = status == BFABRIC_OK && (!typed || strcmp(url.text, ret->url.text) == 0);
	if (*ret_logs_in || !typed || (status != BFABRIC_OK && call->environment))
		return status;
	if (call->environment)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"environment %.80s is for %.150s: its token is not sent to %.150s",
			ret->name, ret->url.text, url.text);
	return stranger(&url, ret, err);
}

static enum bfabric_status own_token(const struct bf_command_line *call,
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

static enum bfabric_status given_token(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_secret *ret, struct bfabric_error *err)
{
	const struct bf_secret_input input = {
		.file = call->token_file,
		.option = "--token-file",
		.prompt = "Access token of an employee (not shown): ",
		.what = "access token",
	};

	return bf_secret_input(&input, terminal, ret, err);
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
static enum bfabric_status ready_store(const struct bf_command_line *call,
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
	if (call->save_env && call->service_user)
		bf_secret_printf(&text,
			"Note: versions of bfabricPy that do not know the method "
			"client_credentials refuse the whole configuration now.\nNext: bfabric "
			"token --env %.200s\n",
			call->save_env);
	bf_client_tell(bf_secret_reveal(&text));
}

/* Everything is where it belongs, stdout included, before the server's answer is thrown away. */
static enum bfabric_status hand_over(const struct bf_command_line *call,
	const struct bf_client_registration *client, struct bf_slot *slot, const char *rescue,
	struct bf_answer *answer, struct bfabric_error *err)
{
	enum bfabric_status status = write_secret_file(slot, client, err);

	if (status == BFABRIC_OK)
		status = bf_client_view(
			client, call->save_env, call->json, call->show_secret, &answer->out, err);
	if (status == BFABRIC_OK && rescue) {
		status = bf_answer_write(&answer->out, err);
		bf_secret_clear(&answer->out);
	}
	if (status != BFABRIC_OK && rescue)
		return bf_fail_context(err, status,
			"the client is registered, and the server's answer is kept in %.200s",
			rescue);
	return status == BFABRIC_OK && rescue ? bf_file_remove(rescue, err) : status;
}

static enum bfabric_status register_client(const struct bf_command_line *call,
	struct bf_registering *r, struct bf_answer *answer, struct bfabric_error *err)
{
	const char *const uris[] = {call->arguments[1], NULL};
	struct bf_client_metadata metadata = {
		.client_name = call->arguments[0],
		.redirect_uris = uris,
		.grant_types = call->grant_types.count ? call->grant_types.items : NULL,
		.service_user_login = call->service_user,
	};
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};
	BF_AUTO_SECRET struct bf_secret notes = BF_SECRET_INIT;
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	BF_AUTO_FREE char *rescue = NULL, *scope = NULL;
	enum bfabric_status status =
		bf_scope_expand(call->scope ? call->scope : SCOPE, &scope, err);

	metadata.scope = scope;
	r->metadata = &metadata;
	if (status == BFABRIC_OK)
		status = reserve_secret_file(call, &slot, err);
	if (status == BFABRIC_OK)
		status = bf_register(r, &client, &rescue, &notes, err);
	bf_client_tell(bf_secret_reveal(&notes));
	if (status == BFABRIC_OK)
		status = hand_over(call, &client, &slot, rescue, answer, err);
	if (status == BFABRIC_OK)
		tell(call, r, &client);
	return status;
}

enum bfabric_status bf_run_register(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	struct bf_session_seams seams = {0};
	struct bf_screen screen = {0};
	struct bf_registering registering = {
		.token = &token,
		.config_file = call->config_file,
		.save_env = call->save_env,
		.store = call->store,
		.overwrite = call->force != 0,
	};
	bool logs_in = false;
	enum bfabric_status status = check(call, err);

	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &seams.cancel, err);
	if (status == BFABRIC_OK)
		status = choose(call, &env, &logs_in, err);
	if (status == BFABRIC_OK)
		status = ready_store(call, &env, seams.cancel, &screen.terminal, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "--env", &seams, &session, err);
	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, session);
	if (!logs_in || call->token_file)
		status = given_token(call, &screen.terminal, &token, err);
	registering.session = session;
	registering.deadline = bf_command_deadline(call, BF_CLIENT_TIMEOUT);
	if (status == BFABRIC_OK && logs_in && !call->token_file)
		status = own_token(call, session, registering.deadline, &token, err);
	return status == BFABRIC_OK ? register_client(call, &registering, answer, err) : status;
}
