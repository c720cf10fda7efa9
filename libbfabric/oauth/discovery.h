/*
 * discovery.h - where the endpoints are (RFC 8414; OpenID Connect Discovery 1.0, section 4).
 *
 * `{base}/.well-known/openid-configuration`; B-Fabric's fixed paths `{base}/rest/oauth/...` where
 * there is no document, or it leaves one out. Every endpoint must have the scheme, host and port of
 * the base URL, or a forged document could send a refresh token elsewhere.
 */
#ifndef BF_DISCOVERY_H
#define BF_DISCOVERY_H

#include <jansson.h>
#include "../base/http.h"
#include "../base/url.h"

/* Owned strings; all are set once this was filled, whether or not the server has such a thing. */
struct bf_endpoints {
	char *issuer; /* as the server writes it: what `iss` must say, a trailing slash apart */
	char *authorization;
	char *token;
	char *device_authorization;
	char *registration;
	char *introspection;
	char *revocation;
	char *jwks;
	bool public_clients; /* token_endpoint_auth_methods_supported lists "none" */
	bool sends_issuer;   /* authorization_response_iss_parameter_supported (RFC 9207) */
	bool discovered;     /* false: the fixed paths */
	bool can_revoke;     /* the document names a revocation endpoint */
};

#define BF_AUTO_ENDPOINTS BF_CLEANUP(bf_endpoints_release)
void bf_endpoints_release(struct bf_endpoints *endpoints);

/*
 * B-Fabric's fixed paths. Here and below `ret` must be initialised (zeroed is fine): what it held
 * is released.
 */
BF_MUST_USE enum bfabric_status bf_endpoints_fixed(
	const struct bf_url *base, struct bf_endpoints *ret, struct bfabric_error *err);

BF_MUST_USE enum bfabric_status bf_discovery_build(
	const struct bf_url *base, struct bf_request *ret_request, struct bfabric_error *err);

/*
 * 404 and 410, JSON or not: *ret_found false, `ret` holds the fixed paths (a redeploy answers so
 * too).
 * The issuer must equal the base URL, a trailing slash more or less allowed (RFC 8414,
 * section 3.3); an endpoint that is missing falls back to its fixed path; one on another origin, or
 * of a wrong type, is BAD_REPLY and names it. 5xx, 429, 408: RETRY_LATER.
 */
BF_MUST_USE enum bfabric_status bf_discovery_accept(const struct bf_url *base,
	const struct bf_reply *reply, bool *ret_found, struct bf_endpoints *ret,
	struct bfabric_error *err);

#endif
