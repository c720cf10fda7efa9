/*
 * Records as json, yaml and tsv: what a program reads back is what came from the server.
 */
#include "unit.h"

#include <jansson.h>
#include <stdlib.h>

#include "helper/api_columns.h"
#include "helper/api_format.h"

static struct bfabric_error err;

static json_t *records_of(const char *text)
{
	json_t *records = json_loads(text, 0, NULL);

	assert_non_null(records);
	return records;
}

static void check(enum bf_records_format format, const char *records, const char *columns,
	const char *expected)
{
	json_auto_t *read = records_of(records), *chosen = columns ? records_of(columns) : NULL;
	struct bf_records_view view = {.records = read, .columns = chosen, .ellipsis = "~"};
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	assert_int_equal(bf_records_put(format, &view, &out, &err), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&out), expected);
}

static void test_json(void **state)
{
	(void)state;
	check(BF_RECORDS_JSON, "[]", NULL, "[]\n");
	check(BF_RECORDS_JSON,
		"[{\"id\":1,\"n\":null,\"o\":{},\"l\":[],\"t\":\"\\u0007\\\"\303\274\"}]", NULL,
		"[\n  {\n    \"id\": 1,\n    \"n\": null,\n    \"o\": {},\n    \"l\": [],\n"
		"    \"t\": \"\\u0007\\\"\303\274\"\n  }\n]\n");
	check(BF_RECORDS_JSON, "[{\"id\":9007199254740993,\"l\":[{\"id\":2},\"x\"],\"b\":true}]",
		NULL,
		"[\n  {\n    \"id\": 9007199254740993,\n    \"l\": [\n      {\n        \"id\": 2\n"
		"      },\n      \"x\"\n    ],\n    \"b\": true\n  }\n]\n");
	check(BF_RECORDS_JSON,
		"[{\"a\":0.1,\"b\":1e20,\"c\":2.0,\"d\":1e-7,\"e\":0.1234567890123456789}]",
		"[\"a\",\"b\",\"c\",\"d\",\"e\"]",
		"[\n  {\n    \"a\": 0.1,\n    \"b\": 1.0e+20,\n    \"c\": 2.0,\n    \"d\": "
		"1.0e-07,\n    \"e\": 0.12345678901234568\n  }\n]\n");
}

static void test_columns(void **state)
{
	(void)state;
	check(BF_RECORDS_JSON, "[{\"id\":1,\"b\":2},{\"id\":2,\"c\":\"x\"}]", "[\"c\",\"id\"]",
		"[\n  {\n    \"c\": null,\n    \"id\": 1\n  },\n  {\n    \"c\": \"x\",\n    "
		"\"id\": 2\n  }\n]\n");
	check(BF_RECORDS_TSV, "[{\"id\":1,\"b\":2},{\"id\":2,\"c\":\"x\"}]", "[\"c\",\"id\"]",
		"c\tid\n\t1\nx\t2\n");
}

static void test_yaml(void **state)
{
	(void)state;
	check(BF_RECORDS_YAML, "[]", NULL, "[]\n");
	check(BF_RECORDS_YAML,
		"[{\"id\":1,\"name\":\"Mouse 7\",\"n\":null,\"e\":\"\",\"l\":[],\"m\":{}},"
		"{\"id\":2,\"t\":true,\"f\":1.5}]",
		NULL,
		"- id: 1\n  name: Mouse 7\n  \"n\": null\n  \"e\": \"\"\n  \"l\": []\n  \"m\": {}\n"
		"- id: 2\n  \"t\": true\n  \"f\": 1.5\n");
	check(BF_RECORDS_YAML,
		"[{\"container\":{\"id\":3,\"inner\":{\"a\":\"b c\"}},\"list\":[{\"id\":4,\"x\":"
		"\"yes\"},\"on\",[1,2],[]],\"last\":\"a\\nb\"}]",
		NULL,
		"- container:\n    id: 3\n    inner:\n      \"a\": b c\n  list:\n  - id: 4\n    "
		"\"x\": \"yes\"\n  - \"on\"\n  - - 1\n    - 2\n  - []\n  last: \"a\\x0Ab\"\n");
	check(BF_RECORDS_YAML, "[{\"a b\":\"0x1F\",\"on\":\"~\"}]", NULL,
		"- a b: \"0x1F\"\n  \"on\": \"~\"\n");
}

/* The order of columns and what is quoted are bfabricPy's (polars). */
static void test_tsv(void **state)
{
	(void)state;
	check(BF_RECORDS_TSV,
		"[{\"id\":1,\"name\":\"a\\tb\",\"q\":\"say \\\"hi\\\"\",\"n\":null,\"e\":\"\","
		"\"nl\":\"x\\ny\",\"cr\":\"x\\ry\",\"sp\":\" a \",\"comma\":\"a,b\"}]",
		NULL,
		"id\tname\tq\tn\te\tnl\tcr\tsp\tcomma\n"
		"1\t\"a\tb\"\t\"say \"\"hi\"\"\"\t\t\"\"\t\"x\ny\"\t\"x\ry\"\t a \ta,b\n");
	check(BF_RECORDS_TSV,
		"[{\"id\":1,\"b\":true,\"f\":1.5,\"d\":{\"id\":3,\"classname\":\"x\"}},"
		"{\"id\":2,\"z\":\"only "
		"second\",\"d\":{\"id\":4,\"classname\":\"y\",\"extra\":\"e\"}}"
		"]",
		NULL,
		"id\tb\tf\tz\td_id\td_classname\td_extra\n1\ttrue\t1.5\t\t3\tx\t\n2\t\t\tonly "
		"second\t4\ty\te\n");
	check(BF_RECORDS_TSV, "[{\"id\":1,\"d\":{\"n\":{\"x\":1},\"id\":4},\"e\":{\"id\":5}}]",
		NULL, "id\td_id\te_id\td_n_x\n1\t4\t5\t1\n");
	check(BF_RECORDS_TSV, "[{\"id\":1,\"d\":{}},{\"id\":2,\"d\":null}]", NULL, "id\n1\n2\n");
	check(BF_RECORDS_TSV, "[{\"id\":1,\"d\":null}]", NULL, "id\td\n1\t\n");
}

