#include "client_view.h"
#include "configured.h"
#include "full.h"
#include "log_out.h"
#include "../libbfabric/base/file.h"
#include <stdio.h>
#include <string.h>

static const struct bf_option options[] = {
	{.name = "no-confirm",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(no_confirm),
		.value = 1,
		.help = "Do not ask. Needed where there is no terminal."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CLIENT_TIMEOUT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_client_delete = {
	.name = "auth client-delete",
	.summary = "delete an environment's OAuth client from the server",
	.options = options,
	.text = "Deletes the client that was registered with auth register --save-env, and with it "
		"everything that was issued to it: whatever logs in by this client stops working, "
		"for good. Asks first. Afterwards the login and the client's secrets are removed "
		"here; the environment itself stays, with its URL (auth remove removes it).",
	.examples = "bfabric auth client-delete --env CRON\n"
		    "bfabric auth client-delete --env CRON --no-confirm",
};

/* Before the environment is locked: a person may think as long as they like. */
static enum bfabric_status confirm(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	char question[600], name[120];
	bool yes = false;
	enum bfabric_status status = bf_load_environments(call, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, call->environment, NULL, &env, err);
	if (status != BFABRIC_OK)
		return status;
	bf_show(name, sizeof(name), env.name, strlen(env.name));
	if (!terminal->person)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no terminal to ask on: add --no-confirm to delete the client of "
			"%.80s",
			name);
	snprintf(question, sizeof(question),
		"Delete client %.100s of environment %s\nat %.200s for good? [y/N] ",
		env.client_id ? env.client_id : "", name, env.url.text);
	status = bf_terminal_confirm(question, &yes, err);
	if (status == BFABRIC_OK && !yes)
		return bf_fail(err, BFABRIC_CANCELLED, "nothing was changed");
	return status;
}

/* The file that only held this secret; somebody else's place is left alone. */
static enum bfabric_status remove_secret_file(
	const struct bf_environment *env, struct bf_secret *told, struct bfabric_error *err)
{
	BF_AUTO_FREE char *own = NULL;
	enum bfabric_status status = bf_secret_file_of(env->name, &own, err);

	if (status != BFABRIC_OK || !env->client_secret_file)
		return status;
	if (strcmp(own, env->client_secret_file) == 0)
		return bf_file_remove(own, err);
	bf_secret_printf(told, "The file with its secret was left where it is: %.600s\n",
		env->client_secret_file);
	return BFABRIC_OK;
}

static enum bfabric_status delete_client(struct bf_manager *manager, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret told = BF_SECRET_INIT;
	const struct bf_environment *env = bf_manage_environment(manager);
	enum bfabric_status status = bf_manage_delete(manager, err);

	if (status == BFABRIC_OK) {
		bf_secret_printf(&told,
			"The client is deleted; its login and its secrets were removed from "
			"environment %.200s, which stays.\n",
			env->name);
		status = remove_secret_file(env, &told, err);
	}
	bf_client_tell(bf_manage_notes(manager));
	bf_client_tell(bf_secret_reveal(&told));
	return status;
}

enum bfabric_status bf_run_client_delete(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *manager = NULL;
	struct bf_screen screen = {0};
	struct bf_terminal terminal = {0};
	enum bfabric_status status = bf_require_own_config(err);

	(void)answer; /* all of this is for the person, on stderr */
	bf_terminal_look(&terminal);
	if (status == BFABRIC_OK && !call->no_confirm)
		status = confirm(call, &terminal, err);
	if (status == BFABRIC_OK)
		status = bf_client_open(call, &screen, &manager, err);
	return status == BFABRIC_OK ? delete_client(manager, err) : status;
}
