/* test_revocation.c - what is true of a token after a revocation was tried. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/revocation.h"
#include <string.h>

#define ENDPOINT "https://bfabric.example.org/bfabric/rest/oauth/revoke"

static void describe(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_revocation_accept(reply, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n%s", bfabric_status_name(status), err.text);
	if (*err.text)
		bf_secret_putc(ret_text, '\n');
}

static void replies(void **state)
{
	(void)state;
	cases_run("revocation", describe);
}

static void check(enum bf_token_hint hint, const struct bf_grant_params *client, const char *body,
	const char *authorization)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request request = {0};
	struct bfabric_error err = {0};

	bf_secret_puts(&token, "45ghiukldjahdnhzdauz");
	assert_int_equal(
		bf_revocation_build(ENDPOINT, &token, hint, client, &request, &err), BFABRIC_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, ENDPOINT);
	assert_string_equal(request.content_type, "application/x-www-form-urlencoded");
	assert_string_equal(bf_secret_reveal(&request.body), body);
	assert_string_equal(bf_secret_reveal(&request.authorization), authorization);
	assert_false(request.spends);
}

/* The example of RFC 7009, section 2.1, and a public client. */
static void requests(void **state)
{
	BF_AUTO_SECRET struct bf_secret password = BF_SECRET_INIT;
	struct bf_grant_params client = {.client_id = "s6BhdRkqt3",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &password};

	(void)state;
	bf_secret_puts(&password, "gX1fBat3bV");
	check(BF_TOKEN_HINT_REFRESH, &client,
		"token=45ghiukldjahdnhzdauz&token_type_hint=refresh_token",
		"Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
	client.client_auth = BF_CLIENT_AUTH_BODY;
	check(BF_TOKEN_HINT_ACCESS, &client,
		"token=45ghiukldjahdnhzdauz&token_type_hint=access_token&client_id=s6BhdRkqt3", "");
	check(BF_TOKEN_HINT_NONE, &client, "token=45ghiukldjahdnhzdauz&client_id=s6BhdRkqt3", "");
}

static void refuse(const char *endpoint, const struct bf_secret *token, const char *client_id,
	enum bf_client_auth auth)
{
	const struct bf_grant_params client = {.client_id = client_id, .client_auth = auth};
	struct bf_request request = {.method = "untouched"};
	struct bfabric_error err = {0};

	assert_int_equal(
		bf_revocation_build(endpoint, token, BF_TOKEN_HINT_NONE, &client, &request, &err),
		BFABRIC_BAD_CALL);
	assert_true(*err.text);
	assert_string_equal(request.method, "untouched");
}

static void what_is_missing_is_refused(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;

	(void)state;
	refuse(ENDPOINT, &token, "CLI", BF_CLIENT_AUTH_BODY);
	refuse(ENDPOINT, NULL, "CLI", BF_CLIENT_AUTH_BODY);
	bf_secret_puts(&token, "t");
	refuse(NULL, &token, "CLI", BF_CLIENT_AUTH_BODY);
	refuse(ENDPOINT, &token, "", BF_CLIENT_AUTH_BODY);
	refuse(ENDPOINT, &token, NULL, BF_CLIENT_AUTH_BODY);
	refuse(ENDPOINT, &token, "CLI", BF_CLIENT_AUTH_UNKNOWN);
	refuse(ENDPOINT, &token, "CLI", BF_CLIENT_AUTH_BASIC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(requests),
		cmocka_unit_test(what_is_missing_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
