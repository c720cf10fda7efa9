#include "full.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/local/paths.h"
#include "help.h"
#include "log_out.h"
#include "login_run.h"
#include "say.h"
#include "scope.h"
#include "screen.h"
#include "secret_input.h"
#include "static_login.h"
#include "store_ready.h"
#include "trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VALUES_MAX 11 /* of a change of the configuration */

static const struct bf_option options[] = {
	{.name = "client-id",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(client_id),
		.argument = "ID",
		.help = "OAuth client of the service (default: the environment's)."},
	{.name = "scope",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(scope),
		.argument = "SCOPE",
		.help = "What to ask for: read-only, read-write, upload, or a scope such as "
			"\"api:write tus\" (default: the environment's, else what the client is "
			"registered with)."},
	{.name = "secret-file",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(secret_file),
		.argument = "FILE",
		.help = "Read the client secret from this file instead of asking for it; - is "
			"stdin."},
	{.name = "inline",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(inline_secret),
		.value = 1,
		.help = "Write the secret into the configuration, where bfabricPy looks for it, "
			"and not into a file of its own."},
	BF_ROW_STORE,
	BF_ROW_ENVIRONMENT,
	BF_ROW_SET_DEFAULT,
	BF_ROW_NO_SET_DEFAULT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_service = {
	.name = "auth service-account",
	.summary = "let a service log in with its client secret",
	.arguments = "[BASE_URL]",
	.max_arguments = 1,
	.options = options,
	.text = "Sets an environment up for a cron job or a daemon: an OAuth client that was "
		"registered with a service user gets its tokens by itself. The client secret is "
		"asked for without being shown, or read from a file, and tried out; then it is "
		"kept in ~/.bfabric/NAME.secret, which only you can read, or where --store "
		"says.\n\n"
		"BASE_URL is a URL or a known instance: fgcz-prod, fgcz-test, fgcz-demo, trace. "
		"Without it, the secret of an environment that exists is replaced.\n\n"
		"Versions of bfabricPy that do not know the method client_credentials refuse a "
		"configuration with such an environment as a whole; newer ones can use it only "
		"with --inline.",
	.examples = "bfabric auth service-account fgcz-test --client-id nightly --env NIGHTLY\n"
		    "bfabric auth service-account --env NIGHTLY --secret-file new.txt",
};

/* ---- what it will be ------------------------------------------------------------------------- */

static bool replace(char **member, const char *text)
{
	char *copy = text ? strdup(text) : NULL;

	if (text && !copy)
		return false;
	free(*member);
	*member = copy;
	return true;
}

/* The environment as it is going to be, but for its secret. */
static enum bfabric_status shape(
	const struct bf_command_line *call, struct bf_environment *env, struct bfabric_error *err)
{
	BF_AUTO_FREE char *scope = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (call->scope)
		status = bf_scope_expand(call->scope, &scope, err);
	if (status != BFABRIC_OK)
		return status;
	if ((call->client_id && !replace(&env->client_id, call->client_id)) ||
		(scope && !replace(&env->scope, scope)))
		return bf_fail_nomem(err);
	free(env->client_secret_file);
	env->client_secret_file = NULL;
	bf_secret_release(&env->pat);
	bf_secret_release(&env->password);
	bf_secret_release(&env->client_secret);
	env->method = BFABRIC_AUTH_CLIENT_CREDENTIALS;
	return BFABRIC_OK;
}

static enum bfabric_status plan(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_static_login *ret, struct bfabric_error *err)
{
	enum bfabric_status status = bf_static_login_plan(
		call, BFABRIC_AUTH_CLIENT_CREDENTIALS, call->client_id, terminal, ret, err);
	const struct bf_environment *env = &ret->plan.environment;

	if (status != BFABRIC_OK || call->client_id)
		return status;
	/* The client of a person's login is none that a service could use. */
	if (env->method != BFABRIC_AUTH_CLIENT_CREDENTIALS || !env->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a service needs --client-id: the client that was registered for it");
	return BFABRIC_OK;
}

static enum bfabric_status plan_store(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, const struct bf_terminal *terminal,
	struct bf_static_login *login, struct bfabric_error *err)
{
	struct bf_environment *env = &login->plan.environment;
	enum bfabric_status status = shape(call, env, err);

	if (status == BFABRIC_OK)
		status = bf_static_login_ready(login, env, cancel, terminal, err);
	if (status == BFABRIC_OK && call->inline_secret && bf_store_apart(&login->store))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--inline writes the secret into the configuration, and not into %.200s: "
			"add --store file",
			bf_store_place(&login->store));
	return status;
}

/* ---- is it good? ----------------------------------------------------------------------------- */

static void put_not_granted(const char *requested, const char *granted, struct bf_secret *told)
{
	BF_AUTO_SECRET struct bf_secret missing = BF_SECRET_INIT;
	char shown[400];

	if (!requested || !granted)
		return;
	bf_scope_missing(requested, granted, &missing);
	if (bf_secret_empty(&missing))
		return;
	bf_show(shown, sizeof(shown), bf_secret_reveal(&missing), missing.len);
	bf_secret_printf(told, "warning: not granted: %s\n", shown);
}

/* A token for the environment, in memory only: nothing is kept before everything is known. */
static enum bfabric_status try_out(const struct bf_command_line *call,
	struct bfabric_session *session, struct bf_secret *told, struct bfabric_error *err)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	const struct bf_environment *env = bf_session_environment(session);
	enum bfabric_status status = BFABRIC_OK;

	bf_trace_session(call, session);
	status = bf_session_get(
		session, -1, /* force_refresh= */ true, bfabric_deadline_in(40), &token, err);
	if (status == BFABRIC_OK)
		put_not_granted(env->scope, token.scope, told);
	return status;
}

