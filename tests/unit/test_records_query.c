/*
 * KEY VALUE pairs and JSON become one object; what is wrong with them is said before anything is
 * sent.
 */
#include "unit.h"

#include <jansson.h>

#include "helper/api_query.h"

static struct bfabric_error err;

/* `words` separated by '|' as arguments behind ENDPOINT; the object as compact JSON. */
static enum bfabric_status query(const char *words, const char *json, const char *file,
	enum bf_repeated repeated, char **ret)
{
	BF_AUTO_FREE char *copy = strdup(words);
	const char *many[16] = {"sample"};
	struct bf_command_line call = BF_COMMAND_LINE_INIT;
	json_auto_t *object = NULL;
	enum bfabric_status status;
	char *at = copy;

	call.many = many;
	call.many_count = 1;
	call.json_text = json;
	call.json_file = file;
	while (*words && at)
		many[call.many_count++] = strsep(&at, "|");
	status = bf_records_query(&call, 1, repeated, &object, &err);
	*ret = status == BFABRIC_OK ? json_dumps(object, JSON_COMPACT) : NULL;
	return status;
}

static void test_objects(void **state)
{
	static const struct {
		const char *words, *json, *expected;
	} cases[] = {
		{"", NULL, "{}"},
		{"name|x", NULL, "{\"name\":\"x\"}"},
		{"name|", NULL, "{\"name\":\"\"}"},
		{"id|1|id|2|name|\303\274|id|2", NULL,
			"{\"id\":[\"1\",\"2\",\"2\"],\"name\":\"\303\274\"}"},
		{"b|<&>|a|-5", NULL, "{\"b\":\"<&>\",\"a\":\"-5\"}"},
		{"a|1", "{\"b\":{\"c\":[1,true]},\"d\":[]}",
			"{\"a\":\"1\",\"b\":{\"c\":[1,true]},\"d\":[]}"},
		{"", "{\"n\":9007199254740993}", "{\"n\":9007199254740993}"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_FREE char *got = NULL;

		assert_int_equal(
			query(cases[i].words, cases[i].json, NULL, BF_REPEATED_ALTERNATIVES, &got),
			BFABRIC_OK);
		assert_string_equal(got, cases[i].expected);
	}
}

static void test_refused(void **state)
{
	static const struct {
		const char *words, *json, *says;
	} cases[] = {
		{"name", NULL, "\"name\" has no value"},
		{"a|1|b", NULL, "\"b\" has no value"},
		{"|1", NULL, "KEY is empty"},
		{"a|1|a|2", NULL, "a is given twice"},
		{"a|\377", NULL, "UTF-8"},
		{"\377|a", NULL, "UTF-8"},
		{"a|1", "{\"a\":2}", "as a pair, and in JSON"},
		{"", "[1]", "takes a JSON object"},
		{"", "{\"a\":1", "--json, line 1"},
		{"", "{\"a\":1,\"a\":2}", "duplicate"},
		{"", "", "--json, line 1"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_FREE char *got = NULL;

		assert_fails(query(cases[i].words, cases[i].json, NULL, BF_REPEATED_REFUSED, &got),
			BFABRIC_BAD_CALL, err, cases[i].says);
	}
}

static void test_file(void **state)
{
	BF_AUTO_FREE char *got = NULL, *none = NULL;

	(void)state;
	scratch_file("query.json", "{\"a\": 1,\n\"b\": [2]}\n", 0644);
	assert_int_equal(
		query("c|3", "{\"a\":\"wins\"}", scratch("query.json"), BF_REPEATED_REFUSED, &got),
		BFABRIC_OK);
	assert_string_equal(got, "{\"c\":\"3\",\"a\":\"wins\",\"b\":[2]}");
	assert_fails(query("", NULL, scratch("missing"), BF_REPEATED_REFUSED, &none),
		BFABRIC_SYSTEM, err, "No such file");
	scratch_file("bad.json", "{\n  \"a\" 1}", 0644);
	assert_fails(query("", NULL, scratch("bad.json"), BF_REPEATED_REFUSED, &none),
		BFABRIC_BAD_CALL, err, "--json-file, line 2");
}

static void test_numbers(void **state)
{
	static const char *const bad[] = {"0", "-1", "1.5", "", "x", "1 ", "99999999999999999999"};
	int64_t n = 0;

	(void)state;
	assert_int_equal(bf_records_id("ID", "17", &n, &err), BFABRIC_OK);
	assert_int_equal(n, 17);
	assert_int_equal(bf_records_limit("all", &n, &err), BFABRIC_OK);
	assert_int_equal(n, -1);
	assert_int_equal(bf_records_limit(NULL, &n, &err), BFABRIC_OK);
	assert_int_equal(n, 0);
	assert_int_equal(bf_records_limit("250", &n, &err), BFABRIC_OK);
	assert_int_equal(n, 250);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_fails(bf_records_id("ID", bad[i], &n, &err), BFABRIC_BAD_CALL, err, "ID \"");
		assert_fails(bf_records_limit(bad[i], &n, &err), BFABRIC_BAD_CALL, err, "or all");
	}
}

static void test_endpoints(void **state)
{
	static const char *const bad[] = {"", "../x", "a/b", "sample?wsdl", "s p", "\303\274"};
	const char *many[1] = {"workunit"}, *got = NULL;
	struct bf_command_line call = BF_COMMAND_LINE_INIT;

	(void)state;
	call.many = many;
	assert_fails(bf_records_endpoint(&call, &got, &err), BFABRIC_BAD_CALL, err, "no ENDPOINT");
	call.many_count = 1;
	assert_int_equal(bf_records_endpoint(&call, &got, &err), BFABRIC_OK);
	assert_string_equal(got, "workunit");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		many[0] = bad[i];
		assert_fails(bf_records_endpoint(&call, &got, &err), BFABRIC_BAD_CALL, err,
			"not the name of an endpoint");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_refused),
		unit_in_scratch(test_file),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
