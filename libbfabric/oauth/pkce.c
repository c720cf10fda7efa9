/* pkce.c - see pkce.h. */
#include "pkce.h"
#include "../base/base64.h"
#include "../base/hash.h"
#include <string.h>

#define OCTETS 32

enum bfabric_status bf_pkce_random(
	const struct bf_sys *sys, struct bf_secret *ret, struct bfabric_error *err)
{
	unsigned char octets[OCTETS];

	if (!bf_random(sys, octets, sizeof(octets)))
		return bf_fail(err, BFABRIC_SYSTEM, "the system gives no random numbers");
	bf_base64url_encode(ret, octets, sizeof(octets));
	explicit_bzero(octets, sizeof(octets));
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_pkce_challenge(const struct bf_secret *verifier,
	char ret_challenge[BF_PKCE_CHALLENGE], struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	unsigned char digest[BF_SHA256_SIZE];

	bf_sha256(bf_secret_reveal(verifier), verifier->len, digest);
	bf_base64url_encode(&text, digest, sizeof(digest));
	if (text.failed)
		return bf_fail_nomem(err);
	memcpy(ret_challenge, bf_secret_reveal(&text), BF_PKCE_CHALLENGE);
	return BFABRIC_OK;
}
