/*
 * net/jwt.h - checking a signature, on OpenSSL; the only file that includes it.
 *
 * A key is made ready once and may then check any number of signatures, from several threads too.
 * What is checked is exactly what RFC 7518, sections 3.3 to 3.5, and RFC 8037, section 3.1 say: a
 * raw r and s of the curve's width each (a DER encoding is refused), a PSS salt as long as the
 * hash, and no other hash than the algorithm's.
 */
#ifndef BF_NET_JWT_H
#define BF_NET_JWT_H

#include "../base/jwk.h"

struct bf_verify_key;

/*
 * DENIED: nothing signed with this key counts: its flaw, a point that is not on the curve.
 */
BF_MUST_USE enum bfabric_status bf_verify_key_new(
	const struct bf_jwk *jwk, struct bf_verify_key **ret, struct bfabric_error *err);
void bf_verify_key_free(struct bf_verify_key *key);
void bf_verify_key_freep(struct bf_verify_key **key);
#define BF_AUTO_VERIFY_KEY BF_CLEANUP(bf_verify_key_freep)

/* Did this key sign these bytes? DENIED: no. UNSUPPORTED: this OpenSSL cannot do it. */
BF_MUST_USE enum bfabric_status bf_verify_signature(const struct bf_verify_key *key,
	enum bf_jwt_alg alg, const void *input, size_t len, const struct bf_secret *signature,
	struct bfabric_error *err);

#endif
