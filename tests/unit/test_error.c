#include "unit.h"

#include "libbfabric/base/error.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static void test_every_status_has_its_exit_code(void **state)
{
	static const struct {
		enum bfabric_status status;
		int code;
		const char *name;
	} rows[] = {
		{BFABRIC_OK, 0, "OK"},
		{BFABRIC_SYSTEM, 1, "SYSTEM"},
		{BFABRIC_BAD_CONFIG, 1, "BAD_CONFIG"},
		{BFABRIC_BAD_REPLY, 1, "BAD_REPLY"},
		{BFABRIC_NO_MEMORY, 1, "NO_MEMORY"},
		{BFABRIC_UNSUPPORTED, 1, "UNSUPPORTED"},
		{BFABRIC_BAD_CALL, 2, "BAD_CALL"},
		{BFABRIC_NOT_LOGGED_IN, 3, "NOT_LOGGED_IN"},
		{BFABRIC_LOGIN_REQUIRED, 4, "LOGIN_REQUIRED"},
		{BFABRIC_DENIED, 4, "DENIED"},
		{BFABRIC_RETRY_LATER, 5, "RETRY_LATER"},
		{BFABRIC_TIMEOUT, 5, "TIMEOUT"},
		{BFABRIC_STORE_UNAVAILABLE, 6, "STORE_UNAVAILABLE"},
		{BFABRIC_LOCK_TIMEOUT, 7, "LOCK_TIMEOUT"},
		{BFABRIC_FORBIDDEN, 8, "FORBIDDEN"},
		{BFABRIC_CANCELLED, 130, "CANCELLED"},
		{BFABRIC_REFUSED, 1, "REFUSED"},
	};

	(void)state;
	assert_int_equal(sizeof(rows) / sizeof(rows[0]), BFABRIC_REFUSED + 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(rows[i].status, i);
		assert_int_equal(bfabric_status_exit_code(rows[i].status), rows[i].code);
		assert_string_equal(bfabric_status_name(rows[i].status), rows[i].name);
	}
	assert_int_equal(bfabric_status_exit_code((enum bfabric_status)99), 1);
	assert_string_equal(bfabric_status_name((enum bfabric_status)99), "UNKNOWN");
}

static void test_fail_sets_and_returns(void **state)
{
	struct bfabric_error err = {0};

	(void)state;
	errno = ENOENT;
	assert_int_equal(bf_fail(&err, BFABRIC_SYSTEM, "cannot open %s: %m", "x"), BFABRIC_SYSTEM);
	assert_int_equal(err.status, BFABRIC_SYSTEM);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
	assert_int_equal(errno, ENOENT);
	assert_int_equal(bf_fail(NULL, BFABRIC_DENIED, "no"), BFABRIC_DENIED);
	assert_int_equal(bf_fail_nomem(&err), BFABRIC_NO_MEMORY);
	assert_int_equal(err.status, BFABRIC_NO_MEMORY);
	assert_string_equal(err.text, "out of memory");
	assert_int_equal(bf_fail_nomem(NULL), BFABRIC_NO_MEMORY);
}

static void test_fail_with_its_own_text(void **state)
{
	struct bfabric_error err = {0};

	(void)state;
	bf_fail(&err, BFABRIC_SYSTEM, "inner");
	bf_fail(&err, BFABRIC_BAD_CONFIG, "outer (%s)", err.text);
	assert_string_equal(err.text, "outer (inner)");
}

static void test_context(void **state)
{
	struct bfabric_error err = {0};

	(void)state;
	bf_fail(&err, BFABRIC_BAD_CALL, "no host");
	errno = EIO;
	assert_int_equal(bf_fail_context(&err, BFABRIC_BAD_CONFIG, "%s, line %d", "f.yml", 3),
		BFABRIC_BAD_CONFIG);
	assert_int_equal(errno, EIO);
	assert_int_equal(err.status, BFABRIC_BAD_CONFIG);
	assert_string_equal(err.text, "f.yml, line 3: no host");
	assert_int_equal(bf_fail_context(NULL, BFABRIC_DENIED, "x"), BFABRIC_DENIED);
}

