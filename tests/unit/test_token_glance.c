/*
 * test_token_glance.c - the quick look at a cache: what it takes, jansson's reader sees the same;
 * what is not plain it leaves alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "libbfabric/local/token_glance.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take(const char *text, size_t len)
{
	BF_AUTO_TOKEN struct bf_token quick = BF_TOKEN_INIT, whole = BF_TOKEN_INIT;
	char *copy = malloc(len ? len : 1); /* of exactly that size, for the address sanitizer */
	bool taken;

	assert_non_null(copy);
	memcpy(copy, text, len);
	taken = bf_token_glance(copy, len, &quick);
	if (taken) {
		assert_int_equal(bf_token_parse(copy, len, &whole, NULL), BFABRIC_OK);
		assert_true(bf_secret_equal(&quick.access, &whole.access));
		assert_int_equal(quick.expires_at, whole.expires_at);
		assert_int_equal(quick.expires_in, whole.expires_in);
		assert_null(quick.members);
	} else {
		assert_true(bf_secret_empty(&quick.access));
	}
	free(copy);
	return taken;
}

static void usual_files_are_taken(void **state)
{
	static const char *const texts[] = {
		("{\"access_token\": \"a.b.c\", \"token_type\": \"Bearer\", \"scope\": \"x y\", "
		 "\"expires_in\": 28800, \"refresh_token\": \"r s\", \"expires_at\": 1795471938}"),
		" {\n\t\"expires_at\":1,\r\n\"access_token\" : \"~\" } \n",
		"{\"access_token\":\"a\",\"expires_at\":999999999999999,\"\":\"\",\"n\":0}",
		"{\"access_token\":\"a\",\"expires_at\":5,\"refresh_token\":\"\",\"expires_in\":0}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!take(texts[i], strlen(texts[i])))
			fail_msg("not taken: %s", texts[i]);
}

/* Each is a member, or what follows it, beside a token that is fine. */
static void what_is_not_plain_is_left(void **state)
{
	static const char *const members[] = {"\"x\":null", "\"x\":true", "\"x\":{}", "\"x\":[]",
		"\"x\":-1", "\"x\":1.5", "\"x\":1e3", "\"x\":01", "\"x\":00", "\"x\":", "\"x\"",
		"x:1", "\"x\":1,", "\"x\":1}", "\"x\":1 2", "\"x\":\"\\n\"", "\"\\u0078\":1",
		"\"x\":\"\xc3\xa9\"", "\"x\":\"\xff\"", "\"x\":\"\x7f\"", "\"x\":\"\t\"",
		"\"x\":1000000000000000", "\"x\":99999999999999999999", "\"x\":1,\"x\":2",
		"\"expires_at\":6", "\"access_token\":\"b\"", "\"refresh_token\":1",
		"\"refresh_token\":null", "\"scope\":1", "\"expires_in\":\"5\"", "\"x\":\"y"};
	char text[200];

	(void)state;
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		snprintf(text, sizeof(text), "{\"access_token\":\"a\",\"expires_at\":5,%s}",
			members[i]);
		if (take(text, strlen(text)))
			fail_msg("taken: %s", text);
	}
}

static void what_is_no_such_object_is_left(void **state)
{
	static const char *const texts[] = {"", "{", "{}", "[]", "null", "1",
		"{\"access_token\":\"a\"}", "{\"access_token\":\"a\",\"expires_at\":0}",
		"{\"expires_at\":5}", "{\"access_token\":\"\",\"expires_at\":5}",
		"{\"access_token\":\"a b\",\"expires_at\":5}",
		"{\"access_token\":5,\"expires_at\":5}",
		"{\"access_token\":\"a\",\"expires_at\":\"5\"}",
		"{\"access_token\":\"a\",\"expires_at\":5}x",
		"{\"access_token\":\"a\",\"expires_at\":5}{}",
		"\xef\xbb\xbf{\"access_token\":\"a\",\"expires_at\":5}"};
	static const char good[] = "{\"access_token\":\"a\",\"expires_at\":5}";

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (take(texts[i], strlen(texts[i])))
			fail_msg("taken: %s", texts[i]);
	assert_false(take(good, sizeof(good))); /* with a NUL at the end */
	for (size_t len = 0; len < sizeof(good) - 1; len++)
		assert_false(take(good, len));
	assert_true(take(good, sizeof(good) - 1));
}

static void many_members_are_left(void **state)
{
	(void)state;
	for (int more = 13; more < 17; more++) {
		char text[400] = "{\"access_token\":\"a\",\"expires_at\":5";
		size_t len = strlen(text);

		for (int i = 0; i < more; i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len, ",\"%d\":%d", i, i);
		snprintf(text + len, sizeof(text) - len, "}");
		assert_int_equal(take(text, strlen(text)), more <= 14);
	}
}

/* One byte of a file that is taken, replaced by every other. */
static void every_wrong_byte(void **state)
{
	static const char good[] = "{ \"access_token\" : \"a\",\"expires_at\":50,\"scope\":\"x\"}";
	char text[sizeof(good)];
	unsigned taken = 0;

	(void)state;
	for (size_t at = 0; at < sizeof(good) - 1; at++)
		for (int c = 0; c < 256; c++) {
			memcpy(text, good, sizeof(good));
			text[at] = (char)c;
			taken += take(text, sizeof(good) - 1);
		}
	assert_true(taken > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_files_are_taken),
		cmocka_unit_test(what_is_not_plain_is_left),
		cmocka_unit_test(what_is_no_such_object_is_left),
		cmocka_unit_test(many_members_are_left),
		cmocka_unit_test(every_wrong_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
