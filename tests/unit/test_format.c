#include "unit.h"

#include "helper/format.h"

#include <jansson.h>
#include <stdio.h>

static struct bfabric_error err;

static enum bfabric_status put(
	enum bf_format format, enum bf_shell shell, const char *token, struct bf_secret *out)
{
	struct bf_printable what = {.token = token,
		.token_len = strlen(token),
		.expires_at = 1786000000,
		.environment = "LAB \"x\"",
		.base_url = "https://h.org/bfabric"};

	bf_secret_clear(out);
	return bf_format_token(format, shell, &what, out, &err);
}

static void test_forms(void **state)
{
	static const struct {
		enum bf_format format;
		enum bf_shell shell;
		const char *token, *text;
	} cases[] = {
		{BF_FORMAT_PLAIN, BF_SHELL_SH, "a.b-c_d~+/=", "a.b-c_d~+/=\n"},
		{BF_FORMAT_HEADER, BF_SHELL_SH, "abc", "Authorization: Bearer abc\n"},
		{BF_FORMAT_ENV, BF_SHELL_SH, "a'b$c`d\\!",
			"export BFABRIC_TOKEN='a'\\''b$c`d\\!'\n"},
		{BF_FORMAT_ENV, BF_SHELL_CSH, "a'b!c", "setenv BFABRIC_TOKEN 'a'\\''b\\!c'\n"},
		{BF_FORMAT_ENV, BF_SHELL_FISH, "a'b\\c", "set -gx BFABRIC_TOKEN 'a\\'b\\\\c'\n"},
		{BF_FORMAT_CURL, BF_SHELL_SH, "a\"b\\c",
			"header = \"Authorization: Bearer a\\\"b\\\\c\"\n"},
	};
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(
			put(cases[i].format, cases[i].shell, cases[i].token, &out), BFABRIC_OK);
		assert_string_equal(bf_secret_reveal(&out), cases[i].text);
	}
}

static void test_json(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	json_t *json = NULL;

	(void)state;
	assert_int_equal(put(BF_FORMAT_JSON, BF_SHELL_SH, "a\"b", &out), BFABRIC_OK);
	json = json_loads(bf_secret_reveal(&out), 0, NULL);
	assert_non_null(json);
	assert_int_equal(json_integer_value(json_object_get(json, "version")), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "expires_at")), 1786000000);
	assert_string_equal(json_string_value(json_object_get(json, "access_token")), "a\"b");
	assert_string_equal(json_string_value(json_object_get(json, "token_type")), "Bearer");
	assert_string_equal(json_string_value(json_object_get(json, "environment")), "LAB \"x\"");
	assert_string_equal(
		json_string_value(json_object_get(json, "base_url")), "https://h.org/bfabric");
	assert_int_equal(json_object_size(json), 6);
	json_decref(json);
}

/* Whatever could end the line and begin another, in any form. */
static void test_refuses_unsafe_tokens(void **state)
{
	static const char *const bad[] = {
		"", "a\nb", "a\rb", "a b", "a\tb", "a\x1b[2J", "a\x7f", "caf\xc3\xa9", "\xff"};
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		for (int format = BF_FORMAT_PLAIN; format <= BF_FORMAT_CURL; format++)
			assert_fails(put((enum bf_format)format, BF_SHELL_SH, bad[i], &out),
				BFABRIC_BAD_REPLY, err, "characters");
	assert_false(bf_token_is_safe("a\0b", 3));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refuses_unsafe_tokens),
	};

	return cmocka_run_group_tests_name("format", tests, NULL, NULL);
}