/* ---- keeping it ------------------------------------------------------------------------------ */

static enum bfabric_status write_secret_file(
	const char *path, const struct bf_secret *secret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *dir = strndup(path, (size_t)(strrchr(path, '/') - path));
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	enum bfabric_status status;

	bf_secret_put_secret(&text, secret);
	bf_secret_putc(&text, '\n');
	if (!dir || text.failed)
		return bf_fail_nomem(err);
	status = bf_dir_ensure(dir, /* depth= */ 1, err);
	return status == BFABRIC_OK ? bf_file_replace(path, bf_secret_reveal(&text), text.len, err)
				    : status;
}

/* Where the secret lies, and how the configuration says it: it may be read in another home. */
static enum bfabric_status find_secret_file(
	const char *environment, char **ret_file, char **ret_written, struct bfabric_error *err)
{
	enum bfabric_status status = bf_secret_file_of(environment, ret_file, err);

	if (status != BFABRIC_OK)
		return status;
	if (asprintf(ret_written, "~/.bfabric%s", strrchr(*ret_file, '/')) >= 0)
		return BFABRIC_OK;
	*ret_written = NULL;
	return bf_fail_nomem(err);
}

/* Where the secret goes. */
struct place {
	bool file, configuration; /* neither: a store of its own */
	char *path, *written;     /* of the file */
	struct bf_secret registration;
};

static void place_release(struct place *place)
{
	free(place->path);
	free(place->written);
	bf_secret_release(&place->registration);
}

/* What registered the client is kept (registration_access_token, ...): it may be managed later. */
static size_t want(const struct bf_static_login *login, const struct bf_environment *env,
	const struct place *place, struct bf_config_value ret[VALUES_MAX])
{
	const bool apart = bf_store_apart(&login->store);
	const struct bf_config_value values[] = {
		{"base_url", env->url.text},
		{"auth_method", bfabric_auth_method_name(BFABRIC_AUTH_CLIENT_CREDENTIALS)},
		{"client_id", env->client_id},
		{"scope", env->scope},
		{"login", NULL},
		{"password", NULL},
		{"pat", NULL},
		{"client_secret",
			place->configuration ? bf_secret_reveal(&env->client_secret) : NULL},
		{"libbfabric.client_secret_file", place->file ? place->written : NULL},
	};
	size_t n = sizeof(values) / sizeof(values[0]);

	memcpy(ret, values, sizeof(values));
	if (apart || !bf_secret_empty(&place->registration))
		ret[n++] = (struct bf_config_value){"registration_access_token",
			apart ? NULL : bf_secret_reveal(&place->registration)};
	return n + bf_static_login_value(login, &ret[n]);
}

static enum bfabric_status find_place(const struct bf_command_line *call,
	const struct bf_static_login *login, const struct bf_environment *env, struct place *ret,
	struct bfabric_error *err)
{
	enum bfabric_status status = find_secret_file(env->name, &ret->path, &ret->written, err);

