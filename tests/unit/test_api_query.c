/*
 * Queries and descriptions: what is checked before anything is asked, and what is sent then.
 */
#include "webservice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define BEGIN                                                                                      \
	struct webservice *ws = *state;                                                            \
	struct bfabric_error err = {0};                                                            \
	json_t *got = NULL

/* Read with a query that is given as JSON with '. */
static enum bfabric_status read_query(struct webservice *ws, const char *query,
	const struct bfabric_read *how, json_t **ret, struct bfabric_error *err)
{
	json_t *parsed = webservice_json(query);
	struct bfabric_read read = how ? *how : (struct bfabric_read){0};
	enum bfabric_status status;

	read.query = parsed;
	status = webservice_read(ws, &read, ret, err);
	json_decref(parsed);
	return status;
}

/* ---- queries --------------------------------------------------------------------------------- */

static void test_query(void **state)
{
	BEGIN;

	assert_int_equal(
		read_query(ws, "{'name': ['a&b', '\\u00e4%'], 'containerid': 7}", NULL, &got, &err),
		BFABRIC_OK);
	json_decref(got);
	assert_true(webservice_asked(ws,
		"<query><name>a&amp;b</name><name>\xc3\xa4%</name><containerid>7</"
		"containerid><includedeletableupdateable>false<"));
	assert_int_equal(read_query(ws, "{'includedeletableupdateable': true}", NULL, &got, &err),
		BFABRIC_OK);
	json_decref(got);
	assert_true(webservice_asked(ws,
		"<query><includedeletableupdateable>true</includedeletableupdateable></query>"));
}

static void test_unknown_fields(void **state)
{
	const struct bfabric_read anyhow = {.no_check = true};
	BEGIN;

	assert_fails(read_query(ws, "{'nmae': 'x'}", NULL, &got, &err), BFABRIC_BAD_CALL, err,
		"a query of sample has no field 'nmae'; did you mean 'name'?");
	assert_fails(read_query(ws, "{'banana\\u001b': 'x'}", NULL, &got, &err), BFABRIC_BAD_CALL,
		err, "no field 'banana?'");
	assert_int_equal(ws->posts, 0);
	assert_int_equal(read_query(ws, "{'nmae': 'x'}", &anyhow, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_true(webservice_asked(ws, "<nmae>x</nmae>"));
}

/* A condition that vanished would find everything. */
static void test_conditions_without_values(void **state)
{
	const struct bfabric_read anyhow = {.no_check = true};
	BEGIN;

	assert_fails(read_query(ws, "{'name': null}", &anyhow, &got, &err), BFABRIC_BAD_CALL, err,
		"no value for 'name'");
	assert_fails(read_query(ws, "{'name': ['a', null]}", NULL, &got, &err), BFABRIC_BAD_CALL,
		err, "no value for 'name'");
	assert_fails(read_query(ws, "['name']", NULL, &got, &err), BFABRIC_BAD_CALL, err,
		"a query is an object");
	assert_int_equal(read_query(ws, "{'id': []}", NULL, &got, &err), BFABRIC_OK);
	webservice_ids(got, 0, 0);
	assert_int_equal(ws->posts, 0);
}

/* Ids 1, 3, 5, ... as numbers and strings, some twice. */
static json_t *odd_ids(int count)
{
	json_t *query = json_object(), *ids = json_array();

	for (int i = 0; i < count; i++) {
		char text[20];

		snprintf(text, sizeof(text), "%d", 2 * i + 1);
		json_array_append_new(ids, i % 2 ? json_integer(2 * i + 1) : json_string(text));
		if (i % 3 == 0)
			json_array_append_new(ids, json_integer(2 * i + 1));
	}
	json_object_set_new(query, "id", ids);
	return query;
}

static void test_many_ids(void **state)
{
	json_t *query = odd_ids(230);
	struct bfabric_read read = {.query = query, .max_results = -1};
	BEGIN;

	ws->records = 500;
	assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 230);
	assert_int_equal(ws->posts, 3);
	for (size_t i = 0; i < 230; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(got, i), "id")),
			459 - 2 * (int)i);
	json_decref(got);
	read.offset = 120;
	read.max_results = 15;
	assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 15);
	assert_int_equal(
		json_integer_value(json_object_get(json_array_get(got, 0), "id")), 459 - 240);
	json_decref(got);
	ws->next[0] = (struct webservice_trouble){.at = ws->posts + 2, .http = 503};
	read.offset = 0;
	read.max_results = -1;
	assert_fails(webservice_read(ws, &read, &got, &err), BFABRIC_RETRY_LATER, err,
		"part 2 of 3, after 100 records: ");
	json_decref(query);
}

static void test_too_many_values(void **state)
{
	json_t *query = json_object(), *names = json_array();
	struct bfabric_read read = {.query = query};
	BEGIN;

	for (int i = 0; i < 101; i++)
		json_array_append_new(names, json_string("x"));
	json_object_set_new(query, "name", names);
	assert_fails(webservice_read(ws, &read, &got, &err), BFABRIC_BAD_CALL, err,
		"the query has 101 values, and B-Fabric takes 100");
	json_array_remove(names, 0);
	assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
	json_decref(got);
	json_decref(query);
	query = webservice_json("{'id': [1]}");
	for (int i = 0; i < 100; i++)
		json_array_append_new(json_object_get(query, "id"), json_string("5x"));
	read.query = query;
	assert_fails(
		webservice_read(ws, &read, &got, &err), BFABRIC_BAD_CALL, err, "one is no number");
	json_decref(query);
}

