/*
 * revocation.h - telling the server that a token is no longer wanted (RFC 7009).
 *
 * Whoever logs out wants to know what is true afterwards: revoked, still valid, or unknown. The
 * refresh token goes first; many servers revoke with it what was issued from it.
 */
#ifndef BF_REVOCATION_H
#define BF_REVOCATION_H

#include "token_query.h"

/* See bf_token_query_build. Asking twice does no harm: the request may be sent again. */
BF_MUST_USE enum bfabric_status bf_revocation_build(const char *endpoint,
	const struct bf_secret *token, enum bf_token_hint hint,
	const struct bf_grant_params *client, struct bf_request *ret_request,
	struct bfabric_error *err);

/*
 * OK: the token is not valid now; a server says so of one that it never knew, too (section 2.2).
 * Every other status: it may still be valid, until it expires.
 *   RETRY_LATER  429, 5xx, 408, no reply (503: "must assume the token still exists", section 2.2.1)
 *   UNSUPPORTED  404 of any kind, 405, 410, 501: the server has no revocation; or
 *                unsupported_token_type: not of this kind of token (section 2.2.1)
 *   DENIED       invalid_client and other OAuth errors, 401
 *   FORBIDDEN    403
 *   BAD_REPLY    a redirect and other nonsense
 * A 404 page may also come from a server that restarts; it is taken for good here, because a logout
 * does not wait for the next day, and its text says what follows.
 */
BF_MUST_USE enum bfabric_status bf_revocation_accept(
	const struct bf_reply *reply, struct bfabric_error *err);

#endif
