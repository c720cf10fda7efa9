/*
 * jwt.h - a JSON Web Token taken apart and judged (RFC 7515, RFC 7519), as RFC 8725 wants it; pure.
 *
 *	status = bf_jwt_parse(token, len, &jwt, err);
 *	... find the key by jwt.kid and jwt.alg, verify jwt.signature over the signing input ...
 *	status = bf_jwt_check(&jwt, &expected, now, &claims, err);
 *
 * Nothing in the token says where its key comes from: `jku`, `jwk`, `x5u`, `x5c` are ignored. The
 * algorithm is one of a list, and the list has neither `none` nor anything symmetric. Base64url is
 * read strictly, so that a token has one spelling only.
 *
 * DENIED is a token that is refused: text says why, without a byte of the token except names that
 * are no secret (kid, alg, issuer, audience). UNSUPPORTED is one that is no JWT, an opaque access
 * token: only its issuer can tell what it is worth (introspection, RFC 7662).
 */
#ifndef BF_JWT_H
#define BF_JWT_H

#include <jansson.h>
#include "../base/jwk.h"

#define BF_JWT_MAX       ((size_t)64 << 10) /* bytes of a token */
#define BF_JWT_DEPTH_MAX 16                 /* levels of JSON */
#define BF_JWT_KID_MAX   256                /* bytes */
#define BF_JWT_LEEWAY    60                 /* seconds by which two clocks may differ */

struct bf_jwt {
	enum bf_jwt_alg alg;
	const char *kid;   /* NULL: not said; lives in `header` */
	const char *input; /* what is signed: the token up to its second dot; borrowed from the
			      token */
	size_t input_len;
	struct bf_secret signature;
	json_t *header, *payload;
};

#define BF_AUTO_JWT BF_CLEANUP(bf_jwt_release)
void bf_jwt_release(struct bf_jwt *jwt);

/* Take a token apart; nothing in it is to be believed yet. `token` must outlive `ret`. */
BF_MUST_USE enum bfabric_status bf_jwt_parse(
	const char *token, size_t len, struct bf_jwt *ret, struct bfabric_error *err);

/* ---- jwt_claims.c ---- */

#define BF_JWT_AUDIENCE "bfabric-api" /* what B-Fabric's access tokens are for */

/* What a token must say. */
struct bf_jwt_expected {
	const char *issuer;    /* a URL; compared in canonical form, a trailing slash apart */
	const char *audience;  /* one of `aud`; NULL: BF_JWT_AUDIENCE */
	const char *client_id; /* NULL: any or none */
	const char *subject;   /* NULL: any or none */
};

/* The registered claims (RFC 7519, section 4.1), and `client_id` of RFC 9068. */
struct bf_jwt_claims {
	const char *issuer, *subject, *client_id, *id; /* live in `all`; NULL: not said */
	int64_t expires_at;                            /* Unix seconds */
	int64_t not_before, issued_at;                 /* 0: not said */
	json_t *all;                                   /* the whole payload */
};

#define BF_AUTO_CLAIMS BF_CLEANUP(bf_jwt_claims_release)
void bf_jwt_claims_release(struct bf_jwt_claims *claims);

/*
 * Does a token whose signature was verified say what it must, at `now`? `iss`, `aud` and `exp` are
 * demanded, `nbf` and `iat` may be missing. BAD_CALL: the expected issuer is no URL. `ret` must be
 * initialised (zeroed is fine): what it held is released.
 */
BF_MUST_USE enum bfabric_status bf_jwt_check(const struct bf_jwt *jwt,
	const struct bf_jwt_expected *expected, int64_t now, struct bf_jwt_claims *ret,
	struct bfabric_error *err);

/* A claim of text that has been verified; NULL: not said, or no text. Lives in `claims`. */
const char *bf_jwt_claim(const struct bf_jwt_claims *claims, const char *name);

#endif
