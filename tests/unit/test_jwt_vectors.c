/* test_jwt_vectors.c - the examples of the RFCs, and the thumbprint of a key. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include "libbfabric/base/base64.h"
#include "libbfabric/net/jwt.h"
#include "libbfabric/oauth/jwks.h"
#include "libbfabric/oauth/jwt.h"

/* RFC 7515, appendix A.1.1 */
#define PAYLOAD                                                                                    \
	"eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0" \
	"cnVlfQ"
/* Appendix A.2 */
#define RSA_KEY                                                                                    \
	"{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHm"    \
	"fHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo" \
	"9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQ" \
	"Y4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD" \
	"TW9gb54h4FRWyuXpoQ\",\"e\":\"AQAB\"}"
#define RS256                                                                                      \
	"eyJhbGciOiJSUzI1NiJ9." PAYLOAD                                                            \
	".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8" \
	"W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk" \
	"SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCn" \
	"vWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"
/* Appendix A.3 */
#define P256_KEY                                                                                   \
	"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"," \
	"\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}"
#define ES256                                                                                      \
	"eyJhbGciOiJFUzI1NiJ9." PAYLOAD                                                            \
	".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
/* Appendix A.4: an algorithm and a curve that are not taken here */
#define P521_KEY                                                                                   \
	"{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjc"  \
	"BpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk\",\"y\":\"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQy"   \
	"yBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2\"}"
#define ES512                                                                                      \
	"eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPW" \
	"ROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKv" \
	"U8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"
/* RFC 8037, appendix A.2 to A.5; its payload is no JSON, so it is no JWT */
#define ED25519_KEY                                                                                \
	"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" \
	"\"}"
#define EDDSA_INPUT "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
#define EDDSA_SIGNATURE                                                                            \
	"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
/* RFC 7638, section 3.1 */
#define THUMBPRINT_KEY                                                                             \
	"{\"kty\":\"RSA\",\"n\":\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT8"  \
	"6zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_" \
	"RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91C" \
	"bOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kE" \
	"gU8awapJzKnqDKgw\",\"e\":\"AQAB\",\"alg\":\"RS256\",\"kid\":\"2011-04-29\"}"

static struct bfabric_error err;

static void keys(const char *key, struct bf_jwks *ret)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200};

	bf_secret_printf(&reply.body, "{\"keys\":[%s]}", key);
	assert_int_equal(bf_jwks_accept(&reply, ret, &err), BFABRIC_OK);
}

static enum bfabric_status check_with(const struct bf_jwk *jwk, enum bf_jwt_alg alg,
	const char *input, size_t len, const struct bf_secret *signature)
{
	BF_AUTO_VERIFY_KEY struct bf_verify_key *key = NULL;

	assert_int_equal(bf_verify_key_new(jwk, &key, &err), BFABRIC_OK);
	return bf_verify_signature(key, alg, input, len, signature, &err);
}

static void holds(const char *key, const char *token, enum bf_jwt_alg alg)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	const struct bf_jwk *found[BF_JWKS_TRIES];

	keys(key, &jwks);
	assert_int_equal(bf_jwt_parse(token, strlen(token), &jwt, &err), BFABRIC_OK);
	assert_int_equal(jwt.alg, alg);
	assert_string_equal(json_string_value(json_object_get(jwt.payload, "iss")), "joe");
	assert_int_equal(bf_jwks_select(&jwks, jwt.kid, jwt.alg, found), 1);
	assert_int_equal(
		check_with(found[0], alg, jwt.input, jwt.input_len, &jwt.signature), BFABRIC_OK);
	/* less is signed than there is */
	assert_int_equal(check_with(found[0], alg, jwt.input, jwt.input_len - 1, &jwt.signature),
		BFABRIC_DENIED);
}

static void rfc7515(void **state)
{
	(void)state;
	holds(RSA_KEY, RS256, BF_JWT_RS256);
	holds(P256_KEY, ES256, BF_JWT_ES256);
}

static void rfc7515_es512_is_not_taken(void **state)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	BF_AUTO_JWT struct bf_jwt jwt = {0};

	(void)state;
	assert_int_equal(bf_jwt_parse(ES512, strlen(ES512), &jwt, &err), BFABRIC_DENIED);
	assert_non_null(strstr(err.text, "ES512"));
	keys(P521_KEY, &jwks);
	assert_int_equal(jwks.count, 0);
}

static void rfc8037(void **state)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	BF_AUTO_SECRET struct bf_secret signature = BF_SECRET_INIT;
	char thumbprint[BF_THUMBPRINT];

	(void)state;
	keys(ED25519_KEY, &jwks);
	assert_true(bf_base64url_decode(&signature, EDDSA_SIGNATURE, strlen(EDDSA_SIGNATURE)));
	assert_int_equal(check_with(&jwks.keys[0], BF_JWT_EDDSA, EDDSA_INPUT, strlen(EDDSA_INPUT),
				 &signature),
		BFABRIC_OK);
	assert_int_equal(check_with(&jwks.keys[0], BF_JWT_EDDSA, EDDSA_INPUT,
				 strlen(EDDSA_INPUT) - 1, &signature),
		BFABRIC_DENIED);
	assert_int_equal(bf_jwk_thumbprint(&jwks.keys[0], thumbprint, &err), BFABRIC_OK);
	assert_string_equal(thumbprint, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
}

static void rfc7638(void **state)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	char thumbprint[BF_THUMBPRINT];

	(void)state;
	keys(THUMBPRINT_KEY, &jwks);
	assert_int_equal(bf_jwk_thumbprint(&jwks.keys[0], thumbprint, &err), BFABRIC_OK);
	assert_string_equal(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rfc7515),
		cmocka_unit_test(rfc7515_es512_is_not_taken),
		cmocka_unit_test(rfc8037),
		cmocka_unit_test(rfc7638),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
