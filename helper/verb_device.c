#include "full.h"
#include "login_run.h"

static const struct bf_option options[] = {
	BF_ROW_CLIENT_ID,
	BF_ROW_LOGIN_SCOPE,
	BF_ROW_ENVIRONMENT,
	{.name = "timeout",
		.kind = BF_OPTION_SECONDS,
		.member = BF_MEMBER(timeout),
		.argument = "SECONDS",
		.value = 1,
		.limit = 86400,
		.help = "Wait this long for the approval (default: 600)."},
	BF_ROW_STORE,
	BF_ROW_SET_DEFAULT,
	BF_ROW_NO_SET_DEFAULT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_device = {
	.name = "auth device-code",
	.summary = "log in with a code that is entered on any device",
	.arguments = "[BASE_URL]",
	.max_arguments = 1,
	.options = options,
	.text = "Shows a web address and a code. Open it on this or any other device, log in to "
		"B-Fabric there and enter the code; this program waits and then keeps the login "
		"for all your tools.\n\n"
		"BASE_URL is a URL or a known instance: fgcz-prod, fgcz-test, fgcz-demo, trace. "
		"Without it, the active environment is logged in again. A new environment is "
		"added to the configuration, named after its instance unless --env names it.",
	.examples = "bfabric auth device-code fgcz-test --scope read-only\n"
		    "bfabric auth device-code https://bfabric.example.org/bfabric --env LAB\n"
		    "bfabric auth device-code",
};

static enum bfabric_status log_in(struct bfabric_session *session,
	const struct bf_command_line *call, struct bf_screen *screen, int64_t deadline,
	struct bf_login_result *ret, struct bfabric_error *err)
{
	struct bfabric_ui ui = bf_screen_ui(screen);

	(void)call; /* no option concerns the flow itself */
	return bf_login_device(session, &ui, deadline, ret, err);
}

enum bfabric_status bf_run_device(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	static const struct bf_login_way way = {.timeout = 600, .log_in = log_in};

	(void)answer; /* all of this is for the person, on stderr */
	return bf_login_run(call, &way, err);
}
