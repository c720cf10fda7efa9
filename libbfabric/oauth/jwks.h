/*
 * jwks.h - the keys with which a server signs (RFC 7517): the request for them, what of the reply
 * can be used here, and which of them a token may have been signed with.
 *
 * A set usually holds keys for other purposes too: what is for encryption, of an unknown kind or of
 * an unknown curve is skipped, as section 5 demands. A key that would fit but must not be trusted
 * (an RSA modulus below 2048 bits, an even exponent, a coordinate of the wrong length) is kept with
 * its flaw, so that a token which names it is refused with the reason.
 */
#ifndef BF_JWKS_H
#define BF_JWKS_H

#include <jansson.h>
#include "../base/http.h"
#include "../base/jwk.h"

#define BF_JWKS_TEXT_MAX ((size_t)256 << 10) /* bytes of a document */
#define BF_JWKS_LISTED   128 /* entries of a document; more are no set of signing keys */
#define BF_JWKS_KEYS     32  /* of them usable */
#define BF_JWKS_TRIES    4   /* keys that one token is tried with */

struct bf_jwks {
	struct bf_jwk keys[BF_JWKS_KEYS];
	size_t count;
	json_t *document; /* as it came, for keeping */
};

#define BF_AUTO_JWKS BF_CLEANUP(bf_jwks_release)
void bf_jwks_release(struct bf_jwks *jwks);

BF_MUST_USE enum bfabric_status bf_jwks_build(
	const char *jwks_uri, struct bf_request *ret_request, struct bfabric_error *err);

/*
 * BAD_REPLY: not a set of keys, a member twice, too much of it; 5xx, 429, 408 and an HTML 404 (a
 * redeploy): RETRY_LATER. A set without a key for us is no failure. Here and below `ret` must be
 * initialised (zeroed is fine): what it held is released.
 */
BF_MUST_USE enum bfabric_status bf_jwks_accept(
	const struct bf_reply *reply, struct bf_jwks *ret, struct bfabric_error *err);

/* The same for a document that was kept; a reference to it is taken. */
BF_MUST_USE enum bfabric_status bf_jwks_read(
	json_t *document, struct bf_jwks *ret, struct bfabric_error *err);

/* Is there a key of this name, whatever it is good for? */
bool bf_jwks_knows(const struct bf_jwks *jwks, const char *kid);

/*
 * The keys that a token with this header may have been signed with: right kind and curve, not meant
 * for another algorithm, and of this name. A name only selects. Without one (NULL) all keys that
 * fit and have no flaw are candidates. At most BF_JWKS_TRIES; returns how many. Borrowed from
 * `jwks`.
 */
size_t bf_jwks_select(const struct bf_jwks *jwks, const char *kid, enum bf_jwt_alg alg,
	const struct bf_jwk *ret_keys[BF_JWKS_TRIES]);

/* ---- thumbprint.c ---- */

#define BF_THUMBPRINT 44 /* 43 characters and NUL */

/* SHA-256 of the key's necessary members (RFC 7638), base64url: how a person compares keys. */
BF_MUST_USE enum bfabric_status bf_jwk_thumbprint(
	const struct bf_jwk *jwk, char ret[BF_THUMBPRINT], struct bfabric_error *err);

#endif
