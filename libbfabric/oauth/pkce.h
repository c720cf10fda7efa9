/*
 * pkce.h - proof key for code exchange (RFC 7636), method S256 only.
 *
 * Whoever catches the code on its way through the browser cannot exchange it: the token endpoint
 * wants the verifier, which only this process knows; the authorization request showed its hash.
 */
#ifndef BF_PKCE_H
#define BF_PKCE_H

#include "../base/secret.h"
#include "../base/sys.h"

#define BF_PKCE_CHALLENGE 44 /* 43 characters and NUL */

/*
 * 32 random octets as 43 characters of base64url (RFC 7636, section 4.1), appended: a verifier, or
 * any other value that nobody may guess, as `state`. SYSTEM: no randomness; NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_pkce_random(
	const struct bf_sys *sys, struct bf_secret *ret, struct bfabric_error *err);

/* BASE64URL(SHA256(verifier)), RFC 7636, section 4.2. NO_MEMORY. */
BF_MUST_USE enum bfabric_status bf_pkce_challenge(const struct bf_secret *verifier,
	char ret_challenge[BF_PKCE_CHALLENGE], struct bfabric_error *err);

#endif
