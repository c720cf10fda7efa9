#include "full.h"
#include "format.h"
#include "say.h"
#include "trace.h"

#define DEADLINE 40 /* seconds */

enum bfabric_status bf_run_token(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	struct bfabric_options options = {
		.config_file = call->config_file, .environment = call->environment};
	const struct bf_environment *environment = NULL;
	struct bf_printable what = {0};
	enum bfabric_status status = bfabric_session_open(&options, &session, err);

	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, session);
	environment = bf_session_environment(session);
	status = bf_session_get(session, call->min_ttl, call->force_refresh,
		bf_command_deadline(call, DEADLINE), &token, err);
	if (status != BFABRIC_OK)
		return bf_fail_with_hint(environment, call, err);
	if (token.warning)
		bf_say("%s", token.warning);
	what.token = token.value;
	what.token_len = token.length;
	what.expires_at = token.expires_at;
	what.environment = environment->name;
	what.base_url = environment->url.text;
	return bf_format_token(
		(enum bf_format)call->format, (enum bf_shell)call->shell, &what, &answer->out, err);
}
