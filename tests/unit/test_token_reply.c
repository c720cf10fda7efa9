/* test_token_reply.c - what the token endpoint may answer, and what we make of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/grant.h"
#include <stdlib.h>
#include <string.h>

static const char *verdict_name(enum bf_token_verdict verdict)
{
	switch (verdict) {
	case BF_TOKEN_ISSUED:
		return "ISSUED";
	case BF_TOKEN_PENDING:
		return "PENDING";
	case BF_TOKEN_SLOW_DOWN:
		return "SLOW_DOWN";
	case BF_TOKEN_DENIED:
		return "DENIED";
	case BF_TOKEN_CODE_EXPIRED:
		return "CODE_EXPIRED";
	case BF_TOKEN_GRANT_REFUSED:
		return "GRANT_REFUSED";
	case BF_TOKEN_CLIENT_REFUSED:
		return "CLIENT_REFUSED";
	case BF_TOKEN_REQUEST_REFUSED:
		return "REQUEST_REFUSED";
	case BF_TOKEN_REFUSED:
		return "REFUSED";
	case BF_TOKEN_TRANSIENT:
		return "TRANSIENT";
	case BF_TOKEN_GARBAGE:
		return "GARBAGE";
	}
	return "?";
}

static void describe_with(
	enum bf_token_verdict (*accept)(const struct bf_reply *, json_t **, struct bfabric_error *),
	const struct bf_reply *reply, struct bf_secret *ret_text)
{
	struct bfabric_error err = {0};
	json_t *token = NULL;
	enum bf_token_verdict verdict = accept(reply, &token, &err);
	char *dump = token ? json_dumps(token, JSON_SORT_KEYS | JSON_COMPACT) : NULL;

	assert_int_equal(verdict == BF_TOKEN_ISSUED, token != NULL);
	bf_secret_puts(ret_text, verdict_name(verdict));
	if (verdict != BF_TOKEN_ISSUED)
		bf_secret_printf(ret_text, " %s", bfabric_status_name(err.status));
	bf_secret_printf(ret_text, "\n%s\n", dump ? dump : err.text);
	free(dump);
	json_decref(token);
}

static void describe(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	describe_with(bf_token_accept, reply, ret_text);
}

static void describe_exchange(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	describe_with(bf_token_exchange_accept, reply, ret_text);
}

static void exchanges(void **state)
{
	(void)state;
	cases_run("token-exchange", describe_exchange);
}

static void replies(void **state)
{
	(void)state;
	cases_run("token-reply", describe);
}

static enum bf_token_verdict accept_text(const char *text, size_t len, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200};
	json_t *token = NULL;
	enum bf_token_verdict verdict;

	reply.body.max = (size_t)4 << 20;
	bf_secret_put(&reply.body, text, len);
	verdict = bf_token_accept(&reply, &token, err);
	json_decref(token);
	return verdict;
}

static void a_document_of_1_mib_passes_and_one_byte_more_does_not(void **state)
{
	static const char json[] = "{\"access_token\":\"x\"}";
	const size_t max = (size_t)1 << 20;
	BF_AUTO_FREE char *text = malloc(max + 1);
	struct bfabric_error err = {0};

	(void)state;
	assert_non_null(text);
	memset(text, ' ', max + 1);
	memcpy(text, json, strlen(json));
	assert_int_equal(accept_text(text, max, &err), BF_TOKEN_ISSUED);
	assert_int_equal(accept_text(text, max + 1, &err), BF_TOKEN_GARBAGE);
	assert_int_equal(err.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(err.text, "1 MiB"));
}

static void the_time_to_wait_is_told(void **state)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 503, .retry_after = 120};
	struct bfabric_error err = {0};
	json_t *token = NULL;

	(void)state;
	assert_int_equal(bf_token_accept(&reply, &token, &err), BF_TOKEN_TRANSIENT);
	assert_non_null(strstr(err.text, "120 s"));
}

/* Whatever the server quotes: none of these may reach a terminal. */
static void no_error_text_contains_a_token(void **state)
{
	static const char *const bodies[] = {
		"{\"error\":\"x\",\"error_description\":\"CANARYcanary0123456789\"}",
		"{\"error\":\"CANARYcanary0123456789abcdef\"}",
		"{\"access_token\":\"CANARY canary\"}",
		"{\"access_token\":\"x\",\"token_type\":\"CANARY\"}",
		"{\"access_token\":\"CANARY",
		"{\"access_token\":\"x\",\"refresh_token\":\"CANARY\\n\"}",
		"CANARY",
	};
	static const long statuses[] = {200, 201, 302, 400, 401, 404, 429, 500};
	struct bfabric_error err;
	json_t *token = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++)
		for (size_t k = 0; k < sizeof(statuses) / sizeof(statuses[0]); k++) {
			BF_AUTO_REPLY struct bf_reply reply = {.status = statuses[k]};

			bf_secret_puts(&reply.body, bodies[i]);
			err = (struct bfabric_error){0};
			assert_int_not_equal(
				bf_token_accept(&reply, &token, &err), BF_TOKEN_ISSUED);
			assert_true(*err.text);
			assert_null(strstr(err.text, "CANARY"));
		}
}

static void an_error_is_optional(void **state)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 400};
	json_t *token = NULL;

	(void)state;
	assert_int_equal(bf_token_accept(&reply, &token, /* err= */ NULL), BF_TOKEN_GARBAGE);
	bf_secret_puts(&reply.body, "{\"error\":\"invalid_grant\"}");
	assert_int_equal(bf_token_accept(&reply, &token, /* err= */ NULL), BF_TOKEN_GRANT_REFUSED);
	assert_null(token);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(exchanges),
		cmocka_unit_test(a_document_of_1_mib_passes_and_one_byte_more_does_not),
		cmocka_unit_test(the_time_to_wait_is_told),
		cmocka_unit_test(no_error_text_contains_a_token),
		cmocka_unit_test(an_error_is_optional),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
