/*
 * launch_old.h - launch tokens from before OAuth: the server itself says what they mean.
 *
 * `{base}/rest/token/validate?token=...` wants the token in its URL, which RFC 9700 forbids for
 * good reasons (section 4.3.2); this endpoint knows no other way. Whoever shows a URL uses
 * bf_url_show.
 */
#ifndef BF_LAUNCH_OLD_H
#define BF_LAUNCH_OLD_H

#include "launch.h"
#include "../base/http.h"
#include "../base/url.h"

struct bf_old_launch {
	struct bf_launch context;  /* `subject` is the reply's `user`; `claims` without password */
	struct bf_secret password; /* of the web services (userWsPassword); empty: not said */
	/* live in context.claims; NULL: not said. The time is local to the server, without a zone.
	 */
	const char *expiry, *environment, *caller, *web_service_user;
};

#define BF_AUTO_OLD_LAUNCH BF_CLEANUP(bf_old_launch_release)
void bf_old_launch_release(struct bf_old_launch *launch);

/* GET; BAD_CALL: no token, or one that cannot be one. */
BF_MUST_USE enum bfabric_status bf_old_launch_build(const struct bf_url *base,
	const struct bf_secret *token, struct bf_request *ret_request, struct bfabric_error *err);

/*
 * Always HTTP 200: a JSON object, or the text `Token invalid`, `Token expired`, `Token already
 * used` (DENIED). BAD_REPLY: something else, no user, or a member of a wrong type. `ret` must be
 * initialised (zeroed is fine): what it held is released.
 */
BF_MUST_USE enum bfabric_status bf_old_launch_accept(
	const struct bf_reply *reply, struct bf_old_launch *ret, struct bfabric_error *err);

#endif
