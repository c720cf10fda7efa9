#include "full.h"
#include "bearer.h"
#include "program.h"
#include "command.h"
#include "exec_environment.h"
#include "say.h"
#include "worker.h"
#include <poll.h>
#include <string.h>

#define LOOK_MS  10000
#define TOUCH_MS ((int64_t)30 * 60 * 1000)

static const struct bf_option options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_MIN_TTL,
	{.name = "override",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(override),
		.value = 1,
		.help = "Also put server and token into BFABRICPY_CONFIG_OVERRIDE: any program of "
			"yours can read it there, and it is not renewed."},
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_exec = {
	.name = "exec",
	.summary = "run a command that has a login",
	.arguments = "-- COMMAND...",
	.max_arguments = BF_ARGUMENTS_COMMAND,
	.options = options,
	.text = "Runs the command with BFABRICPY_CONFIG_ENV naming the environment and "
		"BEARER_TOKEN_FILE naming a private file with an access token, which is kept fresh "
		"while the command runs and removed when it ends. Everything behind -- is the "
		"command's.\n\n"
		"The exit code is the command's; 127: not found, 126: not runnable; a signal "
		"that kills the command kills bfabric too. Without a token the command does not "
		"start.",
	.examples = "bfabric exec -- python analysis.py\n"
		    "bfabric exec --env TEST -- make report\n"
		    "bfabric exec -- sh -c 'sed \"s/^/Authorization: Bearer /\" "
		    "$BEARER_TOKEN_FILE | curl -H @- URL'",
};

/* One run. */
struct exec {
	struct bf_command_line call;
	struct bf_environment environment;
	struct bf_bearer bearer;
	struct bf_command command;
	struct bf_worker worker;
	struct bf_worker_answer token; /* the newest */
	int64_t next_ms;               /* CLOCK_BOOTTIME: ask again */
	int64_t touch_ms;
	unsigned failures; /* in a row */
	bool told;         /* the person knows that it fails */
};

static void exec_release(struct exec *x)
{
	bf_worker_release(&x->worker);
	bf_worker_answer_release(&x->token);
	bf_bearer_release(&x->bearer);
	bf_command_release(&x->command);
	bf_environment_release(&x->environment);
}

/* ---- before the command ---------------------------------------------------------------------- */

static enum bfabric_status choose(struct exec *x, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	enum bfabric_status status = bf_config_load(x->call.config_file, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, x->call.environment, NULL, &x->environment, err);
	if (status != BFABRIC_OK)
		return status;
	/* A new default must not change whose token a running command has. */
	if (x->environment.source != BF_FROM_OVERRIDE)
		x->call.environment = x->environment.name;
	if (x->call.min_ttl < 0)
		x->call.min_ttl = x->environment.min_ttl;
	return BFABRIC_OK;
}

static void plan(struct exec *x)
{
	const struct bf_sys *sys = &bf_sys_real;

	x->next_ms = bf_boot_ms(sys) + 1000 * bf_worker_pause(bf_wall(sys), x->token.expires_at,
						      x->call.min_ttl, x->failures);
}

static enum bfabric_status first_token(struct exec *x, struct bfabric_error *err)
{
	enum bfabric_status status = bf_worker_start(&x->worker, &x->call, err);

	if (status != BFABRIC_OK)
		return status;
	while (!bf_worker_read(&x->worker))
		;
	status = bf_worker_take(&x->worker, &x->token, err);
	if (status == BFABRIC_OK && x->token.warning[0])
		bf_say("%s", x->token.warning);
	x->told = status == BFABRIC_OK && x->token.warning[0];
	return status;
}

/* What the command's Python will not find. */
static void tell_limits(const struct exec *x)
{
	if (x->call.override)
		bf_say("warning: the token is in the environment of the command "
		       "(BFABRICPY_CONFIG_OVERRIDE): your other programs can read it there, and "
		       "it is not renewed");
	else if (x->environment.source == BF_FROM_SITE || x->call.config_file)
		bf_say("note: bfabricPy reads ~/.bfabricpy.yml only, no variable names it another "
		       "file; it needs an environment %s there, or --override",
			x->environment.name);
}

static enum bfabric_status start(
	struct exec *x, struct bf_answer *answer, struct bfabric_error *err)
{
	bool named = x->environment.source != BF_FROM_OVERRIDE;
	BF_AUTO_EXEC_ENVIRONMENT struct bf_exec_environment variables = {
		.token_file = x->bearer.path,
		.name = named ? x->environment.name : NULL,
		.key_log = bf_child_guard ? bf_child_guard->key_log : NULL,
	};

	if (x->call.override && bf_exec_override(&x->environment, &x->token.token,
					&variables.override, err) != BFABRIC_OK)
		return err->status;
	tell_limits(x);
	return bf_command_start(&x->command, x->call.command, bf_exec_environment_set, &variables,
		&answer->exit_code, err);
}

