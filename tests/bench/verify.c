/*
 * verify - what checking a token costs, against OpenSSL checking the same signature.
 *
 *	verify ALG ROUNDS
 *
 * Ours is what a program pays for each token once the key is ready: taking the token apart,
 * base64url and JSON, the signature, the claims. OpenSSL's is EVP_DigestVerify on bytes that are
 * ready. The two take turns, so that a busy machine slows both. Prints the two medians in
 * nanoseconds.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "libbfabric/net/jwt.h"
#include "libbfabric/oauth/jwt.h"
#include "tests/unit/jwt_signer.h"

#define NOW    INT64_C(1800000000)
#define ISSUER "https://fgcz-bfabric.uzh.ch/bfabric"
/* As long as B-Fabric's are */
#define PAYLOAD                                                                                    \
	"{\"iss\":\"" ISSUER                                                                       \
	"/\",\"sub\":\"ada\",\"aud\":[\"bfabric-api\"],\"client_id\":\"CLI\","                     \
	"\"scope\":\"openid profile email api:read api:write groups\",\"iat\":1799999000,\"exp\":" \
	"1800028000,\"jti\":\"7c4f0a52-2f0e-4b52-9b5e-5d1c8f2f0a11\",\"groups\":[\"employee\","    \
	"\"fgcz\"],\"containers\":[\"1234\",\"2345\",\"3456\"]}"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "verify: %s\n", what);
	exit(1);
}

static void ours(const struct bf_verify_key *key, const struct bf_secret *token)
{
	const struct bf_jwt_expected expected = {.issuer = ISSUER};
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	struct bfabric_error err = {0};

	must(bf_jwt_parse(bf_secret_reveal(token), token->len, &jwt, &err) == BFABRIC_OK &&
			bf_verify_signature(key, jwt.alg, jwt.input, jwt.input_len, &jwt.signature,
				&err) == BFABRIC_OK &&
			bf_jwt_check(&jwt, &expected, NOW, &claims, &err) == BFABRIC_OK,
		err.text);
}

static void theirs(const struct signer *signer, const char *input, size_t len,
	const struct bf_secret *signature)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	must(context && signer_start(context, signer, EVP_DigestVerifyInit) == 1 &&
			EVP_DigestVerify(context,
				(const unsigned char *)bf_secret_reveal(signature), signature->len,
				(const unsigned char *)input, len) == 1,
		"OpenSSL says no");
	EVP_MD_CTX_free(context);
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	enum bf_jwt_alg alg = BF_JWT_RS256;
	size_t rounds = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
	struct signer signer;
	BF_AUTO_JWK struct bf_jwk jwk = {0};
	BF_AUTO_VERIFY_KEY struct bf_verify_key *key = NULL;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret signature = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	double *times = rounds ? calloc(rounds, 2 * sizeof(*times)) : NULL;
	size_t len;

	if (!times || !bf_jwt_alg_parse(argv[1], &alg)) {
		fprintf(stderr, "usage: verify ALG ROUNDS\n");
		return 2;
	}
	signer_init(&signer, alg);
	signer_jwk(&signer, &jwk);
	signer_token(&signer, PAYLOAD, &token);
	len = (size_t)(strrchr(bf_secret_reveal(&token), '.') - bf_secret_reveal(&token));
	signer_sign(&signer, bf_secret_reveal(&token), len, &signature);
	must(bf_verify_key_new(&jwk, &key, &err) == BFABRIC_OK, err.text);
	for (size_t i = 0; i < rounds; i++) {
		double began = now(), between;

		ours(key, &token);
		between = now();
		theirs(&signer, bf_secret_reveal(&token), len, &signature);
		times[i] = between - began;
		times[rounds + i] = now() - between;
	}
	qsort(times, rounds, sizeof(*times), compare);
	qsort(times + rounds, rounds, sizeof(*times), compare);
	printf("%.0f %.0f\n", times[rounds / 2], times[rounds + rounds / 2]);
	signer_release(&signer);
	free(times);
	return 0;
}
