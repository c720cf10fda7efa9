/* test_grant.c - requests to the token endpoint, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "libbfabric/oauth/grant.h"
#include <string.h>

#define ENDPOINT "https://bfabric.example.org/bfabric/rest/oauth/token"

static struct bf_secret secret(const char *text)
{
	struct bf_secret s = BF_SECRET_INIT;

	bf_secret_puts(&s, text);
	return s;
}

static void check(const struct bf_grant *grant, const struct bf_grant_params *params,
	const char *body, const char *authorization)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	struct bfabric_error err = {0};

	assert_int_equal(grant->build(params, &request, &err), BFABRIC_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, ENDPOINT);
	assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
	assert_string_equal(bf_secret_reveal(&request.body), body);
	assert_string_equal(bf_secret_reveal(&request.authorization), authorization);
	assert_int_equal(request.spends, grant->spends);
	assert_int_equal(request.deadline, 0);
}

static void refuse(const struct bf_grant *grant, const struct bf_grant_params *params)
{
	struct bf_request request = {.method = "untouched"};
	struct bfabric_error err = {0};

	assert_int_equal(grant->build(params, &request, &err), BFABRIC_BAD_CALL);
	assert_int_equal(err.status, BFABRIC_BAD_CALL);
	assert_true(*err.text);
	assert_string_equal(request.method, "untouched");
}

static void refresh_of_a_public_client(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = secret("8xLO+x/Btp8=&a b");
	struct bf_grant_params params = {
		.token_endpoint = ENDPOINT,
		.client_id = "CLI",
		.client_auth = BF_CLIENT_AUTH_BODY,
		.refresh_token = &token,
	};

	(void)state;
	check(&bf_grant_refresh_token, &params,
		"grant_type=refresh_token&client_id=CLI"
		"&refresh_token=8xLO%2Bx%2FBtp8%3D%26a+b",
		"");
	params.scope = "api:read tus";
	check(&bf_grant_refresh_token, &params,
		"grant_type=refresh_token&client_id=CLI"
		"&refresh_token=8xLO%2Bx%2FBtp8%3D%26a+b&scope=api%3Aread+tus",
		"");
	params.scope = NULL;
	params.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC; /* base64("CLI:") */
	check(&bf_grant_refresh_token, &params,
		"grant_type=refresh_token&refresh_token=8xLO%2Bx%2FBtp8%3D%26a+b",
		"Basic Q0xJOg==");
}

/* RFC 6749, section 2.3.1: form-encoded each, then joined by a colon, then base64. */
static void basic_encodes_before_it_joins(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = secret("r");
	BF_AUTO_SECRET struct bf_secret password = secret("p:%+ \xc3\xa4");
	const struct bf_grant_params params = {
		.token_endpoint = ENDPOINT,
		.client_id = "a:b",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &password,
		.refresh_token = &token,
	};

	(void)state; /* a%3Ab:p%3A%25%2B+%C3%A4 */
	check(&bf_grant_refresh_token, &params, "grant_type=refresh_token&refresh_token=r",
		"Basic YSUzQWI6cCUzQSUyNSUyQislQzMlQTQ=");
}

