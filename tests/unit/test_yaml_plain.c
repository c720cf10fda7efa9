/*
 * test_yaml_plain.c - the reader of plain configurations: what it takes, it sees as libyaml does;
 * what is not plain it leaves alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "yaml_same.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool take(const char *text, size_t len)
{
	struct bf_yaml plain = BF_YAML_INIT, any = BF_YAML_INIT;
	char *copy = malloc(len ? len : 1); /* of exactly that size, for the address sanitizer */
	bool taken;

	assert_non_null(copy);
	memcpy(copy, text, len);
	taken = bf_yaml_parse_plain(copy, len, &plain);
	if (taken) {
		assert_int_equal(bf_yaml_parse_any(copy, len, "f", &any, NULL), BFABRIC_OK);
		if (!yaml_same(&plain, &any))
			fail_msg("another tree than libyaml's: %s", text);
	}
	bf_yaml_release(&plain);
	bf_yaml_release(&any);
	free(copy);
	return taken;
}

static void usual_files_are_taken(void **state)
{
	static const char *const texts[] = {
		("GENERAL:\n  default_config: TEST\nTEST:\n  base_url: https://h.example.org/b/\n"
		 "  auth_method: oauth\n  client_id: CLI\n  scope: api:read api:write\n"),
		"# comment: 'x'\n\nA:\n   # another\n   b: c\n\n# end\n   \nD:\n e: f",
		"A:\n  libbfabric:\n    min_ttl: 60\n    ca_file: /etc/ssl/lab-ca.pem\n  scope: "
		"x\n",
		"a: b",
		"a:   1.5\nb: yes\nc: 0123\nd: https://a:80/\n_-.: x\n",
		"a: b, c=d+e@f%g~h\nno: NULL\n",
		"  a: b\n  c:\n      d: e\n",
		"a: b\na: c\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!take(texts[i], strlen(texts[i])))
			fail_msg("not taken: %s", texts[i]);
}

static void what_is_not_plain_is_left(void **state)
{
	static const char *const texts[] = {"", "\n", "# only a comment", "a", "a:", "a:\n",
		"a: ", "a: b\n  c", "a: b\n  c: d", "a: b\n\n  c: d\n", "a:\nb: c\n",
		"a:\n  b:\nc: d\n", "a: b \n", "a: b # c\n", "a: b: c\n", "a: b:\n", "a:b\n",
		"a : b\n", "a: [b]\n", "a: {b: c}\n", "a: 'b'\n", "a: \"b\"\n", "a: &x b\n",
		"a: *x\n", "a: !t b\n", "a: |\n  b\n", "a: >\n  b\n", "a: - b\n", "- a\n",
		"a:\n- b\n", "? a\n", "<<: a\n", "---\na: b\n", "a: b\n...\n", "a: b\n---\n",
		"%YAML 1.1\n---\na: b\n", "a: ~\n", "a: b\r\n", "a:\tb\n", "\ta: b\n", "a: b\tc\n",
		"a: \xc3\xa9\n", "# \xc3\xa9\na: b\n", "a:\n    b: c\n  d: e\n", "  a: b\nc: d\n",
		"a: @b\n", "a: `b\n", "a: %b\n", "1: b\n", "a b: c\n", "'a': b\n",
		("a:\n b:\n  c:\n   d:\n    e:\n     f:\n      g:\n"
		 "       h:\n        i: j\n")};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (take(texts[i], strlen(texts[i])))
			fail_msg("taken: %s", texts[i]);
	assert_false(take("a: b\0c\n", 7));
	assert_false(take("a\0: b\n", 6));
}

static void a_long_key_is_left(void **state)
{
	char text[300];

	(void)state;
	for (size_t len = 127; len < 131; len++) {
		memset(text, 'k', len);
		snprintf(text + len, sizeof(text) - len, ": v\n");
		assert_int_equal(take(text, strlen(text)), len <= 128);
	}
}

/* As many nodes as libyaml's tree may have, and no more. */
static void too_many_entries_are_left(void **state)
{
	const size_t most = (BF_YAML_NODES - 1) / 2;
	char *text = malloc(5 * (most + 1) + 1);

	(void)state;
	assert_non_null(text);
	for (size_t i = 0; i <= most; i++)
		memcpy(text + 5 * i, "a: b\n", 5);
	assert_true(take(text, 5 * most));
	assert_false(take(text, 5 * (most + 1)));
	free(text);
}

/* Every text of a few characters that are near the border. */
static void every_short_text(void **state)
{
	static const char alphabet[] = "a:\n #-,/";
	enum { BASE = sizeof(alphabet) - 1, LENGTH = 6 };
	unsigned taken = 0;

	(void)state;
	for (unsigned n = 0; n < 1u << (3 * LENGTH); n++) {
		char text[LENGTH + 6] = "";

		for (unsigned i = 0, rest = n; i < LENGTH; i++, rest /= BASE)
			text[i] = alphabet[rest % BASE];
		memcpy(text + LENGTH, "\nc: d", 5);
		taken += take(text, LENGTH + 5);
	}
	assert_true(taken > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(usual_files_are_taken),
		cmocka_unit_test(what_is_not_plain_is_left),
		cmocka_unit_test(a_long_key_is_left),
		cmocka_unit_test(too_many_entries_are_left),
		cmocka_unit_test(every_short_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
