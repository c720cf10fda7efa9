/*
 * The list of environments: a table where it fits, else one below the other, never a cut address.
 */
#include "unit.h"

#include <errno.h>
#include <string.h>

#include "fault.h"
#include "helper/list_table.h"

static const char *const prod[] = {
	"PRODUCTION", "https://fgcz-bfabric.uzh.ch/bfabric", "oauth", "logged in", "7 h 59 min"};
static const char *const lab[] = {"Läb", "https://x.org/b", "pat", "logged out", ""};

static void put(unsigned columns, struct bf_secret *out)
{
	struct bf_list list = {0};

	bf_list_add(&list, /* marked= */ true, prod);
	bf_list_add(&list, /* marked= */ false, lab);
	assert_false(list.failed);
	bf_list_put(&list, columns, out);
	bf_list_release(&list);
}

static void test_table(void **state)
{
	static const char expected[] =
		"  environment  server                               method  login       token "
		"lives\n"
		"* PRODUCTION   https://fgcz-bfabric.uzh.ch/bfabric  oauth   logged in   7 h 59 "
		"min\n"
		"  L\303\244b          https://x.org/b                      pat     logged out\n";
	unsigned const widths[] = {0, 83, 200};

	(void)state; /* needs none */
	for (size_t i = 0; i < 3; i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		put(widths[i], &out);
		assert_string_equal(bf_secret_reveal(&out), expected);
	}
}

static void test_stacked(void **state)
{
	static const char expected[] = "* PRODUCTION\nhttps://fgcz-bfabric.uzh.ch/bfabric\n"
				       "    oauth, logged in, 7 h 59 min\n"
				       "  L\303\244b\nhttps://x.org/b\n    pat, logged out\n";
	unsigned const widths[] = {82, 40, 1};

	(void)state; /* needs none */
	for (size_t i = 0; i < 3; i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		put(widths[i], &out);
		assert_string_equal(bf_secret_reveal(&out), expected);
	}
}

static void test_nothing(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	struct bf_list list = {0};

	(void)state; /* needs none */
	bf_list_put(&list, 80, &out);
	assert_true(bf_secret_empty(&out));
}

/* What a configuration says must not steer a terminal. */
static void test_cells_are_cleaned(void **state)
{
	static const char *const evil[] = {"A\033[2J", "https://x.org/b", "pat", "ended", "now\n"};
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	struct bf_list list = {0};

	(void)state; /* needs none */
	bf_list_add(&list, /* marked= */ false, evil);
	bf_list_put(&list, 0, &out);
	bf_list_release(&list);
	assert_null(strchr(bf_secret_reveal(&out), '\033'));
	assert_int_equal(strchr(strchr(bf_secret_reveal(&out), '\n') + 1, '\n')[1], '\0');
}

static void test_out_of_memory(void **state)
{
	(void)state; /* needs none */
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bf_list list = {0};
		bool failed;

		bf_list_add(&list, /* marked= */ true, prod);
		bf_list_add(&list, /* marked= */ false, lab);
		failed = fault_disarm();
		assert_int_equal(list.failed, failed);
		bf_list_release(&list);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_stacked),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_cells_are_cleaned),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