static void client_credentials(void **state)
{
	BF_AUTO_SECRET struct bf_secret password = secret("gX1fBat3bV");
	struct bf_grant_params params = {
		.token_endpoint = ENDPOINT,
		.client_id = "s6BhdRkqt3",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &password,
		.scope = "api:read",
	};

	(void)state; /* the example of RFC 6749, section 2.3.1 */
	check(&bf_grant_client_credentials, &params,
		"grant_type=client_credentials&scope=api%3Aread",
		"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
	params.scope = NULL;
	check(&bf_grant_client_credentials, &params, "grant_type=client_credentials",
		"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
	params.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC;
	refuse(&bf_grant_client_credentials, &params);
	params.client_auth = BF_CLIENT_AUTH_BODY;
	refuse(&bf_grant_client_credentials, &params);
}

static void device_code(void **state)
{
	BF_AUTO_SECRET struct bf_secret code = secret("GmRhm_DnyE");
	const struct bf_grant_params params = {
		.token_endpoint = ENDPOINT,
		.client_id = "CLI",
		.client_auth = BF_CLIENT_AUTH_BODY,
		.device_code = &code,
		.scope = "not sent here",
	};

	(void)state;
	check(&bf_grant_device_code, &params,
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
		"&client_id=CLI&device_code=GmRhm_DnyE",
		"");
}

static void token_exchange(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = secret("eyJ.a+b.c");
	BF_AUTO_SECRET struct bf_secret password = secret("gX1fBat3bV");
	struct bf_grant_params params = {
		.token_endpoint = ENDPOINT,
		.client_id = "s6BhdRkqt3",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &password,
		.subject_token = &token,
	};

	(void)state;
	check(&bf_grant_token_exchange, &params,
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
		"&subject_token=eyJ.a%2Bb.c"
		"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token",
		"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
	params.subject_token_type = "urn:ietf:params:oauth:token-type:jwt";
	params.scope = "api:read";
	check(&bf_grant_token_exchange, &params,
		"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange"
		"&subject_token=eyJ.a%2Bb.c"
		"&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt&scope=api%"
		"3Aread",
		"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
}

static void what_is_missing_is_refused(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = secret("r");
	BF_AUTO_SECRET struct bf_secret empty = BF_SECRET_INIT;
	const struct bf_grant_params good = {
		.token_endpoint = ENDPOINT,
		.client_id = "CLI",
		.client_auth = BF_CLIENT_AUTH_BODY,
		.refresh_token = &token,
		.device_code = &token,
		.subject_token = &token,
	};
	struct bf_grant_params p;

	(void)state;
	for (const struct bf_grant *const *g = bf_grants; *g; g++) {
		p = good, p.token_endpoint = NULL, refuse(*g, &p);
		p = good, p.client_id = NULL, refuse(*g, &p);
		p = good, p.client_id = "", refuse(*g, &p);
		p = good, p.client_auth = BF_CLIENT_AUTH_UNKNOWN, refuse(*g, &p);
		p = good, p.client_auth = BF_CLIENT_AUTH_BASIC, refuse(*g, &p);
		p.client_secret = &empty, refuse(*g, &p);
	}
	p = good, p.refresh_token = NULL, refuse(&bf_grant_refresh_token, &p);
	p = good, p.refresh_token = &empty, refuse(&bf_grant_refresh_token, &p);
	p = good, p.device_code = NULL, refuse(&bf_grant_device_code, &p);
	p = good, p.device_code = &empty, refuse(&bf_grant_device_code, &p);
	p = good, p.subject_token = NULL, refuse(&bf_grant_token_exchange, &p);
	p = good, p.subject_token = &empty, refuse(&bf_grant_token_exchange, &p);
}

static void authorization_code(void **state)
{
	BF_AUTO_SECRET struct bf_secret code = secret("a/b+c"), verifier = secret("dBjftJeZ"),
					client_secret = secret("s:1"), empty = BF_SECRET_INIT;
	struct bf_grant_params good = {.token_endpoint = ENDPOINT,
		.client_id = "CLI",
		.client_auth = BF_CLIENT_AUTH_BODY,
		.code = &code,
		.code_verifier = &verifier,
		.redirect_uri = "http://127.0.0.1:49152/callback"};
	struct bf_grant_params p = good;

	(void)state;
	check(&bf_grant_authorization_code, &p,
		"grant_type=authorization_code&client_id=CLI&code=a%2Fb%2Bc"
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_verifier=dBjftJeZ",
		"");
	p.client_auth = BF_CLIENT_AUTH_BASIC, p.client_secret = &client_secret;
	check(&bf_grant_authorization_code, &p,
		"grant_type=authorization_code&code=a%2Fb%2Bc"
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A49152%2Fcallback&code_verifier=dBjftJeZ",
		"Basic Q0xJOnMlM0Ex");
	p = good, p.code = NULL, refuse(&bf_grant_authorization_code, &p);
	p = good, p.code = &empty, refuse(&bf_grant_authorization_code, &p);
	p = good, p.code_verifier = NULL, refuse(&bf_grant_authorization_code, &p);
	p = good, p.code_verifier = &empty, refuse(&bf_grant_authorization_code, &p);
	p = good, p.redirect_uri = NULL, refuse(&bf_grant_authorization_code, &p);
}

static void the_table_has_every_grant_once(void **state)
{
	static const char *const types[] = {"refresh_token", "client_credentials",
		"urn:ietf:params:oauth:grant-type:device_code",
		"urn:ietf:params:oauth:grant-type:token-exchange", "authorization_code"};
	static const bool spends[] = {true, false, true, true, true};
	size_t n = 0;

	(void)state;
	for (; bf_grants[n]; n++) {
		assert_true(n < sizeof(types) / sizeof(types[0]));
		assert_string_equal(bf_grants[n]->type, types[n]);
		assert_int_equal(bf_grants[n]->spends, spends[n]);
	}
	assert_int_equal(n, sizeof(types) / sizeof(types[0]));
}

static void client_auth_has_names(void **state)
{
	static const char *const names[] = {"unknown", "body", "empty-basic", "basic"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_string_equal(bf_client_auth_name((enum bf_client_auth)i), names[i]);
		assert_int_equal(bf_client_auth_parse(names[i]), i);
	}
	assert_int_equal(bf_client_auth_parse(NULL), BF_CLIENT_AUTH_UNKNOWN);
	assert_int_equal(bf_client_auth_parse("Basic"), BF_CLIENT_AUTH_UNKNOWN);
	assert_int_equal(bf_client_auth_parse(""), BF_CLIENT_AUTH_UNKNOWN);
}

static void fields_left_out(void **state)
{
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;

	(void)state;
	bf_form_put(&body, "a", NULL);
	bf_form_put_secret(&body, "b", NULL);
	assert_true(bf_secret_empty(&body));
	bf_form_put(&body, "c", "");
	bf_form_put(&body, "d[]", "1");
	assert_string_equal(bf_secret_reveal(&body), "c=&d%5B%5D=1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refresh_of_a_public_client),
		cmocka_unit_test(basic_encodes_before_it_joins),
		cmocka_unit_test(client_credentials),
		cmocka_unit_test(device_code),
		cmocka_unit_test(token_exchange),
		cmocka_unit_test(what_is_missing_is_refused),
		cmocka_unit_test(authorization_code),
		cmocka_unit_test(the_table_has_every_grant_once),
		cmocka_unit_test(client_auth_has_names),
		cmocka_unit_test(fields_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
