/*
 * login_run.h - a verb that logs in, from its command line to the last line for the person; the
 * verbs differ in the flow only.
 */
#ifndef BF_LOGIN_RUN_H
#define BF_LOGIN_RUN_H

#include "../libbfabric/login.h"
#include "options.h"
#include "screen.h"

struct bf_login_way {
	int64_t timeout; /* seconds, where --timeout does not say */
	enum bfabric_status (*log_in)(struct bfabric_session *session,
		const struct bf_command_line *call, struct bf_screen *screen, int64_t deadline,
		struct bf_login_result *ret, struct bfabric_error *err);
};

/*
 * Plan (login_plan.h), check that the configuration could be written, ask where an environment
 * would be repointed, log in, write the configuration, tell.
 */
BF_MUST_USE enum bfabric_status bf_login_run(const struct bf_command_line *call,
	const struct bf_login_way *way, struct bfabric_error *err);

/* Options that these verbs share. */
#define BF_ROW_CLIENT_ID                                                                           \
	{                                                                                          \
		.name = "client-id", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(client_id),       \
		.argument = "ID", .help = "OAuth client (default: the environment's, or CLI)."     \
	}
#define BF_ROW_LOGIN_SCOPE                                                                         \
	{                                                                                          \
		.name = "scope", .kind = BF_OPTION_TEXT, .member = BF_MEMBER(scope),               \
		.argument = "SCOPE",                                                               \
		.help = "What the login may do: read-only, read-write, upload, or a scope such "   \
			"as \"api:write tus\" (default: the environment's). A first login needs "  \
			"it."                                                                      \
	}
#define BF_ROW_SET_DEFAULT                                                                         \
	{                                                                                          \
		.name = "set-default", .kind = BF_OPTION_SET, .member = BF_MEMBER(set_default),    \
		.value = BF_DEFAULT_YES,                                                           \
		.help = "Make it the default environment (a first one becomes it anyway)."         \
	}
#define BF_ROW_NO_SET_DEFAULT                                                                      \
	{                                                                                          \
		.name = "no-set-default", .kind = BF_OPTION_SET, .member = BF_MEMBER(set_default), \
		.value = BF_DEFAULT_NO, .help = "Leave the default environment alone."             \
	}

#endif