/* ---- while it runs --------------------------------------------------------------------------- */

static void failed(struct exec *x, const char *why)
{
	x->failures++;
	if (!x->told)
		bf_say("the command's token was not renewed, trying on: %s", why);
	x->told = true;
}

static void keep(struct exec *x, struct bf_worker_answer *fresh)
{
	struct bfabric_error err = {0};
	bool same = bf_secret_equal(&fresh->token, &x->token.token);

	x->token.expires_at = fresh->expires_at;
	bf_secret_move(&x->token.token, &fresh->token);
	if ((!same || !x->bearer.holds) &&
		bf_bearer_write(&x->bearer, &x->token.token, &err) != BFABRIC_OK) {
		x->bearer.holds = false; /* tried again */
		failed(x, err.text);
	} else if (fresh->warning[0]) {
		failed(x, fresh->warning);
	} else {
		if (x->told)
			bf_say("the command's token is good again");
		x->failures = 0;
		x->told = false;
	}
}

/* A worker has finished. */
static void learn(struct exec *x)
{
	BF_AUTO_WORKER_ANSWER struct bf_worker_answer fresh = {0};
	struct bfabric_error err = {0};

	if (bf_worker_take(&x->worker, &fresh, &err) == BFABRIC_OK) {
		keep(x, &fresh);
	} else {
		if (err.status == BFABRIC_NOT_LOGGED_IN) /* somebody logged out: the token goes */
			bf_bearer_empty(&x->bearer);
		failed(x, err.text);
	}
	plan(x);
}

static void expire(struct exec *x)
{
	if (!x->bearer.holds || x->token.expires_at <= 0 ||
		bf_wall(&bf_sys_real) < x->token.expires_at)
		return;
	bf_bearer_empty(&x->bearer);
	if (!x->told) /* a refresh that is under way */
		return;
	bf_say("the command's token has expired: its file is gone until there is a new one");
}

static void look_at_clock(struct exec *x)
{
	struct bfabric_error err = {0};
	int64_t now = bf_boot_ms(&bf_sys_real);

	expire(x);
	if (now >= x->touch_ms) {
		bf_bearer_touch(&x->bearer);
		x->touch_ms = now + TOUCH_MS;
	}
	if (now < x->next_ms || x->worker.pid)
		return;
	if (bf_worker_start(&x->worker, &x->call, &err) != BFABRIC_OK) {
		failed(x, err.text);
		plan(x);
	}
}

static int64_t sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* poll(2) does not count the time that the machine sleeps: hence a look now and then. */
static int wait_ms(const struct exec *x)
{
	int64_t wait = LOOK_MS;

	if (!x->worker.pid)
		wait = sooner(wait, x->next_ms - bf_boot_ms(&bf_sys_real));
	if (x->bearer.holds && x->token.expires_at > 0)
		wait = sooner(wait, 1000 * (x->token.expires_at - bf_wall(&bf_sys_real)));
	return wait < 0 ? 0 : (int)wait;
}

static void attend(struct exec *x)
{
	while (x->command.pid) {
		struct pollfd ends[] = {{.fd = x->command.signals, .events = POLLIN},
			{.fd = x->worker.fd, .events = POLLIN}};

		if (poll(ends, 2, wait_ms(x)) > 0) {
			if (ends[0].revents)
				bf_command_attend(&x->command);
			if (ends[1].revents && bf_worker_read(&x->worker))
				learn(x);
		}
		look_at_clock(x);
	}
}

static enum bfabric_status run(struct exec *x, struct bf_answer *answer, struct bfabric_error *err)
{
	enum bfabric_status status = choose(x, err);

	if (status == BFABRIC_OK)
		status = first_token(x, err);
	if (status == BFABRIC_OK)
		status = bf_command_hold(&x->command, err);
	if (status == BFABRIC_OK)
		status = bf_bearer_open(&x->bearer, err);
	if (status == BFABRIC_OK)
		status = bf_bearer_write(&x->bearer, &x->token.token, err);
	if (status == BFABRIC_OK)
		status = start(x, answer, err);
	if (status != BFABRIC_OK)
		return status;
	plan(x);
	attend(x);
	return BFABRIC_OK;
}

enum bfabric_status bf_run_exec(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	struct exec x = {.call = *call, .command = BF_COMMAND_INIT, .worker = BF_WORKER_INIT};
	enum bfabric_status status = BFABRIC_OK;
	int how = 0;

	if (!call->command || !call->command[0] || !call->command[0][0])
		return bf_fail(err, BFABRIC_BAD_CALL,
			"no command was given: bfabric exec [options] -- COMMAND...");
	status = run(&x, answer, err);
	how = x.command.how;
	if (!bf_bearer_remove(&x.bearer))
		bf_say("warning: %s could not be removed, the token is still in it", x.bearer.path);
	exec_release(&x);
	if (status == BFABRIC_OK)
		answer->exit_code = bf_command_follow(how);
	return status;
}
