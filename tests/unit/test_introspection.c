/* test_introspection.c - what the server says a token is worth. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/introspection.h"
#include <string.h>

static void field(struct bf_secret *text, const char *name, const char *value)
{
	if (value)
		bf_secret_printf(text, "%s=%s\n", name, value);
}

static void describe(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_INTROSPECTION struct bf_introspection r = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_introspection_accept(reply, &r, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_null(r.claims);
		assert_false(r.active);
		return;
	}
	bf_secret_printf(ret_text, "active=%s\n", r.active ? "true" : "false");
	field(ret_text, "subject", r.subject);
	field(ret_text, "username", r.username);
	field(ret_text, "client_id", r.client_id);
	field(ret_text, "scope", r.scope);
	field(ret_text, "issuer", r.issuer);
	field(ret_text, "token_type", r.token_type);
	bf_secret_printf(ret_text, "dates=%lld %lld %lld\n", (long long)r.issued_at,
		(long long)r.not_before, (long long)r.expires_at);
	bf_secret_printf(ret_text, "for bfabric-api=%s, api:read=%s\n",
		bf_introspection_is_for(&r, "bfabric-api") ? "yes" : "no",
		bf_introspection_has_scope(&r, "api:read") ? "yes" : "no");
}

static void replies(void **state)
{
	(void)state;
	cases_run("introspection", describe);
}

/* The example of RFC 7662, section 2.1, with Basic in place of Bearer. */
static void request(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT, password = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request built = {0};
	const struct bf_grant_params client = {.client_id = "s6BhdRkqt3",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &password};
	struct bfabric_error err = {0};

	(void)state;
	bf_secret_puts(&token, "mF_9.B5f-4.1JqM");
	bf_secret_puts(&password, "gX1fBat3bV");
	assert_int_equal(bf_introspection_build("https://bfabric.example.org/i", &token,
				 BF_TOKEN_HINT_ACCESS, &client, &built, &err),
		BFABRIC_OK);
	assert_string_equal(built.method, "POST");
	assert_string_equal(bf_secret_reveal(&built.body),
		"token=mF_9.B5f-4.1JqM&token_type_hint=access_token");
	assert_string_equal(
		bf_secret_reveal(&built.authorization), "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
}

static void scopes_are_words(void **state)
{
	const struct bf_introspection r = {.scope = " api:write  api:read-only tus"};
	const struct bf_introspection none = {0};

	(void)state;
	assert_true(bf_introspection_has_scope(&r, "api:write"));
	assert_true(bf_introspection_has_scope(&r, "tus"));
	assert_false(bf_introspection_has_scope(&r, "api:read"));
	assert_false(bf_introspection_has_scope(&r, ""));
	assert_false(bf_introspection_has_scope(&none, "tus"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(request),
		cmocka_unit_test(scopes_are_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
