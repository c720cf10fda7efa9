/*
 * jwt_signer.h - somebody who signs tokens: a fresh key of the kind that an algorithm needs.
 *
 * For the tests and the benchmark; trouble ends the program.
 */
#ifndef BF_TEST_JWT_SIGNER_H
#define BF_TEST_JWT_SIGNER_H

#include <openssl/evp.h>
#include "libbfabric/base/jwk.h"

struct signer {
	enum bf_jwt_alg alg;
	EVP_PKEY *pkey;
};

void signer_init(struct signer *signer, enum bf_jwt_alg alg);
void signer_release(struct signer *signer);

/* What its server would publish. */
void signer_jwk(const struct signer *signer, struct bf_jwk *ret);

/* A token with this payload and an ordinary header, an access token's. */
void signer_token(const struct signer *signer, const char *payload, struct bf_secret *ret_token);

/* The same with another `typ`. */
void signer_token_of(const struct signer *signer, const char *type, const char *payload,
	struct bf_secret *ret_token);

/* OpenSSL's own form of the signature over these bytes: DER for a curve. */
void signer_sign(const struct signer *signer, const void *bytes, size_t len,
	struct bf_secret *ret_signature);

/* OpenSSL made ready to sign or verify with this algorithm; 1 as OpenSSL means it. */
int signer_start(EVP_MD_CTX *context, const struct signer *signer,
	int (*init)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *));

#endif
