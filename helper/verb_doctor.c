#include "full.h"
#include "doctor.h"
#include "terminal.h"
#include <string.h>
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
	{.name = "pam",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(pam),
		.value = 1,
		.help = "Look at pam_bfabric(8) on this machine instead, as root: at every service "
			"that it serves, or at SERVICE."},
	{.name = "pam-root",
		.kind = BF_OPTION_TEXT,
		.member = BF_MEMBER(pam_root),
		.argument = "FOLDER",
		.help = "With --pam: look at the files below this folder, as at an image of a "
			"machine. Nothing of it is run."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_doctor = {
	.name = "doctor",
	.summary = "find out what is wrong, and what to do",
	.arguments = "[SERVICE]",
	.max_arguments = 1,
	.options = options,
	.text = "Looks at configuration, files, login, store of secrets, server, git and programs, "
		"and says of each "
		"what is right, what is not, and what to do. Changes nothing, refreshes nothing, "
		"shows no secret: the report can be sent to whoever helps you. Takes 20 seconds "
		"at most.\n\n"
		"Exit code 0: no error. 1: at least one.",
	.examples = "bfabric doctor\nbfabric doctor --json --offline --env PRODUCTION\nsudo "
		    "bfabric doctor --pam sshd",
};

static enum bfabric_status check_call(const struct bf_command_line *call, struct bfabric_error *err)
{
	const char *service = call->argument_count ? call->arguments[0] : NULL;

	if (!call->pam && (service || call->pam_root))
		return bf_fail(err, BFABRIC_BAD_CALL, "%s is for --pam",
			service ? "a service" : "--pam-root");
	if (call->pam && (call->environment || call->config_file))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--pam looks at no environment of yours: leave --env and --config-file "
			"out");
	if (service && (!*service || *service == '.' || strchr(service, '/')))
		return bf_fail(
			err, BFABRIC_BAD_CALL, "\"%s\" is not the name of a service", service);
	if (call->pam_root && *call->pam_root != '/')
		return bf_fail(err, BFABRIC_BAD_CALL, "--pam-root wants an absolute path");
	return BFABRIC_OK;
}

enum bfabric_status bf_run_doctor(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	struct bf_terminal terminal;
	json_t *findings = NULL;
	enum bfabric_status status = check_call(call, err);

	if (status == BFABRIC_OK)
		status = bf_doctor_run(call, &findings, err);
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
