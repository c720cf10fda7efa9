#include "full.h"
#include "doctor.h"
#include "terminal.h"
#include <unistd.h>

static const struct bf_option options[] = {
	{.name = "json",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(json),
		.value = 1,
		.help = "Print a JSON object for programs (its `version` is 1)."},
	{.name = "offline",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(offline),
		.value = 1,
		.help = "Do not ask the server."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_doctor = {
	.name = "doctor",
	.summary = "find out what is wrong, and what to do",
	.options = options,
	.text = "Looks at configuration, files, login, store of secrets, server, git and programs, "
		"and says of each "
		"what is right, what is not, and what to do. Changes nothing, refreshes nothing, "
		"shows no secret: the report can be sent to whoever helps you. Takes 20 seconds "
		"at most.\n\n"
		"Exit code 0: no error. 1: at least one.",
	.examples = "bfabric doctor\nbfabric doctor --json --offline --env PRODUCTION",
};

enum bfabric_status bf_run_doctor(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	struct bf_terminal terminal;
	json_t *findings = NULL;
	enum bfabric_status status = bf_doctor_run(call, &findings, err);

	if (status != BFABRIC_OK)
		return status;
	bf_terminal_look(&terminal);
	if (call->json)
		status = bf_findings_put_json(findings, &answer->out, err);
	else
		bf_findings_put_text(
			findings, bf_terminal_columns(STDOUT_FILENO), terminal.utf8, &answer->out);
	answer->exit_code = bf_findings_count(findings, "error") > 0 ? 1 : 0;
	json_decref(findings);
	return status;
}
