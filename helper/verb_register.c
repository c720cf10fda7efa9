#include "client_view.h"
#include "full.h"
#include "instance.h"
#include "registering.h"
#include "screen.h"
#include "secret_input.h"
#include "trace.h"
#include <stdlib.h>
#include <string.h>

static const struct bf_option options[] = {
	BF_ROW_REGISTER_SERVICE_USER,
	BF_ROW_REGISTER_NO_SERVICE_USER,
	BF_ROW_REGISTER_SAVE_ENV,
	BF_ROW_REGISTER_FORCE,
	BF_ROW_REGISTER_SECRET_FILE,
	BF_ROW_REGISTER_SHOW_SECRET,
	BF_ROW_REGISTER_SCOPE,
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

enum bfabric_status bf_run_register(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_REGISTERED struct bf_registered made = BF_REGISTERED_INIT;
	struct bf_session_seams seams = {0};
	struct bf_screen screen = {0};
	struct bf_registering registering = bf_registering_of(call, &token);
	bool logs_in = false;
	enum bfabric_status status =
		bf_registering_check(call, "a name for the client and its redirect URI", err);

	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &seams.cancel, err);
	if (status == BFABRIC_OK)
		status = choose(call, &env, &logs_in, err);
	if (status == BFABRIC_OK)
		status = bf_registering_ready(call, &env, seams.cancel, &screen.terminal, err);
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
		status = bf_registering_own_token(call, session, registering.deadline, &token, err);
	if (status == BFABRIC_OK)
		status = bf_registering_run(call, &registering, &made, err);
	return status == BFABRIC_OK ? bf_registering_keep(call, &registering, &made, answer, err)
				    : status;
}
