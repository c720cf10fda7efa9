#include "full.h"
#include "configured.h"
#include "status_report.h"
#include "trace.h"
#include "unfinished.h"
#include <stdlib.h>
#include <string.h>

static const struct bf_option options[] = {
	{.name = "json",
		.kind = BF_OPTION_SET,
		.member = BF_MEMBER(json),
		.value = 1,
		.help = "Print a JSON object for programs (its `version` is 1)."},
	BF_ROW_ENVIRONMENT,
	BF_ROW_CONFIG_FILE,
	BF_ROW_VERBOSE,
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_status = {
	.name = "auth status",
	.summary = "show who is logged in, where, and until when",
	.arguments = "[ENV]",
	.max_arguments = 1,
	.options = options,
	.text = "Shows the environment ENV, or the active one and why it is that, the login, its "
		"scope, the state of the token, and where secrets lie; a keyring is asked whether "
		"it is locked. Never shows a token, never uses the network.\n\n"
		"Exit code 0: a token can be had. 3: not logged in. 4: the login has lapsed. 6: it "
		"takes the keyring to get one, and that is locked or missing.",
	.examples = "bfabric auth status\nbfabric auth status --json --env PRODUCTION",
};

static void clearp(struct bfabric_session_status *status)
{
	bfabric_session_status_clear(status);
}

/* A client that an interrupted run was changing. */
static enum bfabric_status add_unfinished(const struct bf_command_line *call,
	struct bfabric_session_status *status, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret warnings = BF_SECRET_INIT;
	char *text = NULL;

	bf_secret_puts(&warnings, status->warnings ? status->warnings : "");
	bf_unfinished_put(call->config_file, status->environment, &warnings);
	if (!warnings.failed && bf_secret_empty(&warnings))
		return BFABRIC_OK;
	text = warnings.failed ? NULL : strdup(bf_secret_reveal(&warnings));
	if (!text)
		return bf_fail_nomem(err);
	free(status->warnings);
	status->warnings = text;
	return BFABRIC_OK;
}

static enum bfabric_status report(const struct bfabric_session_status *status,
	const struct bf_status_store *store, const struct bfabric_error *verdict,
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	answer->also_on_failure = true;
	if (call->json)
		return bf_status_put_json(status, store, verdict, &answer->out, err);
	bf_status_put_text(status, store, &answer->out);
	return BFABRIC_OK;
}

enum bfabric_status bf_run_status(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_CLEANUP(clearp) struct bfabric_session_status status = {0};
	struct bfabric_options where = {.config_file = call->config_file};
	struct bf_status_store store = {0};
	struct bfabric_error trouble = {0};
	enum bfabric_status verdict = bf_named_environment(call, &where.environment, err);

	if (verdict != BFABRIC_OK)
		return verdict;
	verdict = bfabric_session_open(&where, &session, err);
	if (verdict == BFABRIC_OK) {
		bf_trace_session(call, session);
		verdict = bfabric_session_status(session, &status, err);
	}
	if (verdict == BFABRIC_OK)
		verdict = add_unfinished(call, &status, err);
	/* A program that asked for JSON gets it also where nothing is configured. */
	if (verdict != BFABRIC_OK && (!call->json || verdict != BFABRIC_NOT_LOGGED_IN))
		return verdict;
	if (session)
		bf_status_ask_store(bf_session_environment(session), &status, &store);
	if (store.lacks && status.token_state == BFABRIC_TOKEN_STATIC)
		status.token_state = BFABRIC_TOKEN_NONE; /* known only now */
	if (verdict == BFABRIC_OK)
		verdict = bf_status_verdict(&status, err);
	if (verdict == BFABRIC_OK)
		verdict = bf_status_require_store(&status, &store, err);
	if (verdict != BFABRIC_OK && session)
		verdict = bf_fail_with_hint(bf_session_environment(session), call, err);
	if (verdict == BFABRIC_OK && err)
		err->text[0] = '\0';
	if (verdict == BFABRIC_STORE_UNAVAILABLE && !call->json)
		store.message[0] = '\0'; /* it is the last line */
	if (report(&status, &store, err, call, answer, &trouble) != BFABRIC_OK) {
		*err = trouble;
		return trouble.status;
	}
	return verdict;
}
