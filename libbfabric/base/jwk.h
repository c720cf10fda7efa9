/*
 * jwk.h - a public key for signatures, and the algorithms that go with it, as plain data.
 *
 * The pure protocol code reads keys from a JWKS (oauth/jwks.h), OpenSSL verifies with them
 * (net/jwt.h), and neither knows the other. Which algorithm goes with which kind of key is said
 * once, here: RSA with its hash, each curve with one hash, so that a token cannot choose another
 * (RFC 8725, section 3.1). `none` and everything symmetric are no algorithms at all.
 */
#ifndef BF_JWK_H
#define BF_JWK_H

#include "secret.h"

/* RFC 7518, section 3.1; RFC 8037, section 3.1 (with Ed25519 only). */
enum bf_jwt_alg {
	BF_JWT_RS256,
	BF_JWT_RS384,
	BF_JWT_RS512,
	BF_JWT_PS256,
	BF_JWT_ES256,
	BF_JWT_ES384,
	BF_JWT_EDDSA,
};

/* kty, with crv where there is one. */
enum bf_jwk_type {
	BF_JWK_RSA,
	BF_JWK_P256,
	BF_JWK_P384,
	BF_JWK_ED25519,
};

#define BF_RSA_BITS_MIN 2048 /* RFC 7518, section 3.3 */
#define BF_RSA_BITS_MAX 8192 /* more only costs time */

struct bf_jwk {
	enum bf_jwk_type type;
	char *kid; /* owned; NULL: the key has no name */
	bool has_alg;
	enum bf_jwt_alg alg; /* the only one this key is for, if has_alg */
	const char *flaw;    /* NULL, or why no signature counts ("its ... "), a constant */
	/* RSA: modulus and exponent, big-endian, no leading zero (RFC 7518, section 6.3.1) */
	struct bf_secret n, e;
	/* The point: as long as the curve's field each (section 6.2.1); Ed25519 has x alone */
	struct bf_secret x, y;
};

#define BF_AUTO_JWK BF_CLEANUP(bf_jwk_release)
void bf_jwk_release(struct bf_jwk *jwk);

/* "RS256"; a constant. */
const char *bf_jwt_alg_name(enum bf_jwt_alg alg);
/* The other way round, exactly spelled. False: not one of ours. */
bool bf_jwt_alg_parse(const char *name, enum bf_jwt_alg *ret);
/* The kind of key that an algorithm goes with. */
enum bf_jwk_type bf_jwt_alg_type(enum bf_jwt_alg alg);

#endif
