/*
 * login.h - logging in: the flow with its person, and the saving of what it brought.
 *
 * The person stands outside the lock: only the saving takes it. Saving writes the session record,
 * then the token cache; the configuration is the caller's affair (config.h), checked before the
 * person is sent through a login that could not be recorded.
 */
#ifndef BF_LOGIN_H
#define BF_LOGIN_H

#include "session.h"

struct bf_login_result {
	char *subject;       /* NULL: the token does not say */
	char *scope_granted; /* NULL: the server did not say, so it is what was requested */
	int64_t expires_at;
	bool can_refresh; /* a refresh token came */
};

#define BF_AUTO_LOGIN_RESULT BF_CLEANUP(bf_login_result_release)
void bf_login_result_release(struct bf_login_result *result);

/*
 * Device authorization grant (RFC 8628). Discovers the endpoints, shows, polls, saves.
 * Besides the session's errors: DENIED, TIMEOUT (code expired, or the deadline), CANCELLED,
 * FORBIDDEN (another subject, not confirmed), UNSUPPORTED (the method of the environment is not
 * oauth).
 */
BF_MUST_USE enum bfabric_status bf_login_device(struct bfabric_session *session,
	const struct bfabric_ui *ui, int64_t deadline, struct bf_login_result *ret,
	struct bfabric_error *err);

#endif
