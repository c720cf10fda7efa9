/* test_oauth_faults.c - no memory, at every single allocation of the OAuth ring and of jansson. */
#include "unit.h"

#include <stdlib.h>

#include "libbfabric/oauth/authorize.h"
#include "libbfabric/oauth/callback.h"
#include "libbfabric/oauth/device.h"
#include "libbfabric/oauth/discovery.h"
#include "libbfabric/oauth/pkce.h"
#include "libbfabric/oauth/reply.h"

#define BASE "https://bfabric.example.org/bfabric"

static struct bfabric_error err;

static struct bf_reply reply_of(long status, const char *body)
{
	struct bf_reply reply = {.status = status, .retry_after = -1};

	bf_secret_puts(&reply.body, body);
	return reply;
}

static void build(const struct bf_grant *grant, const struct bf_grant_params *params)
{
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status = grant->build(params, &request, &err);
		bool failed = fault_disarm();

		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(request.url == NULL, failed);
	}
}

static void test_grants(void **state)
{
	BF_AUTO_SECRET struct bf_secret secret = BF_SECRET_INIT;
	struct bf_grant_params params = {.token_endpoint = BASE "/token",
		.client_id = "a-client-with-a-long-name",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &secret,
		.scope = "api:read api:write",
		.refresh_token = &secret,
		.device_code = &secret,
		.subject_token = &secret,
		.code = &secret,
		.code_verifier = &secret,
		.redirect_uri = "http://127.0.0.1:49152/callback"};

	(void)state;
	for (int i = 0; i < 40; i++)
		bf_secret_puts(&secret, "0123456789"); /* makes every buffer grow more than once */
	for (const struct bf_grant *const *grant = bf_grants; *grant; grant++)
		build(*grant, &params);
	params.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC;
	build(&bf_grant_refresh_token, &params);
	params.client_auth = BF_CLIENT_AUTH_BODY;
	build(&bf_grant_device_code, &params);
}

