/* net/jwt.c - see net/jwt.h. */
#include "jwt.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH_MAX 48  /* bytes of a coordinate of P-384 */
#define DER_MAX   128 /* SEQUENCE of two INTEGERs of that size */

struct bf_verify_key {
	EVP_PKEY *pkey;
	enum bf_jwk_type type;
	size_t width; /* bytes of r and of s */
};

static void bn_free(BIGNUM **n)
{
	BN_free(*n);
}

static void params_free(OSSL_PARAM **params)
{
	OSSL_PARAM_free(*params);
}

static void builder_free(OSSL_PARAM_BLD **builder)
{
	OSSL_PARAM_BLD_free(*builder);
}

static void pkey_context_free(EVP_PKEY_CTX **context)
{
	EVP_PKEY_CTX_free(*context);
}

static void md_context_free(EVP_MD_CTX **context)
{
	EVP_MD_CTX_free(*context);
}

static void ecdsa_free(ECDSA_SIG **signature)
{
	ECDSA_SIG_free(*signature);
}

static const unsigned char *bytes_of(const struct bf_secret *s)
{
	return (const unsigned char *)bf_secret_reveal(s);
}

void bf_verify_key_free(struct bf_verify_key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

void bf_verify_key_freep(struct bf_verify_key **key)
{
	bf_verify_key_free(*key);
	*key = NULL;
}

/*
 * The caller of the library may use OpenSSL too: its queue of errors is left as it was. What is
 * raised here lets fail_crypto tell an error of ours from one that was there before.
 */
static void begin_crypto(void)
{
	ERR_set_mark();
	ERR_raise(ERR_LIB_USER, 1);
}

/* Why OpenSSL failed since begin_crypto, in our terms. */
static enum bfabric_status fail_crypto(
	enum bfabric_status otherwise, const char *text, struct bfabric_error *err)
{
	int reason = ERR_GET_REASON(ERR_peek_last_error());

	if (reason == ERR_R_MALLOC_FAILURE)
		return bf_fail_nomem(err);
	if (reason == ERR_R_UNSUPPORTED || reason == ERR_R_FETCH_FAILED)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the OpenSSL of this machine cannot check this kind of signature");
	return bf_fail(err, otherwise, "%s", text);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static EVP_PKEY *from_params(const char *type, OSSL_PARAM_BLD *builder)
{
	BF_CLEANUP(params_free) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
	BF_CLEANUP(pkey_context_free)
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_name(/* libctx= */ NULL, type, /* propquery= */ NULL);
	EVP_PKEY *pkey = NULL;

	if (!params || !context || EVP_PKEY_fromdata_init(context) != 1 ||
		EVP_PKEY_fromdata(context, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

static EVP_PKEY *rsa_key(const struct bf_jwk *jwk)
{
	BF_CLEANUP(bn_free) BIGNUM *n = BN_bin2bn(bytes_of(&jwk->n), (int)jwk->n.len, NULL);
	BF_CLEANUP(bn_free) BIGNUM *e = BN_bin2bn(bytes_of(&jwk->e), (int)jwk->e.len, NULL);
	BF_CLEANUP(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();

	if (!n || !e || !builder || !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ||
		!OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e))
		return NULL;
	return from_params("RSA", builder);
}

/* The uncompressed point of SEC 1, section 2.3.3; OpenSSL checks that it lies on the curve. */
static EVP_PKEY *ec_key(const struct bf_jwk *jwk, const char *group)
{
	BF_CLEANUP(builder_free) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	unsigned char point[1 + 2 * WIDTH_MAX] = {4};
	const size_t width = jwk->x.len;

	if (!builder || width > WIDTH_MAX || jwk->y.len != width)
		return NULL;
	memcpy(point + 1, bytes_of(&jwk->x), width);
	memcpy(point + 1 + width, bytes_of(&jwk->y), width);
	if (!OSSL_PARAM_BLD_push_utf8_string(
		    builder, OSSL_PKEY_PARAM_GROUP_NAME, group, strlen(group)) ||
		!OSSL_PARAM_BLD_push_octet_string(
			builder, OSSL_PKEY_PARAM_PUB_KEY, point, 1 + 2 * width))
		return NULL;
	return from_params("EC", builder);
}

static EVP_PKEY *make_pkey(const struct bf_jwk *jwk)
{
	switch (jwk->type) {
	case BF_JWK_RSA:
		return rsa_key(jwk);
	case BF_JWK_P256:
		return ec_key(jwk, "prime256v1");
	case BF_JWK_P384:
		return ec_key(jwk, "secp384r1");
	case BF_JWK_ED25519:
		return EVP_PKEY_new_raw_public_key_ex(/* libctx= */ NULL, "ED25519",
			/* propquery= */ NULL, bytes_of(&jwk->x), jwk->x.len);
	}
	return NULL;
}

enum bfabric_status bf_verify_key_new(
	const struct bf_jwk *jwk, struct bf_verify_key **ret, struct bfabric_error *err)
{
	BF_AUTO_VERIFY_KEY struct bf_verify_key *key = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (jwk->flaw)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: the server's key %s is not good enough: %s",
			jwk->kid ? jwk->kid : "without a name", jwk->flaw);
	key = calloc(1, sizeof(*key));
	if (!key)
		return bf_fail_nomem(err);
	key->type = jwk->type;
	key->width = jwk->y.len;
	begin_crypto();
	key->pkey = make_pkey(jwk);
	if (!key->pkey)
		status = fail_crypto(BFABRIC_DENIED,
			"the token is refused: the server's key is no key on its curve", err);
	ERR_pop_to_mark();
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(key);
	return status;
}

/* ---- signatures ------------------------------------------------------------------------------ */

static const char *hash_of(enum bf_jwt_alg alg)
{
	switch (alg) {
	case BF_JWT_RS256:
	case BF_JWT_PS256:
	case BF_JWT_ES256:
		return "SHA256";
	case BF_JWT_RS384:
	case BF_JWT_ES384:
		return "SHA384";
	case BF_JWT_RS512:
		return "SHA512";
	case BF_JWT_EDDSA:
		return NULL; /* its own */
	}
	return NULL;
}

/* r and s, as many bytes each as the curve has, to the DER that OpenSSL wants. 0: failed. */
static size_t raw_to_der(const struct bf_secret *raw, size_t width, unsigned char der[DER_MAX])
{
	BF_CLEANUP(ecdsa_free) ECDSA_SIG *signature = ECDSA_SIG_new();
	BF_CLEANUP(bn_free) BIGNUM *r = BN_bin2bn(bytes_of(raw), (int)width, NULL);
	BF_CLEANUP(bn_free) BIGNUM *s = BN_bin2bn(bytes_of(raw) + width, (int)width, NULL);
	unsigned char *end = der;
	int len;

	if (!signature || !r || !s)
		return 0;
	ECDSA_SIG_set0(signature, BF_TAKE(r), BF_TAKE(s)); /* fails for NULL only */
	len = i2d_ECDSA_SIG(signature, /* only the length= */ NULL);
	if (len <= 0 || len > DER_MAX || i2d_ECDSA_SIG(signature, &end) != len)
		return 0;
	return (size_t)len;
}

static bool start(EVP_MD_CTX *context, const struct bf_verify_key *key, enum bf_jwt_alg alg)
{
	EVP_PKEY_CTX *options = NULL; /* belongs to `context` */

	if (EVP_DigestVerifyInit_ex(context, &options, hash_of(alg), /* libctx= */ NULL,
		    /* propquery= */ NULL, key->pkey, /* params= */ NULL) != 1)
		return false;
	return alg != BF_JWT_PS256 ||
	       (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
		       EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1);
}

static enum bfabric_status check(const struct bf_verify_key *key, enum bf_jwt_alg alg,
	const void *input, size_t len, const struct bf_secret *signature, struct bfabric_error *err)
{
	BF_CLEANUP(md_context_free) EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char der[DER_MAX];
	const unsigned char *bytes = bytes_of(signature);
	size_t n = signature->len;

	if (!context || !start(context, key, alg))
		return fail_crypto(BFABRIC_SYSTEM, "OpenSSL cannot check a signature", err);
	if (key->width) {
		n = raw_to_der(signature, key->width, der);
		bytes = der;
	}
	if (n == 0)
		return fail_crypto(BFABRIC_SYSTEM, "OpenSSL cannot read a signature", err);
	if (EVP_DigestVerify(context, bytes, n, input, len) == 1)
		return BFABRIC_OK;
	return fail_crypto(BFABRIC_DENIED,
		"the token is refused: its signature was not made with the server's key", err);
}

enum bfabric_status bf_verify_signature(const struct bf_verify_key *key, enum bf_jwt_alg alg,
	const void *input, size_t len, const struct bf_secret *signature, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (bf_jwt_alg_type(alg) != key->type)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: the server's key is not for %s",
			bf_jwt_alg_name(alg));
	if (key->width && signature->len != 2 * key->width)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: its signature has %zu bytes, and %s has %zu",
			signature->len, bf_jwt_alg_name(alg), 2 * key->width);
	begin_crypto();
	status = check(key, alg, input, len, signature, err);
	ERR_pop_to_mark();
	return status;
}
