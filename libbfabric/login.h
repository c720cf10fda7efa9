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
	char *warning;    /* one line: the login is there, but not where it should be; or NULL */
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

/*
 * Authorization code with PKCE by the browser of this machine (RFC 6749, section 4.1; RFC 7636;
 * RFC 8252). Discovers the endpoints, listens on 127.0.0.1 (`port` 0: any), calls ui->open_url,
 * waits for the browser, or for its last address pasted on ui->paste_fd, exchanges the code once,
 * saves, and only then answers the browser with what happened. `deadline` 0: two minutes.
 * A client with a secret (bf_client_secret) uses it. Errors as above, and BAD_REPLY for an answer
 * that no server should send (RFC 9207: another issuer), SYSTEM for a port that is in use.
 */
BF_MUST_USE enum bfabric_status bf_login_browser(struct bfabric_session *session,
	const struct bfabric_ui *ui, unsigned port, int64_t deadline, struct bf_login_result *ret,
	struct bfabric_error *err);

#endif
