#include "full.h"
#include "configured.h"
#include "say.h"
#include "screen.h"
#include <stdlib.h>
#include <string.h>

static const struct bf_option options[] = {
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_activate = {
	.name = "auth activate",
	.summary = "make an environment the default one",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Makes ENV the default of the configuration: the environment that every tool uses "
		"unless it is told otherwise. Without ENV, a list to pick from is shown on a "
		"terminal.",
	.examples = "bfabric auth activate PRODUCTION",
};

static void tell(const char *name)
{
	const char *other = getenv("BFABRICPY_CONFIG_ENV");

	bf_say("%s is now the default environment", name);
	if (other && *other && strcmp(other, name) != 0)
		bf_say("warning: it is not in effect here, because BFABRICPY_CONFIG_ENV names %s",
			other);
}

enum bfabric_status bf_run_activate(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_screen screen = {0};
	struct bfabric_cancel *cancel = NULL;
	struct bf_config_change change = {.set_default = BF_DEFAULT_YES};
	enum bfabric_status status = bf_named_environment(call, &change.name, err);

	(void)answer; /* all of this is for the person, on stderr */
	if (status == BFABRIC_OK)
		status = bf_require_own_config(err);
	if (status == BFABRIC_OK)
		status = bf_load_environments(call, &config, err);
	if (status == BFABRIC_OK)
		status = bf_screen_init(&screen, &cancel, err);
	if (status == BFABRIC_OK && !change.name)
		status = bf_choose_environment(
			config, &screen.terminal, "Environment to activate", &change.name, err);
	if (status == BFABRIC_OK)
		status = bf_require_environment(config, change.name, err);
	if (status == BFABRIC_OK)
		status = bf_config_write(call->config_file, &change, err);
	if (status == BFABRIC_OK)
		tell(change.name);
	return status;
}
