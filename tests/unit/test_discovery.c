/* test_discovery.c - where the endpoints are, and which ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/discovery.h"
#include <string.h>

#define BASE "https://bfabric.example.org/bfabric"

static struct bf_url parse(const char *text)
{
	struct bf_url url = BF_URL_INIT;
	struct bfabric_error err = {0};

	assert_int_equal(bf_url_parse(text, &url, &err), BFABRIC_OK);
	return url;
}

static void describe(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_URL struct bf_url base = parse(BASE "/");
	BF_AUTO_ENDPOINTS struct bf_endpoints found = {0};
	struct bfabric_error err = {0};
	bool is_found = false;
	enum bfabric_status status = bf_discovery_accept(&base, reply, &is_found, &found, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_null(found.token);
		return;
	}
	assert_int_equal(is_found, found.discovered);
	bf_secret_printf(ret_text, "found=%s\ntoken=%s\ndevice=%s\npublic_clients=%s\n",
		is_found ? "true" : "false", found.token, found.device_authorization,
		found.public_clients ? "true" : "false");
}

static void documents(void **state)
{
	(void)state;
	cases_run("discovery", describe);
}

static void request(void **state)
{
	BF_AUTO_URL struct bf_url base = parse("https://bfabric.example.org/bfabric//");
	BF_AUTO_REQUEST struct bf_request built = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_discovery_build(&base, &built, &err), BFABRIC_OK);
	assert_string_equal(built.method, "GET");
	assert_string_equal(built.url, BASE "/.well-known/openid-configuration");
	assert_true(bf_secret_empty(&built.body));
	assert_true(bf_secret_empty(&built.authorization));
	assert_false(built.spends);
}

static void fixed_paths(void **state)
{
	BF_AUTO_URL struct bf_url base = parse("http://127.0.0.1:8080/bfabric/");
	BF_AUTO_ENDPOINTS struct bf_endpoints fixed = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_endpoints_fixed(&base, &fixed, &err), BFABRIC_OK);
	assert_string_equal(fixed.token, "http://127.0.0.1:8080/bfabric/rest/oauth/token");
	assert_string_equal(fixed.device_authorization,
		"http://127.0.0.1:8080/bfabric/rest/oauth/device_authorization");
	assert_false(fixed.public_clients);
	assert_false(fixed.discovered);
	/* what it held is released */
	assert_int_equal(bf_endpoints_fixed(&base, &fixed, &err), BFABRIC_OK);
	assert_non_null(fixed.token);
}

/* On loopback a port is an origin too: another local service must not get a refresh token. */
static void another_port_of_loopback_is_a_stranger(void **state)
{
	BF_AUTO_URL struct bf_url base = parse("http://127.0.0.1:8080");
	BF_AUTO_ENDPOINTS struct bf_endpoints found = {0};
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200};
	struct bfabric_error err = {0};
	bool is_found = false;

	(void)state;
	bf_secret_puts(&reply.body, "{\"issuer\":\"http://127.0.0.1:8080\","
				    "\"token_endpoint\":\"http://127.0.0.1:8081/token\"}");
	assert_int_equal(
		bf_discovery_accept(&base, &reply, &is_found, &found, &err), BFABRIC_BAD_REPLY);
	assert_non_null(strstr(err.text, "token_endpoint"));
	assert_non_null(strstr(err.text, "8081"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(request),
		cmocka_unit_test(fixed_paths),
		cmocka_unit_test(another_port_of_loopback_is_a_stranger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
