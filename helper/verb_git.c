#include "full.h"
#include "git.h"
#include "say.h"
#include "trace.h"
#include <unistd.h>

#define DEADLINE 40 /* seconds */

static enum bfabric_status serve(const struct bf_git_request *request,
	const struct bf_command_line *call, struct bfabric_session *session, struct bf_secret *out,
	struct bfabric_error *err)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	enum bfabric_status status = bf_session_get(session, call->min_ttl,
		/* force_refresh= */ false, bfabric_deadline_in(DEADLINE), &token, err);

	if (status != BFABRIC_OK)
		return status;
	if (token.warning)
		bf_say("%s", token.warning);
	return bf_git_put_answer(request, token.value, token.length, token.expires_at, out, err);
}

/*
 * May git have what this environment holds? A personal access token lives long and git hands it to
 * every other helper of the host; a password is more than a token ever is.
 */
static bool may_serve(const struct bf_environment *environment)
{
	switch (environment->method) {
	case BFABRIC_AUTH_NONE:
	case BFABRIC_AUTH_OAUTH:
	case BFABRIC_AUTH_CLIENT_CREDENTIALS:
		return true;
	case BFABRIC_AUTH_PAT:
		if (!environment->serve_pat)
			bf_say("environment %s holds a personal access token, which git gets only "
			       "with `serve_pat: true` in its libbfabric: section",
				environment->name);
		return environment->serve_pat;
	case BFABRIC_AUTH_PASSWORD:
		bf_say("environment %s logs in with a password, which git never gets",
			environment->name);
		return false;
	}
	return false;
}

static enum bfabric_status get(const struct bf_git_request *request,
	const struct bf_command_line *call, struct bf_environment *environment,
	struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (!may_serve(environment))
		return BFABRIC_OK;
	status = bf_session_new(environment, "host", /* seams= */ NULL, &session, err);
	if (status == BFABRIC_OK) {
		bf_trace_session(call, session);
		status = serve(request, call, session, &answer->out, err);
	}
	if (status == BFABRIC_OK)
		return BFABRIC_OK;
	bf_secret_clear(&answer->out);
	bf_git_put_quit(&answer->out);
	answer->also_on_failure = true;
	return bf_fail_with_hint(
		session ? bf_session_environment(session) : environment, call, err);
}

static enum bfabric_status erase(const struct bf_git_request *request,
	struct bf_environment *environment, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	enum bfabric_status status =
		bf_session_new(environment, "host", /* seams= */ NULL, &session, err);

	if (status != BFABRIC_OK)
		return status;
	/* Where git does not say which credential was refused, it is the one in the cache. */
	return bfabric_session_reject(session, request->secret, err);
}

static enum bfabric_status answer_request(enum bf_git_operation operation,
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;
	BF_AUTO_ENVIRONMENT struct bf_environment environment = {0};
	bool matched = false;
	enum bfabric_status status = bf_kv_read(STDIN_FILENO, &kv, err);

	if (status == BFABRIC_OK)
		status = bf_git_request_read(&kv, &request, err);
	if (status == BFABRIC_OK)
		status = bf_git_find(&request, call, &matched, &environment, err);
	if (status != BFABRIC_OK)
		return status;
	if (!matched && err->text[0])
		bf_say("%s", err->text);
	if (!matched)
		return BFABRIC_OK;
	if (operation == BF_GIT_ERASE)
		return erase(&request, &environment, err);
	return get(&request, call, &environment, answer, err);
}

enum bfabric_status bf_run_git(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	enum bf_git_operation operation = BF_GIT_OTHER;

	if (call->argument_count != 1)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"git-credential-bfabric needs an operation: get, store, erase or "
			"capability; see --help");
	operation = bf_git_operation(call->arguments[0]);
	switch (operation) {
	case BF_GIT_GET:
	case BF_GIT_ERASE:
		return answer_request(operation, call, answer, err);
	case BF_GIT_STORE: {
		BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

		/* Read so that the writer does not die of SIGPIPE; whatever it says is dropped. */
		if (bf_kv_read(STDIN_FILENO, &kv, err) != BFABRIC_OK)
			return BFABRIC_OK;
		return BFABRIC_OK;
	}
	case BF_GIT_CAPABILITY:
		bf_git_put_capability(&answer->out);
		return BFABRIC_OK;
	case BF_GIT_OTHER:
		return BFABRIC_OK;
	}
	return BFABRIC_OK;
}
