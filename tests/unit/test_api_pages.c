/*
 * Which pages are read and which of their records are handed out, against a model: a list of
 * records of which a slice is taken.
 */
#include "unit.h"
#include "libbfabric/api.h"

/* A server with so many records; `says`: does it say how many pages there are? */
static int64_t walk(int64_t records, int64_t offset, int64_t max, bool says, int64_t *ret_pages)
{
	struct bf_api_pages pages;
	int64_t expected = offset + 1; /* records are numbers from 1 */
	bool more = true;

	bf_api_pages_begin(&pages, offset, max, /* parts= */ 0);
	for (*ret_pages = 0; more; ++*ret_pages) {
		int64_t first = (pages.page - 1) * BF_API_PAGE;
		bool enough = false;

		for (int64_t i = first; i < records && i < first + BF_API_PAGE && !enough; i++) {
			enum bf_api_record what = bf_api_pages_record(&pages);

			if (what == BF_API_GIVE)
				assert_int_equal(i + 1, expected++);
			enough = what == BF_API_ENOUGH;
		}
		more = bf_api_pages_next(&pages, says ? (records + 99) / 100 : -1);
		assert_true(bf_api_pages_most(&pages, more) >= pages.given);
	}
	assert_int_equal(bf_api_pages_most(&pages, false), pages.given);
	return pages.given;
}

static void test_slices(void **state)
{
	static const int64_t numbers[] = {0, 1, 2, 50, 99, 100, 101, 199, 200, 201, 250, 300, 1000};
	const size_t count = sizeof(numbers) / sizeof(numbers[0]);

	(void)state;
	for (size_t r = 0; r < count; r++)
		for (size_t o = 0; o < count; o++)
			for (size_t m = 0; m <= count; m++) {
				int64_t max = m == count ? -1 : numbers[m];
				int64_t wanted = max == 0 ? 100 : max;
				int64_t there = numbers[r] - numbers[o];
				int64_t pages = 0, more_pages = 0;

				if (there < 0)
					there = 0;
				if (wanted < 0 || wanted > there)
					wanted = there;
				assert_int_equal(
					walk(numbers[r], numbers[o], max, true, &pages), wanted);
				assert_int_equal(
					walk(numbers[r], numbers[o], max, false, &more_pages),
					wanted);
				/* not more than it takes; without numbers one to see the end */
				assert_true(pages <= (numbers[o] % 100 + wanted + 99) / 100 + 1);
				assert_true(more_pages <= pages + 1);
			}
}

static void read_records(struct bf_api_pages *pages, int count)
{
	for (int i = 0; i < count; i++)
		(void)bf_api_pages_record(pages); /* what becomes of them is looked at elsewhere */
}

static void test_the_number_of_pages_changes(void **state)
{
	struct bf_api_pages pages;

	(void)state;
	bf_api_pages_begin(&pages, 0, -1, 0);
	read_records(&pages, 100);
	assert_true(bf_api_pages_next(&pages, 2));
	assert_int_equal(bf_api_pages_most(&pages, true), 200);
	read_records(&pages, 100);
	assert_true(bf_api_pages_next(&pages, 4)); /* it grew */
	assert_int_equal(bf_api_pages_most(&pages, true), 400);
	read_records(&pages, 100);
	assert_false(bf_api_pages_next(&pages, 3)); /* it shrank */
	assert_int_equal(pages.given, 300);
}

static void test_an_empty_page_is_the_end(void **state)
{
	struct bf_api_pages pages;

	(void)state;
	bf_api_pages_begin(&pages, 0, -1, 0);
	read_records(&pages, 100);
	assert_true(bf_api_pages_next(&pages, INT64_MAX));
	assert_int_equal(bf_api_pages_most(&pages, true), INT64_MAX);
	assert_false(bf_api_pages_next(&pages, INT64_MAX));
}

static void test_short_pages(void **state)
{
	struct bf_api_pages pages;

	(void)state;
	bf_api_pages_begin(&pages, 50, -1, 0);
	read_records(&pages, 20);
	assert_int_equal(pages.given, 0);
	assert_true(bf_api_pages_next(&pages, 2)); /* it says that there are more */
	read_records(&pages, 20);
	assert_int_equal(pages.given, 20);
	assert_false(bf_api_pages_next(&pages, -1)); /* the last word counts */
}

/* Parts: the offset counts through all of them, and an empty one ends nothing. */
static void test_parts(void **state)
{
	struct bf_api_pages pages;

	(void)state;
	bf_api_pages_begin(&pages, 120, 30, 3);
	assert_int_equal(pages.page, 1);
	read_records(&pages, 90);
	assert_true(bf_api_pages_next(&pages, 1));
	assert_true(bf_api_pages_next(&pages, 0));
	assert_int_equal(pages.page, 3);
	read_records(&pages, 60);
	assert_int_equal(pages.given, 30);
	assert_int_equal(pages.skip, 0);
	assert_false(bf_api_pages_next(&pages, 1));
	assert_int_equal(bf_api_pages_record(&pages), BF_API_ENOUGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_slices),
		cmocka_unit_test(test_the_number_of_pages_changes),
		cmocka_unit_test(test_an_empty_page_is_the_end),
		cmocka_unit_test(test_short_pages),
		cmocka_unit_test(test_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
