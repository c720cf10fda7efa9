#include "full.h"
#include "configured.h"
#include "help.h"
#include "log_out.h"
#include "say.h"
#include "screen.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct bf_option options[] = {
	{.name = "no-confirm",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(no_confirm),
		.value = 1,
		.help = "Do not ask. Needed where there is no terminal."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_remove = {
	.name = "auth remove",
	.summary = "log out of an environment and delete it",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Logs out of ENV, as auth logout does, and deletes it from the configuration with "
		"everything that is kept for it. Asks first. Without ENV, a list to pick from is "
		"shown on a terminal. If ENV was the default, none is left afterwards.",
	.examples = "bfabric auth remove OLD\nbfabric auth remove OLD --no-confirm",
};

static bool is_default(const struct bf_config *config, const char *name)
{
	const char *standard = bf_config_default(config);

	return standard && strcmp(standard, name) == 0;
}

static enum bfabric_status confirm(const struct bf_command_line *call,
	const struct bf_config *config, const struct bf_terminal *terminal, const char *name,
	struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	char question[500], shown[120];
	const char *url = "a server that is not valid";
	bool yes = false;
	enum bfabric_status status;

	if (call->no_confirm)
		return BFABRIC_OK;
	if (!terminal->person)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no terminal to ask on: add --no-confirm to remove %.80s", name);
	if (bf_config_select(config, name, NULL, &env, NULL) == BFABRIC_OK)
		url = env.url.text;
	bf_show(shown, sizeof(shown), name, strlen(name));
	snprintf(question, sizeof(question), "Log out of %s,\n%.200s\nand delete it%s? [y/N] ",
		shown, url, is_default(config, name) ? ", the default" : "");
	status = bf_terminal_confirm(question, &yes, err);
	if (status == BFABRIC_OK && !yes)
		return bf_fail(err, BFABRIC_CANCELLED, "nothing was changed");
	return status;
}

/* What is in effect from now on. */
static void put_default(const struct bf_command_line *call, bool was_default, struct bf_secret *out)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	const char *now = NULL;

	if (!was_default || bf_config_load(call->config_file, &config, NULL) != BFABRIC_OK ||
		bf_config_count(config) == 0)
		return;
	now = bf_config_default(config);
	if (now)
		bf_secret_printf(out, "The default environment is now %.200s.\n", now);
	else
		bf_secret_puts(out, "No default environment is left; choose one: bfabric auth "
				    "activate\n");
}

static enum bfabric_status remove_environment(const struct bf_command_line *call,
	const struct bf_config *config, const char *name, struct bfabric_cancel *cancel,
	struct bfabric_error *err)
{
	const struct bf_config_change change = {.name = name, .remove = true};
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_AUTO_SECRET struct bf_secret told = BF_SECRET_INIT, text = BF_SECRET_INIT;
	struct bfabric_error broken = {0};
	enum bfabric_status status = bf_config_check_write(call->config_file, &change, err);

	if (status != BFABRIC_OK)
		return status;
	/* One that is not valid can have no login that we could find. */
	if (bf_config_select(config, name, NULL, &env, &broken) == BFABRIC_OK)
		status = bf_log_out_environment(
			call, cancel, &env, BF_LOGOUT_FORGET, /* deadline= */ 0, &told, err);
	if (status == BFABRIC_OK)
		status = bf_config_write(call->config_file, &change, err);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_printf(&told, "Environment %.200s was removed.\n", name);
	put_default(call, is_default(config, name), &told);
	bf_help_wrap(bf_secret_reveal(&told), 0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
	return BFABRIC_OK;
}

enum bfabric_status bf_run_remove(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_screen screen = {0};
	struct bfabric_cancel *cancel = NULL;
	const char *name = NULL;
	enum bfabric_status status = bf_named_environment(call, &name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = bf_require_own_config(err);
	if (status == BFABRIC_OK)
		status = bf_load_environments(call, &config, err);
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &cancel, err);
	if (status == BFABRIC_OK && !name)
		status = bf_choose_environment(
			config, &screen.terminal, "Environment to remove", &name, err);
	if (status == BFABRIC_OK)
		status = bf_require_environment(config, name, err);
	if (status == BFABRIC_OK)
		status = confirm(call, config, &screen.terminal, name, err);
	return status == BFABRIC_OK ? remove_environment(call, config, name, cancel, err) : status;
}
