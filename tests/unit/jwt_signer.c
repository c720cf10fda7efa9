/* jwt_signer.c - see jwt_signer.h. */
#include "jwt_signer.h"
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>
#include "libbfabric/base/base64.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition))                                                                  \
			abort();                                                                   \
	} while (0)

void signer_init(struct signer *signer, enum bf_jwt_alg alg)
{
	signer->alg = alg;
	switch (bf_jwt_alg_type(alg)) {
	case BF_JWK_RSA:
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
		break;
	case BF_JWK_P256:
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
		break;
	case BF_JWK_P384:
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
		break;
	case BF_JWK_ED25519:
		signer->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	}
	MUST(signer->pkey);
}

void signer_release(struct signer *signer)
{
	EVP_PKEY_free(signer->pkey);
	signer->pkey = NULL;
}

static void put_bn(const struct signer *signer, const char *name, struct bf_secret *ret)
{
	unsigned char bytes[512];
	BIGNUM *n = NULL;
	int len;

	MUST(EVP_PKEY_get_bn_param(signer->pkey, name, &n) == 1);
	MUST(BN_num_bytes(n) <= (int)sizeof(bytes));
	len = BN_bn2bin(n, bytes);
	bf_secret_put(ret, bytes, (size_t)len);
	BN_free(n);
}

static void put_point(const struct signer *signer, struct bf_jwk *ret)
{
	unsigned char point[1 + 2 * 48];
	size_t len = 0, width;

	MUST(EVP_PKEY_get_octet_string_param(signer->pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY,
		     point, sizeof(point), &len) == 1);
	MUST(point[0] == 4);
	width = (len - 1) / 2;
	bf_secret_put(&ret->x, point + 1, width);
	bf_secret_put(&ret->y, point + 1 + width, width);
}

void signer_jwk(const struct signer *signer, struct bf_jwk *ret)
{
	unsigned char raw[32];
	size_t len = sizeof(raw);

	*ret = (struct bf_jwk){.type = bf_jwt_alg_type(signer->alg)};
	switch (ret->type) {
	case BF_JWK_RSA:
		put_bn(signer, OSSL_PKEY_PARAM_RSA_N, &ret->n);
		put_bn(signer, OSSL_PKEY_PARAM_RSA_E, &ret->e);
		break;
	case BF_JWK_P256:
	case BF_JWK_P384:
		put_point(signer, ret);
		break;
	case BF_JWK_ED25519:
		MUST(EVP_PKEY_get_raw_public_key(signer->pkey, raw, &len) == 1);
		bf_secret_put(&ret->x, raw, len);
		break;
	}
}

static const EVP_MD *hash_of(enum bf_jwt_alg alg)
{
	switch (alg) {
	case BF_JWT_RS256:
	case BF_JWT_PS256:
	case BF_JWT_ES256:
		return EVP_sha256();
	case BF_JWT_RS384:
	case BF_JWT_ES384:
		return EVP_sha384();
	case BF_JWT_RS512:
		return EVP_sha512();
	case BF_JWT_EDDSA:
		return NULL;
	}
	return NULL;
}

int signer_start(EVP_MD_CTX *context, const struct signer *signer,
	int (*init)(EVP_MD_CTX *, EVP_PKEY_CTX **, const EVP_MD *, ENGINE *, EVP_PKEY *))
{
	EVP_PKEY_CTX *options = NULL;

	if (init(context, &options, hash_of(signer->alg), NULL, signer->pkey) != 1)
		return 0;
	return signer->alg != BF_JWT_PS256 ||
	       (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
}

void signer_sign(
	const struct signer *signer, const void *bytes, size_t len, struct bf_secret *ret_signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char signature[1024];
	size_t n = sizeof(signature);

	MUST(context && signer_start(context, signer, EVP_DigestSignInit) == 1);
	MUST(EVP_DigestSign(context, signature, &n, bytes, len) == 1);
	EVP_MD_CTX_free(context);
	bf_secret_put(ret_signature, signature, n);
}

static void der_to_raw(struct bf_secret *signature, size_t width)
{
	const unsigned char *der = (const unsigned char *)bf_secret_reveal(signature);
	unsigned char raw[2 * 48];
	ECDSA_SIG *numbers = d2i_ECDSA_SIG(NULL, &der, (long)signature->len);

	MUST(numbers);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_r(numbers), raw, (int)width) > 0);
	MUST(BN_bn2binpad(ECDSA_SIG_get0_s(numbers), raw + width, (int)width) > 0);
	ECDSA_SIG_free(numbers);
	bf_secret_clear(signature);
	bf_secret_put(signature, raw, 2 * width);
}

void signer_token_of(const struct signer *signer, const char *type, const char *payload,
	struct bf_secret *ret_token)
{
	BF_AUTO_SECRET struct bf_secret header = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret signature = BF_SECRET_INIT;
	enum bf_jwk_type key = bf_jwt_alg_type(signer->alg);

	bf_secret_printf(&header, "{\"alg\":\"%s\",\"typ\":\"%s\",\"kid\":\"2026-11\"}",
		bf_jwt_alg_name(signer->alg), type);
	bf_base64url_encode(ret_token, bf_secret_reveal(&header), header.len);
	bf_secret_putc(ret_token, '.');
	bf_base64url_encode(ret_token, payload, strlen(payload));
	signer_sign(signer, bf_secret_reveal(ret_token), ret_token->len, &signature);
	if (key == BF_JWK_P256 || key == BF_JWK_P384)
		der_to_raw(&signature, key == BF_JWK_P256 ? 32 : 48);
	bf_secret_putc(ret_token, '.');
	bf_base64url_encode(ret_token, bf_secret_reveal(&signature), signature.len);
	MUST(!ret_token->failed);
}

void signer_token(const struct signer *signer, const char *payload, struct bf_secret *ret_token)
{
	signer_token_of(signer, "at+jwt", payload, ret_token);
}
