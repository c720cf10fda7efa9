/*
 * Records as a table: it fits the terminal, and nothing in it can steer one.
 */
#include "unit.h"

#include <jansson.h>

#include "helper/api_format.h"
#include "helper/api_width.h"

static struct bfabric_error err;

static unsigned put(const char *records, const char *columns, unsigned width, const char *link,
	struct bf_secret *out)
{
	json_auto_t *read = json_loads(records, 0, NULL);
	json_auto_t *chosen = columns ? json_loads(columns, 0, NULL) : NULL;
	struct bf_records_view view = {.records = read,
		.columns = chosen,
		.max_columns = 2,
		.width = width,
		.link = link,
		.ellipsis = "\342\200\246"};

	assert_non_null(read);
	bf_secret_clear(out);
	assert_int_equal(bf_records_put(BF_RECORDS_TABLE, &view, out, &err), BFABRIC_OK);
	return view.left_out;
}

/* id, name, then the first of the first record's others by name. */
static void test_columns(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	assert_int_equal(put("[{\"name\":\"x\",\"id\":1,\"b\":true,\"c\":2,\"classname\":\"y\"},"
			     "{\"id\":12,\"a\":1}]",
				 NULL, 0, NULL, &out),
		0);
	assert_string_equal(bf_secret_reveal(&out), "id  name  b\n1   x     true\n12\n");
	put("[{\"name\":\"x\",\"id\":1}]", "[\"zzz\",\"name\"]", 0, NULL, &out);
	assert_string_equal(bf_secret_reveal(&out), "zzz  name\n     x\n");
}

static void test_cells(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	put("[{\"id\":1,\"groupingvar\":{\"id\":5,\"name\":\"g\"},\"user\":{\"id\":7},"
	    "\"l\":[{\"id\":1},\"x\",[2]],\"n\":null,\"t\":\"a\\nb\\tc\"}]",
		"[\"groupingvar\",\"user\",\"l\",\"n\",\"t\"]", 0, NULL, &out);
	assert_string_equal(bf_secret_reveal(&out),
		"groupingvar  user  l        n  t\ng            7     1, x, 2     a b c\n");
}

static void test_fits(void **state)
{
	static const char records[] = "[{\"id\":123456789,\"a\":\"0123456789abcdef\",\"b\":"
				      "\"0123456789abcdefghijklmn\"}]";
	static const struct {
		unsigned width, left_out;
		const char *expected;
	} cases[] = {
		{80, 0,
			"id         a                 b\n"
			"123456789  0123456789abcdef  0123456789abcdefghijklmn\n"},
		{40, 0,
			"id         a              b\n"
			"123456789  0123456789ab\342\200\246  0123456789abc\342\200\246\n"},
		{25, 0,
			"id         a       b\n"
			"123456789  01234\342\200\246  01234\342\200\246\n"},
		{24, 1, "id         a\n123456789  0123456789ab\342\200\246\n"},
		{5, 2, "id\n123456789\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		assert_int_equal(put(records, "[\"id\",\"a\",\"b\"]", cases[i].width, NULL, &out),
			cases[i].left_out);
		assert_string_equal(bf_secret_reveal(&out), cases[i].expected);
	}
}

/* Two columns for a wide character, none for a mark on another; neither is cut in two. */
static void test_widths(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	size_t used = 0;

	(void)state;
	assert_int_equal(bf_records_width("a\303\274\346\274\242\360\237\230\200e\314\201"), 7);
	assert_int_equal(bf_records_fit("a\346\274\242\346\274\242", 4, &used), 4);
	assert_int_equal(used, 3);
	assert_int_equal(bf_records_fit("e\314\201x", 1, &used), 3);
	put("[{\"id\":1,\"a\":\"\346\274\242\346\274\242\",\"b\":1},{\"id\":2,\"a\":\"x\",\"b\":2}"
	    "]",
		NULL, 0, NULL, &out);
	assert_string_equal(bf_secret_reveal(&out),
		"id  a     b\n1   \346\274\242\346\274\242  1\n2   x     2\n");
}

static void test_links(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	put("[{\"id\":15,\"a\":\"x\"},{\"id\":\"y\\u001b\",\"a\":\"z\"}]", NULL, 80,
		"https://h.org/bfabric/sample/show.html?id=", &out);
	assert_string_equal(bf_secret_reveal(&out),
		"id  a\n"
		"\033]8;;https://h.org/bfabric/sample/show.html?id=15\033\\15\033]8;;\033\\  x\n"
		"y?  z\n");
}

/* Values and names of members alike. */
static void test_cannot_steer(void **state)
{
	static const char *const evil[] = {
		"[{\"id\":1,\"a\":\"\\u001b[2J\\u0007\\u009b1m\\r\\u202e\\u2028\"}]",
		"[{\"id\":1,\"\\u001b]0;x\\u0007\":\"x\"}]",
		"[{\"id\":\"\\u001b]8;;http://x\\u001b\\\\\"}]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(evil) / sizeof(evil[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
		const char *text;

		put(evil[i], NULL, 80, "https://h.org/", &out);
		text = bf_secret_reveal(&out);
		if (i < 2) /* the link of id 1 is ours */
			assert_ptr_equal(
				strstr(text, "\033]8;;https://h.org/1\033\\1\033]8;;\033\\"),
				strchr(text, '\033'));
		else
			assert_null(strchr(text, '\033'));
		assert_null(strchr(text, '\007'));
		assert_null(strchr(text, '\r'));
		assert_null(strstr(text, "\302\233"));
		assert_null(strstr(text, "\342\200\256"));
		assert_null(strstr(text, "\342\200\250"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_fits),
		cmocka_unit_test(test_widths),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_cannot_steer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
