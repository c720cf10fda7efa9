/*
 * login_run.h - what bfabric-pam-login does: a device login, and what becomes of it.
 *
 * From the first byte of the request that may bring the token until that is saved or handed over,
 * nothing stops it: not the wish to stop, not the deadline. A token that is not kept and not handed
 * over is given back to the server (libbfabric/login_undo.h), and the error says so.
 */
#ifndef PAM_BFABRIC_LOGIN_RUN_H
#define PAM_BFABRIC_LOGIN_RUN_H

#include "../libbfabric/session.h"
#include "login_request.h"

/*
 * Say everything but the end that failed, which is the caller's. OK: `token` or `stored` was said,
 * or in a session the login is kept although nobody listens.
 */
BF_MUST_USE enum bfabric_status bf_login_run(const struct bf_login_request *request, int fd,
	struct bfabric_cancel *cancel, struct bfabric_error *err);

/* What the request says about server and client. */
BF_MUST_USE enum bfabric_status bf_login_environment(const struct bf_login_request *request,
	struct bf_environment *ret, struct bfabric_error *err);

#endif
