#include "client_view.h"
#include "full.h"

static const struct bf_option options[] = {
	BF_ROW_CLIENT_JSON,
	BF_ROW_ENVIRONMENT,
	BF_ROW_CLIENT_TIMEOUT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_client_show = {
	.name = "auth client-show",
	.summary = "show the registration of an environment's OAuth client",
	.options = options,
	.text = "Asks the server what it knows about the client that was registered with auth "
		"register --save-env. Its secrets are not shown. A server may issue new ones with "
		"its answer: they are written into the configuration at once.",
	.examples = "bfabric auth client-show --env CRON",
};

enum bfabric_status bf_run_client_show(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *manager = NULL;
	struct bf_client_shown shown = {.json = call->json != 0};
	struct bf_screen screen = {0};
	enum bfabric_status status = bf_client_open(call, &screen, &manager, err);

	if (status == BFABRIC_OK)
		status = bf_manage_read(manager, err);
	if (manager)
		bf_client_tell(bf_manage_notes(manager));
	if (status != BFABRIC_OK)
		return status;
	shown.client = bf_manage_client(manager);
	shown.environment = bf_manage_environment(manager)->name;
	return bf_client_view(&shown, &answer->out, err);
}