static void test_what_cannot_be_sent(void **state)
{
	BEGIN;

	assert_fails(read_query(ws, "{'name': 'a\\u0001b'}", NULL, &got, &err), BFABRIC_BAD_CALL,
		err, "query.name");
	assert_int_equal(ws->posts, 0);
}

static void test_bad_numbers(void **state)
{
	const struct bfabric_read before = {.offset = -1}, less = {.max_results = -2};
	BEGIN;

	assert_int_equal(webservice_read(ws, &before, &got, &err), BFABRIC_BAD_CALL);
	assert_int_equal(webservice_read(ws, &less, &got, &err), BFABRIC_BAD_CALL);
	assert_int_equal(ws->gets, 0);
}

static void test_exists(void **state)
{
	json_t *query = webservice_json("{'containerid': 3, 'name': 'y'}");
	bool exists = false;
	BEGIN;

	(void)got;
	assert_int_equal(bfabric_exists(ws->client, "sample", "name", "x", query, &exists, &err),
		BFABRIC_OK);
	assert_true(exists);
	assert_true(webservice_asked(ws, "<containerid>3</containerid><name>x</name>"));
	assert_true(webservice_asked(ws, "<idonly>true<"));
	json_decref(query);
	ws->records = 0;
	assert_int_equal(
		bfabric_exists(ws->client, "sample", "id", "7", NULL, &exists, &err), BFABRIC_OK);
	assert_false(exists);
	assert_fails(bfabric_exists(ws->client, "sample", "name", "\xff", NULL, &exists, &err),
		BFABRIC_BAD_CALL, err, "UTF-8");
}

/* ---- descriptions ---------------------------------------------------------------------------- */

static void test_inspect(void **state)
{
	BEGIN;

	assert_int_equal(bfabric_inspect(ws->client, "sample", 0, &got, &err), BFABRIC_OK);
	assert_string_equal(json_string_value(json_object_get(got, "namespace")),
		"http://endpoint.server.webservice.bfabric.org/");
	assert_non_null(json_object_get(json_object_get(got, "operations"), "checkandinsert"));
	/* it is the caller's: what becomes of it does not matter to the client */
	json_object_clear(got);
	json_decref(got);
	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK);
	webservice_ids(got, 3, 3);
	assert_int_equal(ws->gets, 1);
}

static void test_endpoint_names(void **state)
{
	static const char *const bad[] = {"", "Sample", "sample/../user", "sample?x", "a b",
		"s\xc3", "sample\n",
		"0123456789012345678901234567890123456789012345678901234567890123"};
	BEGIN;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(bfabric_inspect(ws->client, bad[i], 0, &got, &err), BFABRIC_BAD_CALL,
			err, "is no endpoint");
	assert_fails(bfabric_inspect(ws->client, "Sample", 0, &got, &err), BFABRIC_BAD_CALL, err,
		"did you mean 'sample'?");
	assert_int_equal(bfabric_inspect(ws->client, NULL, 0, &got, &err), BFABRIC_BAD_CALL);
	assert_int_equal(ws->gets, 0);
	assert_fails(bfabric_read(ws->client, "smaple", NULL, &got, &err), BFABRIC_BAD_CALL, err,
		"there is no endpoint 'smaple'; did you mean 'sample'?");
	assert_fails(bfabric_read(ws->client, "banana", NULL, &got, &err), BFABRIC_BAD_CALL, err,
		"there is no endpoint 'banana'");
	/* every B-Fabric has this one, so that its absence means something else */
	assert_fails(bfabric_read(ws->client, "workunit", NULL, &got, &err), BFABRIC_RETRY_LATER,
		err, "https://bfabric.test/bfabric/workunit?wsdl is not there (HTTP 404)");
}

static void test_bad_descriptions(void **state)
{
	BEGIN;

	ws->wsdl = "<html><body>Login</body></html>";
	assert_fails(webservice_read(ws, NULL, &got, &err), BFABRIC_BAD_REPLY, err,
		"the description at https://bfabric.test/bfabric/sample?wsdl");
	ws->wsdl = NULL;
	ws->wsdl_status = 503;
	assert_fails(webservice_read(ws, NULL, &got, &err), BFABRIC_RETRY_LATER, err, "HTTP 503");
	ws->wsdl_status = 302;
	assert_fails(webservice_read(ws, NULL, &got, &err), BFABRIC_BAD_REPLY, err, "redirection");
	ws->wsdl_status = 0;
	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK); /* nothing was kept */
	webservice_ids(got, 3, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		webservice_test(test_query),
		webservice_test(test_unknown_fields),
		webservice_test(test_conditions_without_values),
		webservice_test(test_many_ids),
		webservice_test(test_too_many_values),
		webservice_test(test_what_cannot_be_sent),
		webservice_test(test_bad_numbers),
		webservice_test(test_exists),
		webservice_test(test_inspect),
		webservice_test(test_endpoint_names),
		webservice_test(test_bad_descriptions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
