/* SPDX-License-Identifier: MIT */
/* The public halves of the keys as a JWK set (RFC 7517, RFC 7518 section 6, RFC 8037). */
#include "key.h"
#include "text.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <string.h>

#define NUMBER_MAX 512 /* bytes */

/* One number of a public key, of at least size bytes, base64url as JWK wants it. */
static json_t *number(EVP_PKEY *pkey, const char *name, int size)
{
	SB_AUTOFREE char *encoded = NULL;
	unsigned char bytes[NUMBER_MAX];
	BIGNUM *value = NULL;

	if (EVP_PKEY_get_bn_param(pkey, name, &value) != 1)
		sb_die("unusable key");
	if (BN_num_bytes(value) > size)
		size = BN_num_bytes(value);
	if (size > NUMBER_MAX || BN_bn2binpad(value, bytes, size) != size)
		sb_die("unusable key");
	BN_free(value);
	encoded = sb_base64url(bytes, (size_t)size);
	return json_string(encoded);
}

static json_t *rsa_json(EVP_PKEY *pkey)
{
	return json_pack("{s:s, s:o, s:o}", "kty", "RSA", "n",
		number(pkey, OSSL_PKEY_PARAM_RSA_N, 0), "e",
		number(pkey, OSSL_PKEY_PARAM_RSA_E, 0));
}

static json_t *ec_json(EVP_PKEY *pkey, const char *curve, int size)
{
	return json_pack("{s:s, s:s, s:o, s:o}", "kty", "EC", "crv", curve, "x",
		number(pkey, OSSL_PKEY_PARAM_EC_PUB_X, size), "y",
		number(pkey, OSSL_PKEY_PARAM_EC_PUB_Y, size));
}

static json_t *ed25519_json(EVP_PKEY *pkey)
{
	SB_AUTOFREE char *encoded = NULL;
	unsigned char bytes[32];
	size_t len = sizeof(bytes);

	if (EVP_PKEY_get_raw_public_key(pkey, bytes, &len) != 1)
		sb_die("unusable key");
	encoded = sb_base64url(bytes, len);
	return json_pack("{s:s, s:s, s:s}", "kty", "OKP", "crv", "Ed25519", "x", encoded);
}

static json_t *public_json(const struct sb_key *key)
{
	switch (key->type) {
	case SB_RSA:
		return rsa_json(key->pkey);
	case SB_P256:
		return ec_json(key->pkey, "P-256", 32);
	case SB_P384:
		return ec_json(key->pkey, "P-384", 48);
	case SB_ED25519:
		return ed25519_json(key->pkey);
	}
	return NULL;
}

static bool published(const struct sb_key *key)
{
	switch (key->role) {
	case SB_KEY_CURRENT:
	case SB_KEY_OLD:
	case SB_KEY_ENC:
	case SB_KEY_SHORT:
		return true;
	case SB_KEY_RETIRED:
	case SB_KEY_UNKNOWN:
		break;
	}
	return false;
}

/* The algorithm a key is announced for: the one in use if it fits, else the first that does. */
static const char *alg_name(const struct sb_key *key, const struct sb_alg *in_use)
{
	if (in_use->sound && in_use->type == key->type)
		return in_use->name;
	for (int i = 0; sb_alg_at(i); i++) {
		if (sb_alg_at(i)->type == key->type)
			return sb_alg_at(i)->name;
	}
	return NULL;
}

json_t *sb_keys_jwks(struct sb_keys *keys, const struct sb_alg *in_use, bool with_enc)
{
	json_t *list = json_array();

	sb_keys_get(keys, in_use->type, SB_KEY_CURRENT);
	if (with_enc)
		sb_keys_get(keys, SB_RSA, SB_KEY_ENC);
	for (const struct sb_key *key = keys->list; key; key = key->next) {
		json_t *one;

		if (!published(key))
			continue;
		one = public_json(key);
		json_object_set_new(
			one, "use", json_string(key->role == SB_KEY_ENC ? "enc" : "sig"));
		json_object_set_new(one, "alg", json_string(alg_name(key, in_use)));
		json_object_set_new(one, "kid", json_string(key->kid));
		json_array_append_new(list, one);
	}
	return json_pack("{s:o}", "keys", list);
}
