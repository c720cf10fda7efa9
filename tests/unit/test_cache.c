/*
 * The token cache: what each file in tests/data/cache is taken for, at one moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cases.h"
#include "libbfabric/local/cache.h"

#define NOW INT64_C(1800000000)

static void describe_number(struct bf_secret *out, const char *name, int64_t n)
{
	if (n)
		bf_secret_printf(out, "%s %lld\n", name, (long long)n);
}

static void describe_token(const struct bf_token *token, struct bf_secret *out)
{
	char *subject = bf_token_subject(token);

	if (strlen(bf_secret_reveal(&token->access)) < 20)
		bf_secret_printf(out, "access %s\n", bf_secret_reveal(&token->access));
	bf_secret_printf(out, "refresh %s\n", bf_secret_reveal(&token->refresh));
	if (token->scope)
		bf_secret_printf(out, "scope %s\n", token->scope);
	if (subject)
		bf_secret_printf(out, "subject %s\n", subject);
	free(subject);
	describe_number(out, "expires_at", token->expires_at);
	describe_number(out, "expires_in", token->expires_in);
	bf_secret_printf(out, "%s%s\n", bf_token_unexpired(token, NOW) ? "unexpired" : "expired",
		bf_token_fresh(token, NOW, 60) ? ", fresh" : "");
}

/* What is read and written again is the same, byte for byte from the second time on. */
static void describe_again(const struct bf_token *token, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_TOKEN struct bf_token again = BF_TOKEN_INIT;
	struct bfabric_error err = {0};

	if (bf_cache_encode(token, &text, &err) != BFABRIC_OK) {
		bf_secret_printf(out, "not written: %s\n", err.text);
		return;
	}
	assert_int_equal(
		bf_token_parse(bf_secret_reveal(&text), text.len, &again, &err), BFABRIC_OK);
	assert_true(json_equal(token->members, again.members));
	assert_int_equal(token->expires_at, again.expires_at);
	bf_secret_printf(out, "written with %zu members\n", json_object_size(again.members));
}

static void describe(const char *bytes, size_t len, struct bf_secret *out)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bfabric_error err = {0};

	if (bf_token_parse(bytes, len, &token, &err) != BFABRIC_OK) {
		bf_secret_printf(out, "%s: %s\n", bfabric_status_name(err.status), err.text);
		return;
	}
	describe_token(&token, out);
	describe_again(&token, out);
}

static void test_cases(void **state)
{
	(void)state; /* the cases are files */
	cases_run_files("cache", describe);
}

/* ---- what is not in a file's text ------------------------------------------------------------ */

static void must_parse(const char *text, struct bf_token *ret)
{
	assert_int_equal(bf_token_parse(text, strlen(text), ret, NULL), BFABRIC_OK);
}

static void test_freshness_by_min_ttl(void **state)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;

	(void)state; /* none */
	must_parse("{\"access_token\": \"a\", \"expires_at\": 1000, \"expires_in\": 500}", &t);
	assert_true(bf_token_fresh(&t, 999, 0));
	assert_false(bf_token_fresh(&t, 1000, 0));
	assert_true(bf_token_fresh(&t, 999, -5));
	assert_true(bf_token_fresh(&t, 939, 60));
	assert_false(bf_token_fresh(&t, 940, 60));
	assert_true(bf_token_fresh(&t, 899, 86400)); /* the last fifth */
	assert_false(bf_token_fresh(&t, 900, 86400));
	assert_true(bf_token_fresh(&t, 200, INT64_MAX));
	assert_false(bf_token_fresh(&t, 199, 60)); /* obtained 301 s from now */
	assert_false(bf_token_fresh(&t, INT64_MIN, 60));
	assert_false(bf_token_fresh(&t, INT64_MAX, 60));
	assert_true(bf_token_unexpired(&t, 199));
}

static void test_reply(void **state)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;
	BF_AUTO_SECRET struct bf_secret previous = BF_SECRET_INIT;
	json_t *reply = json_pack(
		"{s:s, s:i, s:i}", "access_token", "a", "expires_in", 100, "expires_at", 5);

	(void)state; /* none */
	bf_secret_puts(&previous, "old");
	assert_int_equal(bf_token_from_reply(reply, NOW, &previous, &t, NULL), BFABRIC_OK);
	assert_int_equal(t.expires_at, NOW + 100);
	assert_string_equal(bf_secret_reveal(&t.refresh), "old");
	assert_string_equal(json_string_value(json_object_get(t.members, "refresh_token")), "old");
	assert_null(json_object_get(reply, "refresh_token")); /* the reply is not changed */
	json_object_del(reply, "expires_in");
	assert_int_equal(bf_token_from_reply(reply, NOW, NULL, &t, NULL), BFABRIC_OK);
	assert_int_equal(t.expires_at, NOW + 3600);
	assert_int_equal(t.expires_in, 3600);
	assert_true(bf_secret_empty(&t.refresh));
	json_decref(reply);
}

static void test_settle(void **state)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	(void)state; /* none */
	must_parse("{\"access_token\": \"a\", \"expires_at\": 1e9}", &t);
	assert_int_equal(bf_token_settle(&t, NOW, NULL), BFABRIC_OK);
	assert_int_equal(t.expires_at, 1000000000);
	assert_true(json_is_integer(json_object_get(t.members, "expires_at")));
	must_parse("{\"access_token\": \"a\"}", &t);
	assert_int_equal(bf_cache_encode(&t, &text, NULL), BFABRIC_BAD_REPLY);
	assert_int_equal(bf_token_settle(&t, NOW, NULL), BFABRIC_OK);
	assert_int_equal(t.expires_at, NOW + 3600);
	assert_int_equal(bf_cache_encode(&t, &text, NULL), BFABRIC_OK);
	assert_int_equal(bf_token_settle(&t, NOW + 50, NULL), BFABRIC_OK);
	assert_int_equal(t.expires_at, NOW + 3600);
}

/* Under a null device for a home nothing is found, and nothing is hung on. */
static void test_serve_without_anything(void **state)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;
	char dir[] = "/nonexistent", cache[] = "/nonexistent/x.json",
	     rejected[] = "/nonexistent/x.rejected";
	struct bf_paths paths = {.dir = dir, .cache = cache, .rejected = rejected};
	bool served = true;

	(void)state; /* none */
	assert_int_equal(bf_cache_serve(&paths, NOW, 60, &served, &t, NULL), BFABRIC_OK);
	assert_false(served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_freshness_by_min_ttl),
		cmocka_unit_test(test_reply),
		cmocka_unit_test(test_settle),
		cmocka_unit_test(test_serve_without_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
