/*
 * RFC 7638: the members that make up a public key, in lexicographic order and without white space,
 * hashed. Base64url needs no escapes in JSON.
 */
#include <string.h>

#include "../base/base64.h"
#include "../base/hash.h"
#include "jwks.h"

static void member(struct bf_secret *out, const char *before, const struct bf_secret *bytes)
{
	bf_secret_puts(out, before);
	bf_base64url_encode(out, bf_secret_reveal(bytes), bytes->len);
}

static void put_members(struct bf_secret *out, const struct bf_jwk *jwk)
{
	switch (jwk->type) {
	case BF_JWK_RSA:
		member(out, "{\"e\":\"", &jwk->e);
		member(out, "\",\"kty\":\"RSA\",\"n\":\"", &jwk->n);
		break;
	case BF_JWK_P256:
	case BF_JWK_P384:
		bf_secret_printf(out, "{\"crv\":\"%s\",\"kty\":\"EC\"",
			jwk->type == BF_JWK_P256 ? "P-256" : "P-384");
		member(out, ",\"x\":\"", &jwk->x);
		member(out, "\",\"y\":\"", &jwk->y);
		break;
	case BF_JWK_ED25519:
		member(out, "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"", &jwk->x);
		break;
	}
	bf_secret_puts(out, "\"}");
}

enum bfabric_status bf_jwk_thumbprint(
	const struct bf_jwk *jwk, char ret[BF_THUMBPRINT], struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	unsigned char digest[BF_SHA256_SIZE];

	put_members(&text, jwk);
	if (text.failed)
		return bf_fail_nomem(err);
	bf_sha256(bf_secret_reveal(&text), text.len, digest);
	bf_secret_clear(&text);
	bf_base64url_encode(&text, digest, sizeof(digest));
	if (text.failed)
		return bf_fail_nomem(err);
	memcpy(ret, bf_secret_reveal(&text), BF_THUMBPRINT);
	return BFABRIC_OK;
}
