/* SPDX-License-Identifier: MIT */
/* Signing (RFC 7515), by every algorithm a client may meet and the two it must refuse. */
#include "key.h"
#include "text.h"

#include <openssl/ecdsa.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#define SIGNATURE_MAX 1024

/* In the order of SB_ALGS. */
static const struct sb_alg algs[] = {
	{"RS256", SB_RSA, "SHA256", false, true},
	{"RS384", SB_RSA, "SHA384", false, true},
	{"RS512", SB_RSA, "SHA512", false, true},
	{"PS256", SB_RSA, "SHA256", true, true},
	{"ES256", SB_P256, "SHA256", false, true},
	{"ES384", SB_P384, "SHA384", false, true},
	{"EdDSA", SB_ED25519, NULL, false, true},
	{"HS256", SB_RSA, NULL, false, false},
	{"none", SB_RSA, NULL, false, false},
};

const struct sb_alg *sb_alg_at(int index)
{
	return index >= 0 && index < (int)SB_COUNTOF(algs) ? &algs[index] : NULL;
}

int sb_word_number(const char *words, const char *word)
{
	size_t want = strlen(word);

	for (int i = 0; *words; i++) {
		size_t len = strcspn(words, "|");

		if (len == want && !strncmp(words, word, len))
			return i;
		words += len;
		words += *words == '|';
	}
	return -1;
}

void sb_json_merge(json_t *object, const json_t *changes)
{
	const char *name;
	json_t *value;

	/* The macro wants a pointer that is not const, but only reads. */
	json_object_foreach ((json_t *)(uintptr_t)changes, name, value) {
		if (json_is_null(value))
			json_object_del(object, name);
		else
			json_object_set(object, name, value);
	}
}

/* Both halves of an ECDSA signature one after the other (RFC 7518 section 3.4), not DER. */
static size_t plain_ecdsa(unsigned char *raw, size_t len, int half)
{
	const unsigned char *at = raw;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &at, (long)len);

	if (!sig || BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, half) != half ||
		BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + half, half) != half)
		sb_die("cannot sign");
	ECDSA_SIG_free(sig);
	return (size_t)half * 2;
}

static char *by_key_pair(EVP_PKEY *pkey, const struct sb_alg *alg, const struct sb_text *input)
{
	const EVP_MD *digest = alg->digest ? EVP_get_digestbyname(alg->digest) : NULL;
	unsigned char raw[SIGNATURE_MAX];
	size_t len = sizeof(raw);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *key_ctx = NULL;
	int ok = ctx && EVP_DigestSignInit(ctx, &key_ctx, digest, NULL, pkey) == 1;

	if (ok && alg->pss)
		ok = EVP_PKEY_CTX_set_rsa_padding(key_ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
		     EVP_PKEY_CTX_set_rsa_pss_saltlen(key_ctx, RSA_PSS_SALTLEN_DIGEST) > 0;
	ok = ok &&
	     EVP_DigestSign(ctx, raw, &len, (const unsigned char *)input->data, input->len) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		sb_die("cannot sign");
	if (alg->type == SB_P256 || alg->type == SB_P384)
		len = plain_ecdsa(raw, len, alg->type == SB_P256 ? 32 : 48);
	return sb_base64url(raw, len);
}

/* What a careless verifier falls for: HMAC with the public key, which everybody has. */
static char *by_public_key(EVP_PKEY *pkey, const struct sb_text *input)
{
	unsigned char raw[EVP_MAX_MD_SIZE];
	unsigned len = sizeof(raw);
	BIO *pem = BIO_new(BIO_s_mem());
	char *secret = NULL;
	long size;

	if (!pem || PEM_write_bio_PUBKEY(pem, pkey) != 1)
		sb_die("unusable key");
	size = BIO_get_mem_data(pem, &secret);
	if (!HMAC(EVP_sha256(), secret, (int)size, (const unsigned char *)input->data, input->len,
		    raw, &len))
		sb_die("cannot sign");
	BIO_free(pem);
	return sb_base64url(raw, len);
}

static char *signature(
	const struct sb_key *key, const struct sb_alg *alg, const struct sb_text *input)
{
	if (alg->sound)
		return by_key_pair(key->pkey, alg, input);
	if (!strcmp(alg->name, "HS256"))
		return by_public_key(key->pkey, input);
	return sb_strdup("");
}

static void add_part(struct sb_text *jws, const json_t *part)
{
	SB_AUTOFREE char *json = json_dumps(part, JSON_COMPACT);
	SB_AUTOFREE char *encoded = json ? sb_base64url(json, strlen(json)) : NULL;

	if (!encoded)
		sb_die("out of memory");
	sb_text_puts(jws, encoded);
}

char *sb_keys_sign(struct sb_keys *keys, const struct sb_sign *how, const json_t *claims)
{
	const struct sb_key *key = sb_keys_get(keys, how->alg->type, how->key);
	json_t *header =
		json_pack("{s:s, s:s, s:s}", "alg", how->alg->name, "typ", "JWT", "kid", key->kid);
	SB_AUTOFREE char *sig = NULL;
	struct sb_text jws = {0};

	sb_json_merge(header, how->header);
	add_part(&jws, header);
	json_decref(header);
	sb_text_puts(&jws, ".");
	add_part(&jws, claims);
	sig = signature(key, how->alg, &jws);
	sb_text_puts(&jws, ".");
	sb_text_puts(&jws, sig);
	return jws.data;
}