	ret->configuration = call->inline_secret != 0;
	ret->file = !ret->configuration && !bf_store_apart(&login->store);
	return status == BFABRIC_OK ? bf_static_login_recall(login, env, &ret->registration, err)
				    : status;
}

static enum bfabric_status put_secret(struct bf_static_login *login,
	const struct bf_environment *env, const struct place *place, struct bfabric_error *err)
{
	const struct bf_static_secrets secrets = {
		.client_secret = &env->client_secret,
		.registration_access_token = &place->registration,
	};

	return place->file ? write_secret_file(place->path, &env->client_secret, err)
			   : bf_static_login_put(login, env, &secrets, err);
}

/*
 * What was got by the scope and secret of before is not served any longer. Where the file cannot be
 * removed it is, until it expires.
 */
static void forget_token(const struct bf_environment *env)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;

	if (bf_paths_init(&env->url, env->client_id, env->name, /* with_runtime= */ true, &paths,
		    /* err= */ NULL) != BFABRIC_OK)
		return;
	(void)unlink(paths.cache);
	if (paths.cache_port)
		(void)unlink(paths.cache_port);
}

static enum bfabric_status keep(const struct bf_command_line *call, struct bfabric_cancel *cancel,
	struct bf_static_login *login, const struct bf_environment *env, struct bf_secret *told,
	struct bfabric_error *err)
{
	BF_CLEANUP(place_release) struct place place = {0};
	struct bf_config_value values[VALUES_MAX];
	struct bf_config_change change = {
		.name = env->name,
		.values = values,
		.set_default = (enum bf_set_default)call->set_default,
	};
	bool unused = false;
	enum bfabric_status status = find_place(call, login, env, &place, err);

	if (status != BFABRIC_OK)
		return status;
	change.value_count = want(login, env, &place, values);
	status = bf_static_login_clear(call, cancel, login, &change, told, err);
	if (status == BFABRIC_OK)
		status = put_secret(login, env, &place, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_static_login_write(call, login, &change, told, err);
	unused = status == BFABRIC_OK ? !place.file : !login->exists;
	if (unused)
		(void)!bf_file_remove(place.path, /* err= */ NULL); /* nothing names it */
	if (status != BFABRIC_OK)
		return status;
	forget_token(env);
	bf_secret_printf(told, "Environment %.200s was written to %.600s; the client secret is in ",
		env->name, env->file);
	bf_secret_printf(told, "%.600s.\n",
		place.file            ? place.path
		: place.configuration ? "it"
				      : bf_store_place(&login->store));
	return status;
}

static void tell(const struct bf_command_line *call, const struct bf_static_login *login,
	struct bf_secret *told)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	bool apart = bf_store_apart(&login->store);

	bf_secret_puts(told, "Note: versions of bfabricPy that do not know the method "
			     "client_credentials refuse the whole configuration now");
	bf_secret_puts(told, call->inline_secret || apart
				     ? ".\n"
				     : "; newer ones need --inline to use this environment.\n");
	bf_store_put_remark(&login->store, BFABRIC_AUTH_CLIENT_CREDENTIALS, told);
	bf_help_wrap(bf_secret_reveal(told), 0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static enum bfabric_status ask(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_secret *ret, struct bfabric_error *err)
{
	const struct bf_secret_input input = {
		.file = call->secret_file,
		.option = "--secret-file",
		.prompt = "Client secret (not shown): ",
		.what = "client secret",
	};

	return bf_secret_input(&input, terminal, ret, err);
}

enum bfabric_status bf_run_service(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_STATIC_LOGIN struct bf_static_login login = {0};
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_AUTO_SECRET struct bf_secret told = BF_SECRET_INIT;
	struct bf_environment *env = &login.plan.environment;
	struct bf_session_seams seams = {.in_memory = true};
	struct bf_screen screen = {0};
	enum bfabric_status status = bf_screen_init(&screen, &seams.cancel, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = plan(call, &screen.terminal, &login, err);
	if (status == BFABRIC_OK)
		status = plan_store(call, seams.cancel, &screen.terminal, &login, err);
	if (status == BFABRIC_OK)
		status = ask(call, &screen.terminal, &env->client_secret, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(env, NULL, &seams, &session, err);
	if (status == BFABRIC_OK)
		status = try_out(call, session, &told, err);
	if (status == BFABRIC_OK)
		status = keep(
			call, seams.cancel, &login, bf_session_environment(session), &told, err);
	if (status == BFABRIC_OK)
		tell(call, &login, &told);
	return status;
}
