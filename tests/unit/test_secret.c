#include "unit.h"

#include "libbfabric/base/secret.h"

#include <stdlib.h>

static void test_builds_text(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret more = BF_SECRET_INIT;

	(void)state;
	assert_string_equal(bf_secret_reveal(&s), "");
	assert_true(bf_secret_empty(&s));
	bf_secret_puts(&s, "a");
	bf_secret_putc(&s, '=');
	bf_secret_put(&s, "bcd", 2);
	bf_secret_printf(&s, "%d%s", 7, "x");
	bf_secret_puts(&more, "!");
	bf_secret_put_secret(&s, &more);
	bf_secret_put(&s, NULL, 0);
	assert_string_equal(bf_secret_reveal(&s), "a=bc7x!");
	assert_int_equal(s.len, 7);
	assert_false(s.failed);
	assert_false(bf_secret_empty(&s));
}

static void test_holds_any_byte(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

	(void)state;
	bf_secret_put(&s, "a\0b\xff", 4);
	assert_int_equal(s.len, 4);
	assert_memory_equal(bf_secret_reveal(&s), "a\0b\xff", 5);
}

static void test_grows_and_keeps_content(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

	(void)state;
	for (int i = 0; i < 100000; i++)
		bf_secret_putc(&s, (char)('a' + i % 26));
	assert_int_equal(s.len, 100000);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(bf_secret_reveal(&s)[i], 'a' + i % 26);
	assert_int_equal(bf_secret_reveal(&s)[100000], 0);
}

static void test_maximum_is_sticky(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = {.max = 4};

	(void)state;
	bf_secret_puts(&s, "abcd");
	assert_false(s.failed);
	bf_secret_putc(&s, 'e');
	assert_true(s.failed);
	assert_string_equal(bf_secret_reveal(&s), "abcd");
	bf_secret_cut(&s, 1);
	bf_secret_putc(&s, 'f');
	assert_string_equal(bf_secret_reveal(&s), "a");
	bf_secret_clear(&s);
	bf_secret_puts(&s, "abc");
	assert_false(s.failed);
	bf_secret_release(&s);
	bf_secret_puts(&s, "abcde"); /* the maximum outlives a release */
	assert_true(s.failed);
}

static void test_default_maximum(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

	(void)state;
	assert_null(bf_secret_room(&s, BF_SECRET_MAX + 1));
	assert_true(s.failed);
	bf_secret_clear(&s);
	assert_null(bf_secret_room(&s, SIZE_MAX));
	assert_true(s.failed);
}

static void test_room(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;
	char *room = bf_secret_room(&s, 10);

	(void)state;
	assert_non_null(room);
	memcpy(room, "0123456789", 10);
	bf_secret_added(&s, 10);
	assert_string_equal(bf_secret_reveal(&s), "0123456789");
	assert_non_null(bf_secret_room(&s, 0));
	bf_secret_added(&s, 0);
	assert_false(s.failed);
	bf_secret_added(&s, s.cap); /* more than there was room for */
	assert_true(s.failed);
	assert_null(bf_secret_room(&s, 1));
}

static void test_printf_is_bounded(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

	(void)state;
	bf_secret_printf(&s, "%*s", 4096, "x");
	assert_false(s.failed);
	assert_int_equal(s.len, 4096);
	bf_secret_printf(&s, "%*s", 4097, "x");
	assert_true(s.failed);
	assert_int_equal(s.len, 4096);
}

/* What is cut off, cleared or outgrown leaves nothing behind in the memory that is still ours. */
static void test_erases(void **state)
{
	BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

	(void)state;
	bf_secret_puts(&s, "topsecret");
	bf_secret_cut(&s, 3);
	assert_string_equal(bf_secret_reveal(&s), "top");
	assert_memory_equal(s.bytes, "top\0\0\0\0\0\0\0", 10);
	bf_secret_cut(&s, 100);
	assert_int_equal(s.len, 3);
	bf_secret_clear(&s);
	assert_memory_equal(s.bytes, "\0\0\0", 3);
	assert_int_equal(s.len, 0);
}

static void test_moves(void **state)
{
	BF_AUTO_SECRET struct bf_secret a = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret b = BF_SECRET_INIT;

	(void)state;
	bf_secret_puts(&a, "old");
	bf_secret_puts(&b, "new");
	bf_secret_move(&a, &b);
	assert_string_equal(bf_secret_reveal(&a), "new");
	assert_string_equal(bf_secret_reveal(&b), "");
	bf_secret_move(&a, &a);
	assert_string_equal(bf_secret_reveal(&a), "new");
}

static void test_compares(void **state)
{
	BF_AUTO_SECRET struct bf_secret a = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret b = BF_SECRET_INIT;

	(void)state;
	assert_true(bf_secret_equal(&a, &b));
	bf_secret_put(&a, "a\0b", 3);
	assert_false(bf_secret_equal(&a, &b));
	bf_secret_put(&b, "a\0c", 3);
	assert_false(bf_secret_equal(&a, &b));
	bf_secret_cut(&b, 2);
	bf_secret_putc(&b, 'b');
	assert_true(bf_secret_equal(&a, &b));
	a.failed = true;
	assert_false(bf_secret_equal(&a, &b));
	assert_false(bf_secret_equal(&b, &a));
}

static void test_failure_is_contagious(void **state)
{
	BF_AUTO_SECRET struct bf_secret a = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret b = {.failed = true};

	(void)state;
	bf_secret_put_secret(&a, &b);
	assert_true(a.failed);
}

static void test_no_memory(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret s = BF_SECRET_INIT;

		for (int i = 0; i < 10; i++)
			bf_secret_puts(&s, "0123456789012345678901234567890123456789");
		bf_secret_printf(&s, "%d", 1);
		assert_int_equal(s.failed, fault_disarm());
		if (!s.failed)
			assert_int_equal(s.len, 401);
	}
}

static void test_frees_strings(void **state)
{
	(void)state;
	bf_free_secret_string(NULL);
	bf_free_secret_string(strdup("secret"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_builds_text),
		cmocka_unit_test(test_holds_any_byte),
		cmocka_unit_test(test_grows_and_keeps_content),
		cmocka_unit_test(test_maximum_is_sticky),
		cmocka_unit_test(test_default_maximum),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_printf_is_bounded),
		cmocka_unit_test(test_erases),
		cmocka_unit_test(test_moves),
		cmocka_unit_test(test_compares),
		cmocka_unit_test(test_failure_is_contagious),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_frees_strings),
	};

	return cmocka_run_group_tests_name("secret", tests, NULL, NULL);
}