static void test_long_texts_are_cut(void **state)
{
	struct bfabric_error err = {0};
	char *huge = malloc(100001);

	(void)state;
	memset(huge, 'x', 100000);
	huge[100000] = '\0';
	bf_fail(&err, BFABRIC_SYSTEM, "%s", huge);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	assert_string_equal(err.text + sizeof(err.text) - 5, "x...");
	bf_fail_context(&err, BFABRIC_SYSTEM, "%s", huge);
	assert_int_equal(strlen(err.text), sizeof(err.text) - 1);
	bf_fail(&err, BFABRIC_SYSTEM, "short");
	bf_fail_context(&err, BFABRIC_SYSTEM, "%s", huge);
	assert_string_equal(err.text + sizeof(err.text) - 5, "x...");
	free(huge);
}

static void test_text_is_cleaned(void **state)
{
	struct bfabric_error err = {0};

	(void)state;
	bf_fail(&err, BFABRIC_BAD_REPLY, "a\nb\tc\033[31md\x7f%s", "\xc2\x9b\xff\xe2\x80\xae!");
	assert_string_equal(err.text, "a?b?c?[31md???"
				      "!");
}

static void show(const char *in, size_t size, const char *expected)
{
	char *out = malloc(size); /* exactly: ASan sees one byte too much */

	bf_show(out, size, in, strlen(in));
	assert_string_equal(out, expected);
	free(out);
}

static void test_show_characters(void **state)
{
	(void)state;
	show("plain", 100, "plain");
	show("", 100, "");
	show("Zürich € 𝄞", 100, "Zürich € 𝄞");
	show("\xe2\x80\x8b"
	     "a\xe2\x80\x8f"
	     "b\xef\xbb\xbf"
	     "c\xc2\xad",
		100, "abc");                                   /* invisible */
	show("\xe2\x81\xa6x\xe2\x81\xa9\xd8\x9cy", 100, "xy"); /* bidi */
	show("\xe2\x80\xa8"
	     "a\xe2\x80\xa9\xc2\x85",
		100, "?a??"); /* line ends of Unicode */
	show("\xf3\xa0\x81\x81tag", 100, "tag");
	show("\x80\xc0\xaf\xe0\x80\x80", 100, "??????");           /* stray, overlong */
	show("\xed\xa0\x80\xf4\x90\x80\x80\xf5", 100, "????????"); /* surrogate, beyond */
	show("a\xe2\x82", 100, "a??");                             /* cut off */
	show("\xe2\x82"
	     "a",
		100, "??a");
	show("\r\n\001", 100, "???");
}

static void test_show_cuts(void **state)
{
	(void)state;
	show("abcdef", 7, "abcdef");
	show("abcdef", 6, "ab...");
	show("abcdef", 4, "...");
	show("abcdef", 3, "..");
	show("abcdef", 2, ".");
	show("abcdef", 1, "");
	show("ab€def", 7, "ab...");
	show("ab€", 6, "ab€");
	show("abc\xe2\x80\x8b\xe2\x80\x8b", 4, "abc"); /* what is dropped needs no room */
}

static void test_show_any_bytes(void **state)
{
	char out[32];

	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			const char in[] = {(char)a, (char)b, (char)(a ^ b), 0x41};

			bf_show(out, sizeof(out), in, sizeof(in));
			for (const char *c = out; *c; c++)
				assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
			assert_int_equal(out[strlen(out) - 1], 'A');
		}
}

static void test_cleanup(void **state)
{
	BF_AUTO_FREE char *given = strdup("x");
	BF_AUTO_CLOSE int none = -1;
	char *taken = NULL;
	int fd = open("/dev/null", O_RDONLY);

	(void)state;
	assert_true(fd >= 0);
	{
		BF_AUTO_CLOSE int owned = fd;
		BF_AUTO_FREE char *nothing = NULL;

		assert_null(nothing);
		errno = 0;
		assert_int_equal(fcntl(owned, F_GETFD), 0);
	}
	assert_int_equal(fcntl(fd, F_GETFD), -1);
	taken = BF_TAKE(given);
	assert_null(given);
	free(taken);
	assert_int_equal(none, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_status_has_its_exit_code),
		cmocka_unit_test(test_fail_sets_and_returns),
		cmocka_unit_test(test_fail_with_its_own_text),
		cmocka_unit_test(test_context),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_text_is_cleaned),
		cmocka_unit_test(test_show_characters),
		cmocka_unit_test(test_show_cuts),
		cmocka_unit_test(test_show_any_bytes),
		cmocka_unit_test(test_cleanup),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
