/*
 * refusal.h - what any endpoint that authenticates its caller may answer instead of a result.
 *
 * The same table for revocation, introspection and registration, so that the same answer of a
 * server leads to the same status everywhere.
 */
#ifndef BF_REFUSAL_H
#define BF_REFUSAL_H

#include "../base/http.h"

/*
 * The reply is no success: why. Never returns OK. Texts begin with `what`.
 *   UNSUPPORTED  405, 410, 501, a 404 in JSON: there is no such thing
 *   RETRY_LATER  5xx, 429, 408, no reply, a 404 that is no JSON (a redeploy answers so),
 *                temporarily_unavailable, server_error
 *   FORBIDDEN    403, insufficient_scope, invalid_scope
 *   DENIED       any other OAuth error in a 4xx, with the server's words; a 401 without any
 *   BAD_REPLY    anything else: a redirect, a success that is none
 */
enum bfabric_status bf_fail_refused(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err);

#endif
