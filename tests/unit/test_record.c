/*
 * The session record: what each file in tests/data/record is taken for; spent tokens; rescue
 * copies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "cases.h"
#include "libbfabric/local/record.h"

static void describe_text(struct bf_secret *out, const char *name, const char *text)
{
	if (text && *text)
		bf_secret_printf(out, "%s %s\n", name, text);
}

static void describe_again(const struct bf_record *record, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret second = BF_SECRET_INIT;
	BF_AUTO_RECORD struct bf_record again = BF_RECORD_INIT;

	assert_int_equal(bf_record_encode(record, &text, NULL), BFABRIC_OK);
	assert_int_equal(
		bf_record_parse(bf_secret_reveal(&text), text.len, &again, NULL), BFABRIC_OK);
	assert_int_equal(bf_record_encode(&again, &second, NULL), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&text), bf_secret_reveal(&second));
	bf_secret_printf(out, "written with %zu members\n", json_object_size(again.members));
}

static void describe(const char *bytes, size_t len, struct bf_secret *out)
{
	BF_AUTO_RECORD struct bf_record r = BF_RECORD_INIT;
	struct bfabric_error err = {0};

	if (bf_record_parse(bytes, len, &r, &err) != BFABRIC_OK) {
		bf_secret_printf(out, "%s: %s\n", bfabric_status_name(err.status), err.text);
		return;
	}
	describe_text(out, "login", r.login);
	describe_text(out, "subject", r.subject);
	describe_text(out, "access", bf_secret_reveal(&r.token.access));
	describe_text(out, "refresh", bf_secret_reveal(&r.token.refresh));
	describe_text(out, "token_endpoint", r.token_endpoint);
	describe_text(out, "revocation_endpoint", r.revocation_endpoint);
	describe_text(out, "client_auth", r.client_auth);
	describe_text(out, "scope_requested", r.scope_requested);
	describe_text(out, "predecessor", r.predecessor);
	bf_secret_printf(out, "spent %zu%s%s\n", r.spent_count, r.spent_count ? " last " : "",
		r.spent_count ? r.spent[r.spent_count - 1] : "");
	bf_secret_printf(out, "cache_written %s\nforced_at %lld\n", r.cache_written ? "yes" : "no",
		(long long)r.forced_at);
	describe_again(&r, out);
}

static void test_cases(void **state)
{
	(void)state; /* the cases are files */
	cases_run_files("record", describe);
}

/* ---- spent tokens ---------------------------------------------------------------------------- */

static void numbered(struct bf_secret *token, int n)
{
	bf_secret_clear(token);
	bf_secret_printf(token, "token-%d", n);
}

static void test_the_last_64_are_remembered(void **state)
{
	BF_AUTO_RECORD struct bf_record r = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;

	(void)state;                              /* none */
	assert_true(bf_record_spent(&r, &token)); /* there is nothing to spend in an empty one */
	bf_record_spend(&r, &token);
	assert_int_equal(r.spent_count, 0);
	for (int i = 0; i < 80; i++) {
		numbered(&token, i);
		assert_false(bf_record_spent(&r, &token));
		bf_record_spend(&r, &token);
		bf_record_spend(&r, &token);
		assert_true(bf_record_spent(&r, &token));
	}
	assert_int_equal(r.spent_count, BF_SPENT_MAX);
	for (int i = 0; i < 80; i++) {
		numbered(&token, i);
		assert_int_equal(bf_record_spent(&r, &token), i >= 16);
	}
}

static void test_logging_out_keeps_only_what_is_spent(void **state)
{
	BF_AUTO_RECORD struct bf_record r = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	const char *full = "{\"version\": 1, \"login\": \"l\", \"subject\": \"s\", \"colour\": 1, "
			   "\"token\": {\"access_token\": \"AT\", \"refresh_token\": \"RT\"}}";

	(void)state; /* none */
	assert_int_equal(bf_record_parse(full, strlen(full), &r, NULL), BFABRIC_OK);
	bf_record_log_out(&r);
	assert_int_equal(r.spent_count, 1);
	assert_int_equal(bf_record_encode(&r, &text, NULL), BFABRIC_OK);
	assert_null(strstr(bf_secret_reveal(&text), "AT"));
	assert_null(strstr(bf_secret_reveal(&text), "RT"));
	assert_null(strstr(bf_secret_reveal(&text), "subject"));
	assert_null(strstr(bf_secret_reveal(&text), "colour"));
}

/* ---- rescue copies --------------------------------------------------------------------------- */

static void parse(struct bf_record *r, const char *login, const char *refresh, const char *before)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	char hex[BF_SHA256_HEX] = "";

	if (before)
		bf_sha256_hex(before, strlen(before), hex);
	bf_secret_printf(&text,
		"{\"version\": 1, \"login\": %s, \"predecessor\": \"%s\", "
		"\"token\": {\"access_token\": \"AT\", \"refresh_token\": \"%s\"}}",
		login, hex, refresh);
	assert_int_equal(bf_record_parse(bf_secret_reveal(&text), text.len, r, NULL), BFABRIC_OK);
}

static void test_what_a_rescue_copy_continues(void **state)
{
	static const struct {
		const char *login, *refresh, *before;
		bool continues;
	} cases[] = {{"\"a\"", "R2", "R1", true}, {"\"b\"", "R2", "R1", false},
		{"\"a\"", "R2", "R0", false}, {"\"a\"", "R2", NULL, false},
		{"null", "R2", "R1", false}, {"\"a\"", "R1", "R1", true}};
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_RECORD struct bf_record none = BF_RECORD_INIT;

	(void)state; /* none */
	parse(&record, "\"a\"", "R1", NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		BF_AUTO_RECORD struct bf_record rescue = BF_RECORD_INIT;

		parse(&rescue, cases[i].login, cases[i].refresh, cases[i].before);
		assert_int_equal(bf_record_continues(&rescue, &record), cases[i].continues);
		assert_false(bf_record_continues(&rescue, &none));
		assert_false(bf_record_follows(&rescue, &none.token.refresh));
	}
	assert_false(bf_record_continues(&none, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_the_last_64_are_remembered),
		cmocka_unit_test(test_logging_out_keeps_only_what_is_spent),
		cmocka_unit_test(test_what_a_rescue_copy_continues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
