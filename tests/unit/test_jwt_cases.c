/* test_jwt_cases.c - honest and hostile tokens, and the keys of a server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "cases.h"
#include "jwt_case.h"
#include "libbfabric/oauth/jwks.h"
#include "libbfabric/oauth/jwt.h"

static void tokens(void **state)
{
	(void)state;
	/* nothing is kept from one case to the next */
	assert_int_equal(setenv("HOME", "/nonexistent", /* overwrite= */ 1), 0);
	cases_run_files("jwt", jwt_case_describe);
}

static const char *type_name(enum bf_jwk_type type)
{
	switch (type) {
	case BF_JWK_RSA:
		return "RSA";
	case BF_JWK_P256:
		return "P-256";
	case BF_JWK_P384:
		return "P-384";
	case BF_JWK_ED25519:
		return "Ed25519";
	}
	return "?";
}

static void describe_keys(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_jwks_accept(reply, &jwks, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_int_equal(jwks.count, 0);
	}
	for (size_t i = 0; i < jwks.count; i++) {
		const struct bf_jwk *key = &jwks.keys[i];

		bf_secret_printf(ret_text, "%s %s %s %s\n", key->kid ? key->kid : "-",
			type_name(key->type), key->has_alg ? bf_jwt_alg_name(key->alg) : "-",
			key->flaw ? key->flaw : "usable");
	}
}

static void key_sets(void **state)
{
	(void)state;
	cases_run("jwks", describe_keys);
}

static void a_mebibyte(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	struct bfabric_error err = {0};

	(void)state;
	bf_secret_puts(&token, "eyJhbGciOiJSUzI1NiJ9.");
	while (token.len < 1 << 20)
		bf_secret_puts(&token, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	assert_int_equal(
		bf_jwt_parse(bf_secret_reveal(&token), token.len, &jwt, &err), BFABRIC_DENIED);
	assert_non_null(strstr(err.text, "larger than 64 KiB"));
}

static void request(void **state)
{
	BF_AUTO_REQUEST struct bf_request built = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_jwks_build("https://b.example/jwks", &built, &err), BFABRIC_OK);
	assert_string_equal(built.method, "GET");
	assert_string_equal(built.url, "https://b.example/jwks");
	assert_true(bf_secret_empty(&built.body));
	assert_true(bf_secret_empty(&built.authorization));
}

static void expected_issuer_must_be_a_url(void **state)
{
	const struct bf_jwt jwt = {.payload = json_object()};
	const struct bf_jwt_expected expected = {.issuer = "somebody"}, none = {0};
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_jwt_check(&jwt, &expected, 1, &claims, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bf_jwt_check(&jwt, &none, 1, &claims, &err), BFABRIC_BAD_CALL);
	assert_null(claims.all);
	json_decref(jwt.payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens),
		cmocka_unit_test(key_sets),
		cmocka_unit_test(a_mebibyte),
		cmocka_unit_test(request),
		cmocka_unit_test(expected_issuer_must_be_a_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
