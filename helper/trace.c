#include "trace.h"
#include "say.h"
#include "../libbfabric/session.h"

void bf_trace_say(void *data, const char *text)
{
	(void)data; /* nothing is kept between lines */
	bf_say("trace: %s", text);
}

void bf_trace_session(const struct bf_command_line *call, struct bfabric_session *session)
{
	const struct bf_environment *env = bf_session_environment(session);

	if (!bf_trace_wanted(call))
		return;
	bf_say("trace: environment %s of %s, line %u: %s, client %s", env->name, env->file,
		env->line, env->url.text, env->client_id ? env->client_id : "none");
	bf_session_trace_to(session, bf_trace_say, /* data= */ NULL);
}
