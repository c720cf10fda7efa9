#include "full.h"
#include "configured.h"
#include "help.h"
#include "log_out.h"
#include "say.h"
#include "screen.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ALL_SECONDS 60 /* for all servers together; afterwards logins are only removed here */

static const struct bf_option options[] = {
	{.name = "all",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(all),
		.value = 1,
		.help = "Log out of every environment of the configuration."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_logout = {
	.name = "auth logout",
	.summary = "revoke a login and remove it from this machine",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Logs out of the environment ENV, or of the active one: its tokens are revoked at "
		"the server and removed here, for all tools that share them. A personal access "
		"token, a password or a client secret is taken out of the configuration. The "
		"environment stays, so that the next login needs no more than its name.\n\n"
		"What the server could not or would not revoke is told, with the time until which "
		"it may be valid; the removal happens all the same.",
	.examples = "bfabric auth logout\nbfabric auth logout --all",
};

static void tell(const struct bf_secret *told)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_help_wrap(bf_secret_reveal(told), 0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static enum bfabric_status log_out(const struct bf_command_line *call,
	const struct bf_config *config, const char *name, struct bfabric_cancel *cancel,
	int64_t deadline, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_SECRET struct bf_secret told = BF_SECRET_INIT;
	enum bfabric_status status = bf_config_select(config, name, NULL, &env, err);

	if (status == BFABRIC_OK)
		status = bf_log_out_environment(
			call, cancel, &env, BF_LOGOUT_KEEP, deadline, &told, err);
	if (!bf_secret_empty(&told))
		tell(&told);
	return status;
}

/* One that fails does not keep the others logged in. */
static enum bfabric_status log_out_all(const struct bf_command_line *call,
	const struct bf_config *config, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	enum bfabric_status first = BFABRIC_OK;
	int64_t deadline = bfabric_deadline_in(ALL_SECONDS);
	size_t failed = 0;

	for (size_t i = 0; i < bf_config_count(config); i++) {
		struct bfabric_error trouble = {0};
		enum bfabric_status status = log_out(
			call, config, bf_config_name(config, i), cancel, deadline, &trouble);

		if (status == BFABRIC_CANCELLED)
			return bf_fail(err, status, "%s", trouble.text);
		if (status == BFABRIC_OK)
			continue;
		bf_say("%s: %s", bf_config_name(config, i), trouble.text);
		first = first == BFABRIC_OK ? status : first;
		failed++;
	}
	if (first == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_fail(err, first, "%zu of %zu environments could not be logged out", failed,
		bf_config_count(config));
}

enum bfabric_status bf_run_logout(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_screen screen = {0};
	struct bfabric_cancel *cancel = NULL;
	const char *name = NULL;
	enum bfabric_status status = bf_named_environment(call, &name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK && name && call->all)
		return bf_fail(err, BFABRIC_BAD_CALL, "--all and the name of an environment");
	if (status == BFABRIC_OK)
		status = bf_require_own_config(err);
	if (status == BFABRIC_OK)
		status = bf_load_environments(call, &config, err);
	if (status == BFABRIC_OK && name)
		status = bf_require_environment(config, name, err);
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &cancel, err);
	if (status != BFABRIC_OK)
		return status;
	return call->all ? log_out_all(call, config, cancel, err)
			 : log_out(call, config, name, cancel, /* deadline= */ 0, err);
}
