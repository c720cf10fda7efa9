/*
 * login_revoke.h - mode revoke of bfabric-pam-login: a token that reached nobody is given back to
 * the server (RFC 7009). Whoever wishes to stop it comes too late: nobody else has the token.
 */
#ifndef PAM_BFABRIC_LOGIN_REVOKE_H
#define PAM_BFABRIC_LOGIN_REVOKE_H

#include "login_request.h"

/* OK: `valid no` was said, or would have been; any other status says that it may stay valid. */
BF_MUST_USE enum bfabric_status bf_login_revoke(
	const struct bf_login_request *request, int fd, struct bfabric_error *err);

#endif
