/*
 * token_query.h - a request about a token: what revocation (RFC 7009, section 2.1) and
 * introspection (RFC 7662, section 2.1) have in common.
 */
#ifndef BF_TOKEN_QUERY_H
#define BF_TOKEN_QUERY_H

#include "grant.h"

/* token_type_hint: where a server may look first. It must look everywhere all the same. */
enum bf_token_hint {
	BF_TOKEN_HINT_NONE = 0,
	BF_TOKEN_HINT_ACCESS,
	BF_TOKEN_HINT_REFRESH,
};

/*
 * POST `token` to `endpoint`. Of `client`, only client_id, client_auth and client_secret are looked
 * at. BAD_CALL: no endpoint, no token, no client, a client authentication that cannot be built.
 */
BF_MUST_USE enum bfabric_status bf_token_query_build(const char *endpoint,
	const struct bf_secret *token, enum bf_token_hint hint,
	const struct bf_grant_params *client, struct bf_request *ret_request,
	struct bfabric_error *err);

#endif
