/* test_concat.c - strings put together without stdio. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "libbfabric/base/concat.h"
#include <stdlib.h>
#include <string.h>

static void parts_follow_each_other(void **state)
{
	BF_AUTO_FREE char *none = bf_concat("", NULL);
	BF_AUTO_FREE char *one = bf_concat("a", NULL);
	BF_AUTO_FREE char *some = bf_concat("", "ab", "", "c", NULL);

	(void)state;
	assert_string_equal(none, "");
	assert_string_equal(one, "a");
	assert_string_equal(some, "abc");
}

static void numbers_are_decimal(void **state)
{
	static const struct {
		uint64_t number;
		const char *text;
	} rows[] = {{0, "0"}, {7, "7"}, {10, "10"}, {65535, "65535"},
		{INT64_MAX, "9223372036854775807"}, {UINT64_MAX, "18446744073709551615"}};
	char buf[BF_DECIMAL_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(bf_decimal(rows[i].number, buf), rows[i].text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_follow_each_other),
		cmocka_unit_test(numbers_are_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
