/*
 * grant.h - requests to the token endpoint, one row a grant (RFC 6749, section 4).
 *
 * Pure: a grant builds its request; bf_token_accept reads the reply of any of them. Who performs
 * the exchange, and what a verdict leads to, is decided above.
 */
#ifndef BF_GRANT_H
#define BF_GRANT_H

#include <jansson.h>
#include "../base/http.h"

/* How the client shows who it is at the token endpoint (RFC 6749, section 2.3). */
enum bf_client_auth {
	BF_CLIENT_AUTH_UNKNOWN = 0,
	BF_CLIENT_AUTH_BODY,        /* public client: client_id in the body */
	BF_CLIENT_AUTH_EMPTY_BASIC, /* public client: Basic with an empty secret, as bfabricPy does
				     */
	BF_CLIENT_AUTH_BASIC,       /* confidential client: Basic with its secret */
};

/* "body", "empty-basic", "basic", "unknown": the form kept in the session record. */
const char *bf_client_auth_name(enum bf_client_auth auth);
enum bf_client_auth bf_client_auth_parse(const char *name); /* UNKNOWN for anything else */

/* Everything a grant may need; all borrowed. */
struct bf_grant_params {
	const char *token_endpoint;
	const char *client_id;
	enum bf_client_auth client_auth;       /* UNKNOWN is a programming error: BAD_CALL */
	const struct bf_secret *client_secret; /* for BASIC */
	const char *scope;                     /* NULL: not sent */
	const struct bf_secret *refresh_token;
	const struct bf_secret *device_code;
	const struct bf_secret *subject_token; /* what is exchanged (RFC 8693) */
	const char *subject_token_type; /* NULL: urn:ietf:params:oauth:token-type:access_token */
	const struct bf_secret *code;   /* of the authorization answer */
	const struct bf_secret *code_verifier; /* RFC 7636: of the same login as the code */
	const char *redirect_uri;              /* as the authorization request had it */
};

struct bf_grant {
	const char *type; /* grant_type on the wire */
	bool spends;      /* the request uses up what it carries */
	enum bfabric_status (*build)(const struct bf_grant_params *params,
		struct bf_request *ret_request, struct bfabric_error *err);
};

extern const struct bf_grant bf_grant_refresh_token;      /* RFC 6749, section 6 */
extern const struct bf_grant bf_grant_client_credentials; /* RFC 6749, section 4.4 */
extern const struct bf_grant bf_grant_device_code;        /* RFC 8628, section 3.4 */
extern const struct bf_grant bf_grant_token_exchange;     /* RFC 8693, section 2.1 */
extern const struct bf_grant bf_grant_authorization_code; /* RFC 6749, section 4.1.3 */
extern const struct bf_grant *const bf_grants[];          /* all of them, NULL at the end */

enum bf_token_verdict {
	BF_TOKEN_ISSUED,
	BF_TOKEN_PENDING,         /* authorization_pending (RFC 8628, section 3.5) */
	BF_TOKEN_SLOW_DOWN,       /* slow_down */
	BF_TOKEN_DENIED,          /* access_denied */
	BF_TOKEN_CODE_EXPIRED,    /* expired_token */
	BF_TOKEN_GRANT_REFUSED,   /* invalid_grant */
	BF_TOKEN_CLIENT_REFUSED,  /* invalid_client, unauthorized_client, or 401 with JSON */
	BF_TOKEN_REQUEST_REFUSED, /* invalid_request: some servers call a client's empty secret that
				   */
	BF_TOKEN_REFUSED,         /* any other OAuth error: invalid_scope, ... */
	BF_TOKEN_TRANSIENT,       /* 5xx, 429, 408, a 404 that is no JSON (a redeploy),
				   * temporarily_unavailable, server_error */
	BF_TOKEN_GARBAGE, /* anything else: redirect, not JSON, no access_token, wrong types */
};

/*
 * Read a reply of the token endpoint. ISSUED: *ret_token is the reply's JSON object, owned by the
 * caller: `access_token` is there and a non-empty string of printable ASCII without spaces,
 * `token_type`, when there, is Bearer in any case; `expires_in` is a positive integer or absent
 * (a numeric string or a real is converted, nonsense, as more than a hundred years, removed);
 * `refresh_token`, `scope`, when there, are clean strings (printable ASCII; an empty refresh token
 * is removed); members that are null and an `expires_at` that the server sent are removed; members
 * nested deeper than 16 levels or a document over 1 MiB are GARBAGE. Every other verdict fills err:
 * what the server said, made safe for a person, no secret (what looks like a token is taken out);
 * its status is what a caller would return (PENDING and SLOW_DOWN: RETRY_LATER).
 */
enum bf_token_verdict bf_token_accept(
	const struct bf_reply *reply, json_t **ret_token, struct bfabric_error *err);

/*
 * The same for a token exchange, whose reply must say what was issued (RFC 8693, section 2.2.1):
 * GARBAGE unless issued_token_type is an access token or a JWT. An id_token, a refresh token or a
 * SAML assertion is nothing that B-Fabric's interfaces may be shown.
 */
enum bf_token_verdict bf_token_exchange_accept(
	const struct bf_reply *reply, json_t **ret_token, struct bfabric_error *err);

/*
 * A secret of our own for the pieces shared by grants: "grant_type=..." first, then the client's
 * authentication, then fields in the order they are put. NULL values are left out.
 */
enum bfabric_status bf_grant_begin(const struct bf_grant *grant,
	const struct bf_grant_params *params, struct bf_request *request,
	struct bfabric_error *err);
void bf_form_put(struct bf_secret *body, const char *name, const char *value);
void bf_form_put_secret(struct bf_secret *body, const char *name, const struct bf_secret *value);

#endif
