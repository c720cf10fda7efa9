/*
 * client_auth.h - client authentication at the token endpoint, shared by all grants.
 *
 * A public client names itself in the body (RFC 6749, section 3.2.1) or, where a server wants it
 * so, by Basic with an empty secret; a confidential client uses Basic (section 2.3.1), never the
 * body: header values are what proxies and servers know to keep out of their logs.
 */
#ifndef BF_CLIENT_AUTH_H
#define BF_CLIENT_AUTH_H

#include "grant.h"

/* BAD_CALL: form not chosen, or BASIC without a secret. NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_client_auth_put(const struct bf_grant_params *params,
	struct bf_request *request, struct bfabric_error *err);

#endif
