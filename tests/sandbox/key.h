/* SPDX-License-Identifier: MIT */
/*
 * The keys that sign the server's tokens, the current ones and those that must not be trusted, and
 * the two things done with them: a signed JWT (RFC 7515, RFC 7519), right or wrong on purpose, and
 * their public halves as a JWK set (RFC 7517). A key is made when it is first wanted.
 *
 * Making the first RSA key takes longer than everything else at start-up together, so a thread does
 * it while the server is already listening; the first signature waits for it. Everything else
 * happens under the lock of struct sandbox.
 */
#ifndef SB_KEY_H
#define SB_KEY_H

#include <jansson.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdbool.h>

#define SB_KID_LEN  16
#define SB_KEYS_MAX 64
/* The words of enum sb_key_role and of the table of algorithms, in their order. */
#define SB_KEY_ROLES "current|old|retired|enc|short|unknown"
#define SB_ALGS      "RS256|RS384|RS512|PS256|ES256|ES384|EdDSA|HS256|none"

enum sb_key_role {
	SB_KEY_CURRENT,
	SB_KEY_OLD,     /* rotated away, still published */
	SB_KEY_RETIRED, /* rotated away, no longer published */
	SB_KEY_ENC,     /* published with use=enc: never good for a signature */
	SB_KEY_SHORT,   /* published, RSA of 1024 bits */
	SB_KEY_UNKNOWN  /* never published */
};

enum sb_key_type { SB_RSA, SB_P256, SB_P384, SB_ED25519 };

struct sb_alg {
	const char *name;
	enum sb_key_type type;
	const char *digest; /* NULL: EdDSA or no signature by a key pair */
	bool pss;
	bool sound; /* no client should take the others */
};

struct sb_key {
	EVP_PKEY *pkey;
	char kid[SB_KID_LEN + 1];
	enum sb_key_type type;
	enum sb_key_role role;
	struct sb_key *next;
};

struct sb_keys {
	pthread_t thread;
	bool joinable;
	struct sb_key *list; /* newest first */
	size_t count;
};

/* How to sign: HS256 takes the public RSA key as its secret, none leaves the signature empty. */
struct sb_sign {
	const struct sb_alg *alg;
	enum sb_key_role key;
	const json_t *header; /* merged into the header, null takes a member away; or NULL */
};

/* file: where the RSA key is kept (0600), made if missing; "" for one that lives in memory only. */
void sb_keys_start(struct sb_keys *keys, const char *file);
void sb_keys_release(struct sb_keys *keys);
/* The newest key of that type and role, made if there is none. */
struct sb_key *sb_keys_get(struct sb_keys *keys, enum sb_key_type type, enum sb_key_role role);
/* The current keys become old ones (publish) or retired ones. */
void sb_keys_rotate(struct sb_keys *keys, bool publish);

/* By number in SB_ALGS. */
const struct sb_alg *sb_alg_at(int number);
/* Names for people: the number of a word in SB_ALGS or SB_KEY_ROLES, or -1. */
int sb_word_number(const char *words, const char *word);

/* The compact JWS of these claims, on the heap. */
char *sb_keys_sign(struct sb_keys *keys, const struct sb_sign *how, const json_t *claims);
/* {"keys":[…]}: all that are published, named for the algorithm that is in use. A new reference. */
json_t *sb_keys_jwks(struct sb_keys *keys, const struct sb_alg *in_use, bool with_enc);
/* Merges: a null takes a member away. */
void sb_json_merge(json_t *object, const json_t *changes);

#endif
