/*
 * login_undo.h - a login that the server granted and that is not kept.
 *
 * Its person said no, or it could not be written down. Nobody has its tokens then, and they would
 * stay valid at the server for as long as a refresh token lives: they are given back (RFC 7009).
 */
#ifndef BF_LOGIN_UNDO_H
#define BF_LOGIN_UNDO_H

#include "login_save.h"

/*
 * Revoke what the flow brought, in at most ten seconds, also when its person wished to stop; and
 * add to `err`, which tells why the login is not kept, what became of it. False: something of it
 * may still be valid.
 */
bool bf_login_undo(
	struct bfabric_session *s, const struct bf_login_grant *grant, struct bfabric_error *err);

#endif
