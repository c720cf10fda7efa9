/* fuzz_jwks.c - any set of keys: what counts as usable can be, and only what fits is selected. */
#include "fuzz.h"
#include "libbfabric/oauth/jwks.h"
#include "tests/unit/cases.h"
#include <string.h>

static void check(const struct bf_jwk *key)
{
	struct bfabric_error err = {0};
	char thumbprint[BF_THUMBPRINT];

	FUZZ_MUST(bf_jwk_thumbprint(key, thumbprint, &err) == BFABRIC_OK);
	FUZZ_MUST(strlen(thumbprint) == BF_THUMBPRINT - 1);
	FUZZ_MUST(!key->has_alg || bf_jwt_alg_type(key->alg) == key->type);
	if (key->flaw)
		return;
	switch (key->type) {
	case BF_JWK_RSA:
		FUZZ_MUST(key->n.len >= BF_RSA_BITS_MIN / 8 && key->n.len <= BF_RSA_BITS_MAX / 8);
		FUZZ_MUST(key->e.len >= 1 && key->e.len <= 8);
		break;
	case BF_JWK_P256:
		FUZZ_MUST(key->x.len == 32 && key->y.len == 32);
		break;
	case BF_JWK_P384:
		FUZZ_MUST(key->x.len == 48 && key->y.len == 48);
		break;
	case BF_JWK_ED25519:
		FUZZ_MUST(key->x.len == 32 && key->y.len == 0);
		break;
	}
}

static void select_with(const struct bf_jwks *jwks, const char *kid, enum bf_jwt_alg alg)
{
	const struct bf_jwk *keys[BF_JWKS_TRIES];
	size_t n = bf_jwks_select(jwks, kid, alg, keys);

	FUZZ_MUST(n <= BF_JWKS_TRIES && n <= jwks->count);
	for (size_t i = 0; i < n; i++) {
		FUZZ_MUST(keys[i]->type == bf_jwt_alg_type(alg));
		FUZZ_MUST(!keys[i]->has_alg || keys[i]->alg == alg);
		FUZZ_MUST(kid ? strcmp(keys[i]->kid, kid) == 0 : !keys[i]->flaw);
	}
	FUZZ_MUST(n == 0 || !kid || bf_jwks_knows(jwks, kid));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status;

	cases_reply((const char *)data, size, &reply);
	status = bf_jwks_accept(&reply, &jwks, &err);
	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	FUZZ_MUST(status == BFABRIC_OK || (jwks.count == 0 && !jwks.document));
	for (size_t i = 0; i < jwks.count; i++)
		check(&jwks.keys[i]);
	for (int alg = BF_JWT_RS256; alg <= BF_JWT_EDDSA; alg++) {
		select_with(&jwks, NULL, (enum bf_jwt_alg)alg);
		select_with(&jwks, jwks.count ? jwks.keys[0].kid : "r", (enum bf_jwt_alg)alg);
	}
	return 0;
}
