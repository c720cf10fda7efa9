/* SPDX-License-Identifier: MIT */
/*
 * The RSA key that signs the server's tokens, and the two things done with it: a signed JWT (RFC
 * 7519, RS256) and its public half as a JWK set (RFC 7517).
 *
 * Making a key takes longer than everything else at start-up together, so a thread does it while
 * the server is already listening; the first signature waits for it.
 */
#ifndef SB_KEY_H
#define SB_KEY_H

#include <jansson.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>

#define SB_KID_LEN 16

struct sb_key {
	pthread_t thread;
	bool joinable;
	pthread_mutex_t lock;
	EVP_PKEY *pkey;
	char kid[SB_KID_LEN + 1];
};

/* file: where the key is kept (0600), made if missing; "" for a new key that lives in memory only.
 */
void sb_key_start(struct sb_key *key, const char *file);
void sb_key_release(struct sb_key *key);

/* The compact JWS of these claims, on the heap. */
char *sb_key_sign(struct sb_key *key, const json_t *claims);
/* {"keys":[…]}. A new reference. */
json_t *sb_key_jwks(struct sb_key *key);

#endif
