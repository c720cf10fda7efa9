/*
 * authorize.h - the request that a person's browser carries to the server, and the answer that it
 * brings back (RFC 6749, section 4.1; RFC 9207; RFC 9700, section 2.1).
 */
#ifndef BF_AUTHORIZE_H
#define BF_AUTHORIZE_H

#include "../base/secret.h"

/* All borrowed. */
struct bf_authorize_request {
	const char *endpoint;
	const char *client_id;
	const char *redirect_uri;
	const char *scope;     /* NULL: not sent */
	const char *challenge; /* RFC 7636, method S256 */
	const struct bf_secret *state;
};

/*
 * Append the address to open. It is a secret as long as the login lasts: whoever knows `state` can
 * answer in the server's place. BAD_CALL: something is missing; NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_authorize_url(const struct bf_authorize_request *request,
	struct bf_secret *ret_url, struct bfabric_error *err);

struct bf_authorize_expect {
	const struct bf_secret *state;
	const char *issuer;  /* as discovery has it */
	bool demands_issuer; /* the server announced that it sends `iss` (RFC 9207, section 3) */
};

enum bf_authorize_verdict {
	BF_AUTHORIZE_CODE,
	/* Not the answer to our request: whoever sent it is told so, and the wait goes on. */
	BF_AUTHORIZE_WRONG_STATE,
	/* These are final: only the server, or the browser that came from it, knows our state. */
	BF_AUTHORIZE_REFUSED,      /* OAuth's error (RFC 6749, section 4.1.2.1) */
	BF_AUTHORIZE_WRONG_ISSUER, /* another one's answer, or it does not say whose */
	BF_AUTHORIZE_NO_CODE,
	BF_AUTHORIZE_REPEATED, /* a parameter twice (RFC 6749, section 3.1) */
	BF_AUTHORIZE_NO_MEMORY,
};

/*
 * Read the query of the callback, without '?'. CODE: appended to `ret_code`. Every other verdict
 * fills err: the status is what a login ends with (DENIED for access_denied and other refusals,
 * FORBIDDEN for invalid_scope, RETRY_LATER for temporarily_unavailable and server_error, BAD_REPLY
 * for what no server should send); the server's words are made safe for a person.
 * The issuer is compared when present, a trailing slash more or less allowed.
 */
enum bf_authorize_verdict bf_authorize_accept(const struct bf_authorize_expect *expect,
	const char *query, size_t len, struct bf_secret *ret_code, struct bfabric_error *err);

#endif
