#include "full.h"
#include "client_view.h"
#include "configured.h"
#include "screen.h"
#include "store_ready.h"
#include "trace.h"
#include "../libbfabric/store_move.h"

static const struct bf_option options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_store = {
	.name = "auth store",
	.summary = "move secrets into the keyring, or back into files",
	.arguments = "keyring|file|PROGRAM [ENV]",
	.max_arguments = 2,
	.options = options,
	.text = "Moves what lives long (refresh token, personal access token, client secret) of "
		"the environment ENV, or of the active one, and remembers the place: into the "
		"keyring of your desktop, into our own files, or to where a credential helper in "
		"git's manner, PROGRAM (an absolute path), keeps it. It is written there and read "
		"back before the old place is emptied; then the login is refreshed once, so that "
		"copies of the old place in backups are worth nothing.\n\n"
		"A keyring protects what it has from other users and while it is locked, not from "
		"your own programs: while it is unlocked, each of them can read it.",
	.examples = "bfabric auth store keyring\nbfabric auth store file PRODUCTION",
};

static void put_moved(const struct bf_moved *moved, const struct bf_environment *env,
	const struct bf_store *to, struct bf_secret *told)
{
	if (moved->was_there)
		bf_secret_printf(told, "%.200s keeps its secrets in %.600s already.\n", env->name,
			bf_store_place(to));
	else if (moved->count == 0)
		bf_secret_printf(told,
			"%.200s has no secret to move; its next login is kept in %.600s.\n",
			env->name, bf_store_place(to));
	else
		bf_secret_printf(told, "%u secret%s of %.200s moved to %.600s.\n", moved->count,
			moved->count == 1 ? "" : "s", env->name, bf_store_place(to));
	if (moved->refreshed)
		bf_secret_puts(told, "The login was refreshed once: what backups have of the old "
				     "place is spent.\n");
	if (moved->warning)
		bf_secret_printf(told, "warning: %.600s\n", moved->warning);
	if (!moved->was_there)
		bf_store_put_remark(to, env->method, told);
}

static enum bfabric_status move(const struct bf_command_line *call,
	const struct bf_environment *env, const struct bf_store *to, struct bfabric_cancel *cancel,
	struct bfabric_error *err)
{
	const struct bf_session_seams seams = {.cancel = cancel};
	const struct bf_move move = {
		.config_file = call->config_file,
		.environment = env->name,
		.store = call->arguments[0],
		.seams = &seams,
		.trace = bf_trace_wanted(call) ? bf_trace_say : NULL,
	};
	BF_CLEANUP(bf_moved_release) struct bf_moved moved = {0};
	BF_AUTO_SECRET struct bf_secret told = BF_SECRET_INIT;
	enum bfabric_status status = bf_store_move(&move, &moved, err);

	if (status != BFABRIC_OK)
		return status;
	put_moved(&moved, env, to, &told);
	bf_client_tell(bf_secret_reveal(&told));
	return BFABRIC_OK;
}

/* The words behind the verb: where to, and perhaps which environment. */
static enum bfabric_status read_arguments(
	const struct bf_command_line *call, const char **ret_name, struct bfabric_error *err)
{
	struct bf_command_line named = *call;
	enum bfabric_status status = BFABRIC_OK;

	if (call->argument_count == 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"say where to: bfabric auth store keyring, or file; see --help");
	status = bf_check_store_name("auth store", call->arguments[0], err);
	if (status != BFABRIC_OK)
		return status;
	named.arguments[0] = call->arguments[1];
	named.argument_count--;
	return bf_named_environment(&named, ret_name, err);
}

enum bfabric_status bf_run_store(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_STORE struct bf_store from = BF_STORE_INIT, to = BF_STORE_INIT;
	struct bf_screen screen = {0};
	struct bfabric_cancel *cancel = NULL;
	const char *name = NULL;
	enum bfabric_status status = read_arguments(call, &name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = bf_require_own_config(err);
	if (status == BFABRIC_OK)
		status = bf_load_environments(call, &config, err);
	if (status == BFABRIC_OK && name)
		status = bf_require_environment(config, name, err);
	if (status == BFABRIC_OK)
		status = bf_config_select(config, name, NULL, &env, err);
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &cancel, err);
	if (status == BFABRIC_OK)
		status = bf_store_open(&env, /* name= */ NULL, &bf_sys_real, cancel, &from, err);
	if (status == BFABRIC_OK)
		status = bf_store_open(&env, call->arguments[0], &bf_sys_real, cancel, &to, err);
	if (status == BFABRIC_OK)
		status = bf_store_make_ready(&from, &screen.terminal, err);
	if (status == BFABRIC_OK)
		status = bf_store_make_ready(&to, &screen.terminal, err);
	return status == BFABRIC_OK ? move(call, &env, &to, cancel, err) : status;
}
