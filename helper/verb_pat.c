#include "full.h"
#include "help.h"
#include "login_run.h"
#include "say.h"
#include "screen.h"
#include "secret_input.h"
#include "static_login.h"
#include "store_ready.h"
#include <stdlib.h>
#include <unistd.h>

#define PASSWORD_LENGTH 32 /* of a web service password, which no token has */

static const struct bf_option options[] = {
	{.name = "pat-file",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(secret_file),
		.argument = "FILE",
		.help = "Read the token from this file instead of asking for it; - is stdin."},
	BF_ROW_STORE,
	BF_ROW_ENVIRONMENT,
	BF_ROW_SET_DEFAULT,
	BF_ROW_NO_SET_DEFAULT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_pat = {
	.name = "auth pat",
	.summary = "log in with a personal access token",
	.arguments = "[BASE_URL]",
	.max_arguments = 1,
	.options = options,
	.text = "Keeps a personal access token, which you made in B-Fabric, in the configuration, "
		"or where --store says. It is asked for without being shown, or read from a file; "
		"never give it as an argument, where everybody on the machine can read it.\n\n"
		"BASE_URL is a URL or a known instance: fgcz-prod, fgcz-test, fgcz-demo, trace. "
		"Without it, the token of the active environment is replaced. The token is not "
		"tried out.",
	.examples = "bfabric auth pat fgcz-test\nbfabric auth pat fgcz-test --pat-file token.txt",
};

static enum bfabric_status ask(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_secret *ret, struct bfabric_error *err)
{
	const struct bf_secret_input input = {
		.file = call->secret_file,
		.option = "--pat-file",
		.prompt = "Personal access token (not shown): ",
		.what = "personal access token",
	};
	enum bfabric_status status = bf_secret_input(&input, terminal, ret, err);

	if (status == BFABRIC_OK && ret->len == PASSWORD_LENGTH)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"this is no personal access token: 32 characters are the length of a web "
			"service password");
	return status;
}

static void tell(const struct bf_static_login *login, struct bf_secret *told)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	const struct bf_environment *env = &login->plan.environment;

	if (bf_store_apart(&login->store))
		bf_secret_printf(told,
			"The personal access token for %.300s was put into %.200s; environment "
			"%.200s of %.600s says so.\n",
			env->url.text, bf_store_place(&login->store), env->name, env->file);
	else
		bf_secret_printf(told,
			"The personal access token for %.300s was written to environment %.200s of "
			"%.600s.\n",
			env->url.text, env->name, env->file);
	bf_store_put_remark(&login->store, BFABRIC_AUTH_PAT, told);
	bf_help_wrap(bf_secret_reveal(told), 0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

/* The environment as it is going to be: what it is called in its store depends on that. */
static void shape(struct bf_environment *env)
{
	free(env->client_id);
	env->client_id = NULL;
	env->method = BFABRIC_AUTH_PAT;
}

static enum bfabric_status keep(const struct bf_command_line *call, struct bfabric_cancel *cancel,
	struct bf_static_login *login, const struct bf_secret *pat, struct bf_secret *told,
	struct bfabric_error *err)
{
	const struct bf_environment *env = &login->plan.environment;
	const struct bf_static_secrets secrets = {.pat = pat};
	const bool apart = bf_store_apart(&login->store);
	const struct bf_config_login wanted = {
		.auth_method = "pat",
		.base_url = env->url.text,
		.pat = apart ? NULL : bf_secret_reveal(pat),
	};
	struct bf_config_value values[BF_CONFIG_LOGIN_VALUES + 1];
	struct bf_config_change change = {
		.name = env->name,
		.values = values,
		.value_count = bf_config_login_values(&wanted, values),
		.set_default = (enum bf_set_default)call->set_default,
	};
	enum bfabric_status status;

	change.value_count += bf_static_login_value(login, &values[change.value_count]);
	status = bf_static_login_clear(call, cancel, login, &change, told, err);
	if (status == BFABRIC_OK)
		status = bf_static_login_put(login, env, &secrets, err);
	return status == BFABRIC_OK ? bf_static_login_write(call, login, &change, told, err)
				    : status;
}

enum bfabric_status bf_run_pat(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_STATIC_LOGIN struct bf_static_login login = {0};
	BF_AUTO_SECRET struct bf_secret pat = BF_SECRET_INIT, told = BF_SECRET_INIT;
	struct bf_environment *env = &login.plan.environment;
	struct bf_screen screen = {0};
	struct bfabric_cancel *cancel = NULL;
	enum bfabric_status status = bf_screen_init(&screen, &cancel, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = bf_static_login_plan(call, BFABRIC_AUTH_PAT, /* client_id= */ NULL,
			&screen.terminal, &login, err);
	if (status != BFABRIC_OK)
		return status;
	shape(env);
	status = bf_static_login_ready(&login, env, cancel, &screen.terminal, err);
	if (status == BFABRIC_OK)
		status = ask(call, &screen.terminal, &pat, err);
	if (status == BFABRIC_OK)
		status = keep(call, cancel, &login, &pat, &told, err);
	if (status == BFABRIC_OK)
		tell(&login, &told);
	return status;
}