static void test_device_start(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status = bf_device_start_build(
			BASE "/device", "CLI", "api:read api:write", &request, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

static void test_authorize_url(void **state)
{
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;
	struct bf_authorize_request request = {.endpoint = BASE "/authorize",
		.client_id = "CLI",
		.redirect_uri = "http://127.0.0.1:49152/callback",
		.scope = "api:read api:write",
		.challenge = "c",
		.state = &value};

	(void)state;
	bf_secret_puts(&value, "state");
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret url = BF_SECRET_INIT;
		enum bfabric_status status = bf_authorize_url(&request, &url, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

static void test_pkce(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret verifier = BF_SECRET_INIT;
		char challenge[BF_PKCE_CHALLENGE];
		enum bfabric_status status = bf_pkce_random(&bf_sys_real, &verifier, &err);

		if (status == BFABRIC_OK)
			status = bf_pkce_challenge(&verifier, challenge, &err);
		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

static void answer_without_memory(const char *query, enum bf_authorize_verdict expected)
{
	BF_AUTO_SECRET struct bf_secret state = BF_SECRET_INIT;
	struct bf_authorize_expect expect = {.state = &state, .issuer = BASE};

	bf_secret_puts(&state, "state");
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret code = BF_SECRET_INIT;
		struct bfabric_error why = {0};
		enum bf_authorize_verdict verdict =
			bf_authorize_accept(&expect, query, strlen(query), &code, &why);
		bool failed = fault_disarm();

		if (!failed)
			assert_int_equal(verdict, expected);
		else
			assert_true(verdict == BF_AUTHORIZE_NO_MEMORY || verdict == expected);
		assert_true(verdict != BF_AUTHORIZE_NO_MEMORY || why.status == BFABRIC_NO_MEMORY);
	}
}

static void test_authorize_accept(void **state)
{
	(void)state;
	answer_without_memory("code=abc&state=state&iss=" BASE, BF_AUTHORIZE_CODE);
	answer_without_memory(
		"error=access_denied&error_description=no&state=state", BF_AUTHORIZE_REFUSED);
	answer_without_memory("code=abc&state=other", BF_AUTHORIZE_WRONG_STATE);
}

static void test_callback(void **state)
{
	static const char request[] =
		"GET /callback?code=abc HTTP/1.1\r\nHost: 127.0.0.1:49152\r\n\r\n";
	static const struct bf_callback_place place = {"127.0.0.1", 49152};

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
		enum bf_callback_verdict verdict =
			bf_callback_request(&place, request, strlen(request), &query);

		assert_int_equal(query.failed, fault_disarm());
		assert_int_equal(verdict, BF_CALLBACK_OURS);
	}
}

static void test_discovery_build(void **state)
{
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;

	(void)state;
	assert_int_equal(bf_url_parse(BASE, &base, &err), BFABRIC_OK);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		BF_AUTO_ENDPOINTS struct bf_endpoints fixed = {0};
		enum bfabric_status built = bf_discovery_build(&base, &request, &err);
		enum bfabric_status made = bf_endpoints_fixed(&base, &fixed, &err);
		bool failed = fault_disarm();

		assert_int_equal(built == BFABRIC_NO_MEMORY || made == BFABRIC_NO_MEMORY, failed);
		assert_int_equal(made == BFABRIC_OK, fixed.token != NULL);
	}
}

/* ---- accepting: our allocations by the linker, jansson's by its own hook ----------------------
 */

static void check(enum bfabric_status status, bool failed, bool empty)
{
	assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	assert_int_equal(empty, failed);
}

static void accept_device(const struct bf_reply *reply)
{
	BF_AUTO_DEVICE struct bf_device device = {0};
	enum bfabric_status status = bf_device_start_accept(reply, &device, &err);

	check(status, fault_disarm(), device.user_code == NULL);
}

static void accept_token(const struct bf_reply *reply)
{
	json_t *token = NULL;
	enum bf_token_verdict verdict = bf_token_accept(reply, &token, &err);

	check(verdict == BF_TOKEN_ISSUED ? BFABRIC_OK : err.status, fault_disarm(), token == NULL);
	json_decref(token);
}

static void accept_discovery(const struct bf_reply *reply)
{
	struct bf_url base = {.text = (char[]){BASE},
		.scheme = (char[]){"https"},
		.host = (char[]){"bfabric.example.org"},
		.path = (char[]){"/bfabric"},
		.port = 443};
	BF_AUTO_ENDPOINTS struct bf_endpoints found = {0};
	bool is_found = false;
	enum bfabric_status status = bf_discovery_accept(&base, reply, &is_found, &found, &err);

	check(status, fault_disarm(), found.token == NULL);
}

static void each_allocation(const char *body, void (*accept)(const struct bf_reply *reply))
{
	BF_AUTO_REPLY struct bf_reply reply = reply_of(200, body);

	FAULT_EACH (FAULT_MEMORY, ENOMEM)
		accept(&reply);
}

static void test_accepting(void **state)
{
	(void)state;
	each_allocation("{\"access_token\":\"x\",\"expires_in\":\"3600\",\"refresh_token\":\"y\"}",
		accept_token);
	each_allocation("{\"device_code\":\"x\",\"user_code\":\"AB\",\"verification_uri\":"
			"\"https://bfabric.example.org/d\",\"verification_uri_complete\":"
			"\"https://bfabric.example.org/d?c=AB\"}",
		accept_device);
	each_allocation(
		"{\"issuer\":\"" BASE "\",\"token_endpoint\":\"" BASE "/t\"}", accept_discovery);
}

static json_malloc_t json_malloc_real;
static unsigned json_count, json_n; /* the allocation of jansson's that fails */

static void *json_malloc_or_not(size_t size)
{
	return ++json_count == json_n ? NULL : json_malloc_real(size);
}

#define LONG "0123456789abcdef0123456789abcdef0123456789abcdef"

static bool issued_without_allocation(const struct bf_reply *reply, unsigned n)
{
	BF_AUTO_JSON json_t *token = NULL;
	enum bf_token_verdict verdict;
	bool failed;

	json_n = n;
	json_count = 0;
	err = (struct bfabric_error){0};
	verdict = bf_token_accept(reply, &token, &err);
	failed = json_count >= n;
	json_n = 0;
	if (verdict == BF_TOKEN_ISSUED) { /* no byte of what matters is missing */
		assert_string_equal(
			json_string_value(json_object_get(token, "access_token")), "a" LONG);
		assert_string_equal(
			json_string_value(json_object_get(token, "refresh_token")), "r" LONG);
	} else { /* of a string that it cannot store, jansson says "invalid token" */
		assert_true(failed);
		assert_int_equal(verdict, BF_TOKEN_GARBAGE);
		assert_true(err.status == BFABRIC_NO_MEMORY || err.status == BFABRIC_BAD_REPLY);
	}
	return !failed;
}

/* Where the buffer of its parser cannot grow, jansson (2.14) drops characters and says nothing. */
static void without_json_memory(const char *body)
{
	BF_AUTO_REPLY struct bf_reply reply = reply_of(200, body);
	json_free_t json_free_real;
	unsigned n = 1;

	json_get_alloc_funcs(&json_malloc_real, &json_free_real);
	json_set_alloc_funcs(json_malloc_or_not, json_free_real);
	while (!issued_without_allocation(&reply, n))
		n++;
	json_set_alloc_funcs(json_malloc_real, json_free_real);
	assert_true(n > 5); /* the hook was at work */
}

static void test_jansson(void **state)
{
	(void)state;
	without_json_memory("{\"access_token\":\"a" LONG "\",\"expires_in\":\"3600\","
			    "\"refresh_token\":\"r" LONG "\"}");
	/* a name is the first that does not fit */
	without_json_memory("{\"refresh_token\":\"r" LONG "\",\"access_token\":\"a" LONG "\"}");
	without_json_memory("{ \"x\" : {\"refresh_token\":\"nested\"},\"access_token\":\"a" LONG
			    "\",\"refresh_token\":\"old\",\"refresh_token\":\"r" LONG "\"}");
}

/* What is not at the top, or not a string, is not missed. */
static void test_whole(void **state)
{
	static const char *const bodies[] = {
		"{\"access_token\":\"x\",\"more\":{\"refresh_token\":\"y\"}}",
		"{\"access_token\":\"x\",\"refresh_token\":\"\",\"token\":1,\"\":\"\"}",
		"{\"access_token\":\"x\",\"refresh_token\":null}",
		"{\"access_token\":\"\\u0078\",\"refresh_token\":\"a\\/b\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		BF_AUTO_REPLY struct bf_reply reply = reply_of(200, bodies[i]);
		BF_AUTO_JSON json_t *token = NULL;

		assert_int_equal(bf_token_accept(&reply, &token, &err), BF_TOKEN_ISSUED);
	}
}

/* A refusal must not become something else because its text could not be made. */
static void test_refusal(void **state)
{
	BF_AUTO_REPLY struct bf_reply reply = reply_of(
		400, "{\"error\":\"invalid_grant\",\"error_description\":\"it was spent\"}");
	json_t *token = NULL;

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bf_token_verdict verdict = bf_token_accept(&reply, &token, &err);

		fault_disarm();
		assert_int_equal(verdict, BF_TOKEN_GRANT_REFUSED);
		assert_int_equal(err.status, BFABRIC_LOGIN_REQUIRED);
		assert_true(*err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grants),
		cmocka_unit_test(test_device_start),
		cmocka_unit_test(test_authorize_url),
		cmocka_unit_test(test_pkce),
		cmocka_unit_test(test_authorize_accept),
		cmocka_unit_test(test_callback),
		cmocka_unit_test(test_discovery_build),
		cmocka_unit_test(test_accepting),
		cmocka_unit_test(test_jansson),
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