/* What bfabricPy fails on. */
static void test_tsv_beyond(void **state)
{
	(void)state;
	check(BF_RECORDS_TSV, "[]", NULL, "id\n");
	check(BF_RECORDS_TSV, "[]", "[\"name\",\"id\"]", "name\tid\n");
	check(BF_RECORDS_TSV, "[{\"id\":1,\"l\":[{\"id\":3},\"a b\"]},{\"id\":2,\"l\":[]}]", NULL,
		"id\tl\n1\t\"[{\"\"id\"\":3},\"\"a b\"\"]\"\n2\t[]\n");
	check(BF_RECORDS_TSV, "[{\"d\":{\"id\":1}},{\"d\":\"text\"}]", NULL,
		"d\td_id\n\t1\ntext\t\n");
	check(BF_RECORDS_TSV, "[{\"l\":[0.1,1e20,\"\\n\",{\"a\\\\\":null,\"b\":false}]}]", NULL,
		"l\n\"[0.1,1.0e+20,\"\"\\n\"\",{\"\"a\\\\\"\":null,\"\"b\"\":false}]\"\n");
}

static void test_sorting(void **state)
{
	json_auto_t *records =
		records_of("[{\"id\":10},{\"id\":\"b\"},{\"x\":1},{\"id\":9,\"n\":1},"
			   "{\"id\":9,\"n\":2},{\"id\":\"a\"}]");
	json_auto_t *sorted = NULL;
	BF_AUTO_FREE char *text = NULL;

	(void)state;
	assert_int_equal(bf_records_sort(records, &sorted, &err), BFABRIC_OK);
	text = json_dumps(sorted, JSON_COMPACT);
	assert_string_equal(text,
		"[{\"id\":9,\"n\":1},{\"id\":9,\"n\":2},{\"id\":10},{\"id\":\"a\"},"
		"{\"id\":\"b\"},{\"x\":1}]");
}

static void test_columns_asked(void **state)
{
	static const struct {
		const char *one, *two, *expected;
	} cases[] = {
		{"id", NULL, "[\"id\"]"},
		{"id,name", "x", "[\"id\",\"name\",\"x\"]"},
	};
	static const char *const bad[] = {"a,,b", ",", "a,", ",a", "\377"};
	struct bf_option_list list = {{0}, 0};
	json_t *none = NULL;

	(void)state;
	assert_int_equal(bf_records_columns_asked(&list, &none, &err), BFABRIC_OK);
	assert_null(none);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		json_auto_t *got = NULL;
		BF_AUTO_FREE char *text = NULL;

		list = (struct bf_option_list){{cases[i].one, cases[i].two}, cases[i].two ? 2 : 1};
		assert_int_equal(bf_records_columns_asked(&list, &got, &err), BFABRIC_OK);
		text = json_dumps(got, JSON_COMPACT);
		assert_string_equal(text, cases[i].expected);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		list = (struct bf_option_list){{bad[i]}, 1};
		assert_fails(bf_records_columns_asked(&list, &none, &err), BFABRIC_BAD_CALL, err,
			"--columns");
	}
}

/* ---- no memory: jansson's and ours ----------------------------------------------------------- */

static void *give(size_t size)
{
	return malloc(size);
}

static void test_out_of_memory(void **state)
{
	static const enum bf_records_format formats[] = {
		BF_RECORDS_TABLE, BF_RECORDS_JSON, BF_RECORDS_YAML, BF_RECORDS_TSV};
	const struct bf_option_list list = {{"id,o,l"}, 1};

	(void)state;
	json_set_alloc_funcs(give, free);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			json_t *sorted = NULL, *asked = NULL, *records;
			BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
			enum bfabric_status status;
			bool failed;

			fault_hold(true);
			records = records_of("[{\"id\":2,\"o\":{\"a\":\"x\"},\"l\":[1,{\"id\":"
					     "3}]},{\"id\":1,\"p\":\"\\u0001\"}]");
			fault_hold(false);
			status = bf_records_sort(records, &sorted, &err);
			if (status == BFABRIC_OK)
				status = bf_records_columns_asked(&list, &asked, &err);
			if (status == BFABRIC_OK) {
				struct bf_records_view view = {.records = sorted,
					.columns = asked,
					.ellipsis = "~",
					.width = 10};

				status = bf_records_put(formats[i], &view, &out, &err);
			}
			failed = fault_disarm();
			/* A name that cannot be stored looks like one that is none. */
			assert_true(
				failed ? status == BFABRIC_NO_MEMORY || status == BFABRIC_BAD_CALL
				       : status == BFABRIC_OK);
			json_decref(records);
			json_decref(sorted);
			json_decref(asked);
		}
	json_set_alloc_funcs(malloc, free);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_yaml),
		cmocka_unit_test(test_tsv),
		cmocka_unit_test(test_tsv_beyond),
		cmocka_unit_test(test_sorting),
		cmocka_unit_test(test_columns_asked),
		cmocka_unit_test(test_out_of_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
