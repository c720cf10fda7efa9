/*
 * Saving and deleting in a web service in memory: what is sent, what each record came to, and that
 * nothing is ever sent twice.
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

static enum bfabric_status save(struct webservice *ws, const char *objects,
	const struct bfabric_write *write, json_t **ret, struct bfabric_error *err)
{
	json_t *parsed = webservice_json(objects);
	enum bfabric_status status;

	*ret = NULL;
	*err = (struct bfabric_error){0};
	status = bfabric_save(ws->client, "sample", parsed, write, ret, err);
	json_decref(parsed);
	return status;
}

static bool asked(const struct webservice *ws, const char *text)
{
	return strstr(bf_secret_reveal(&ws->last_body), text) != NULL;
}

static const char *member(const json_t *records, size_t i, const char *name)
{
	return json_string_value(json_object_get(json_array_get(records, i), name));
}

/* ---- saving ---------------------------------------------------------------------------------- */

static void test_save_one(void **state)
{
	BEGIN;

	assert_int_equal(save(ws, "{'name': 'a<b', 'attribute': [{'name': 'x', 'position': 1}]}",
				 NULL, &got, &err),
		BFABRIC_OK);
	assert_int_equal(json_array_size(got), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(got, 0), "id")), 500);
	json_decref(got);
	assert_true(ws->last_spends);
	assert_true(asked(ws, "<b:save><parameters><login>__oauth__</login>"));
	assert_true(asked(ws, "<sample><name>a&lt;b</name><attribute><name>x</name>"
			      "<position>1</position></attribute></sample>"));
	/* the answer is nobody's business if nobody asks */
	got = webservice_json("{'id': 5}");
	assert_int_equal(bfabric_save(ws->client, "sample", got, NULL, NULL, &err), BFABRIC_OK);
	json_decref(got);
}

static void test_save_many(void **state)
{
	BEGIN;

	assert_int_equal(
		save(ws, "[{'name': 'a'}, {'name': 'b', 'id': 7}]", NULL, &got, &err), BFABRIC_OK);
	assert_string_equal(member(got, 1, "name"), "b");
	json_decref(got);
	assert_int_equal(ws->posts, 1);
}

static void test_save_nothing(void **state)
{
	BEGIN;

	assert_int_equal(save(ws, "[]", NULL, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 0);
	json_decref(got);
	assert_int_equal(ws->posts, 0);
}

static void test_other_methods(void **state)
{
	const struct bfabric_write check = {.method = "checkandinsert"}, wrong = {.method = "sav"};
	BEGIN;

	assert_int_equal(save(ws, "{'name': 'a'}", &check, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_true(asked(ws, "<b:checkandinsert>"));
	assert_fails(save(ws, "{'name': 'a'}", &wrong, &got, &err), BFABRIC_BAD_CALL, err,
		"has no method 'sav', it has: ");
	assert_non_null(strstr(err.text, "did you mean 'save'?"));
}

static void test_what_is_no_record(void **state)
{
	static const char *const bad[] = {"'x'", "5", "null", "[5]", "[{'name': 'x'}, []]"};
	BEGIN;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(
			save(ws, bad[i], NULL, &got, &err), BFABRIC_BAD_CALL, err, "an object or");
	assert_int_equal(ws->gets, 0);
}

static void test_unknown_fields(void **state)
{
	const struct bfabric_write anyhow = {.no_check = true};
	BEGIN;

	assert_fails(save(ws, "{'Name': 'x'}", NULL, &got, &err), BFABRIC_BAD_CALL, err,
		"'save' of sample has no field 'Name'; did you mean 'name'?");
	assert_fails(save(ws, "[{'name': 'x'}, {'description': 'x'}]", NULL, &got, &err),
		BFABRIC_BAD_CALL, err,
		"object 2 of 2 ('save' of sample) has no field 'description'");
	assert_fails(save(ws, "{'attribute': [{'name': 'x'}, {'positoin': 1}]}", NULL, &got, &err),
		BFABRIC_BAD_CALL, err, "has no field 'positoin'; did you mean 'position'?");
	assert_int_equal(ws->posts, 0);
	assert_int_equal(save(ws, "{'Name': 'x'}", &anyhow, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_int_equal(ws->posts, 1);
}

static void test_some_are_not_saved(void **state)
{
	const struct bfabric_write keep = {.keep_errors = true};
	const char *objects = "[{'name': 'bad'}, {'name': 'good'}, {'name': 'bad too'}]";
	BEGIN;

	assert_fails(save(ws, objects, NULL, &got, &err), BFABRIC_REFUSED, err,
		"Query was not successful: bad will not do; bad too will not do (1 of 3 were "
		"saved)");
	assert_null(got);
	assert_int_equal(save(ws, objects, &keep, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 3);
	assert_string_equal(member(got, 0, "errorreport"), "bad will not do");
	assert_string_equal(member(got, 1, "name"), "good");
	json_decref(got);
	assert_fails(save(ws, "{'name': 'bad'}", NULL, &got, &err), BFABRIC_REFUSED, err,
		"Query was not successful: bad will not do");
	assert_null(strstr(err.text, "of 1"));
}

static void test_many_are_not_saved(void **state)
{
	json_t *objects = json_array();
	BEGIN;

	(void)got;
	for (int i = 0; i < 60; i++)
		json_array_append_new(objects, json_pack("{s:s}", "name", "bad as can be"));
	json_array_append_new(objects, json_pack("{s:s}", "name", "good"));
	assert_fails(bfabric_save(ws->client, "sample", objects, NULL, NULL, &err), BFABRIC_REFUSED,
		err, " more (1 of 61 were saved)");
	json_decref(objects);
}

/* ---- deleting -------------------------------------------------------------------------------- */

static void test_delete(void **state)
{
	const int64_t ids[] = {1, 3};
	BEGIN;

	assert_int_equal(
		bfabric_delete(ws->client, "sample", ids, 2, NULL, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 2);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(got, 1), "id")), 3);
	assert_string_equal(member(got, 1, "deletionreport"), "Sample 3 removed successfully.");
	json_decref(got);
	assert_true(asked(ws, "<id>1</id><id>3</id></parameters></b:delete>"));
	assert_true(ws->last_spends);
}

static void test_delete_what_cannot_be(void **state)
{
	const struct bfabric_write keep = {.keep_errors = true};
	const int64_t ids[] = {1, 2, 77};
	BEGIN;

	assert_fails(bfabric_delete(ws->client, "sample", ids, 3, NULL, &got, &err),
		BFABRIC_REFUSED, err,
		"Query was not successful: Sample 2 is not deletable.; There is no sample with id "
		"77! (1 of 3 were deleted)");
	assert_int_equal(
		bfabric_delete(ws->client, "sample", ids, 3, &keep, &got, &err), BFABRIC_OK);
	assert_null(member(got, 0, "errorreport"));
	assert_string_equal(member(got, 1, "errorreport"), "Sample 2 is not deletable.");
	assert_string_equal(member(got, 2, "errorreport"), "There is no sample with id 77!");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
			json_integer_value(json_object_get(json_array_get(got, i), "id")), ids[i]);
	json_decref(got);
}

static void test_delete_nothing(void **state)
{
	BEGIN;

	assert_int_equal(
		bfabric_delete(ws->client, "sample", NULL, 0, NULL, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 0);
	json_decref(got);
	assert_int_equal(ws->posts, 0);
	assert_fails(bfabric_delete(ws->client, "smaple", NULL, 0, NULL, &got, &err),
		BFABRIC_BAD_CALL, err, "did you mean");
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

#define SOAP(content)                                                                              \
	"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" content         \
	"</s:Body></s:Envelope>"
#define RETURN(content) SOAP("<r><return>" content "</return></r>")

static void test_answers(void **state)
{
	static const struct {
		struct webservice_trouble trouble;
		enum bfabric_status status;
		const char *says;
		bool known; /* that nothing was saved */
	} cases[] = {
		{{.e = BFABRIC_RETRY_LATER, .unsent = true}, BFABRIC_RETRY_LATER, "is dead", true},
		{{.e = BFABRIC_RETRY_LATER}, BFABRIC_RETRY_LATER, "is dead", false},
		{{.e = BFABRIC_TIMEOUT}, BFABRIC_TIMEOUT, "is dead", false},
		{{.e = BFABRIC_CANCELLED}, BFABRIC_CANCELLED, "is dead", false},
		{{.cut = 200}, BFABRIC_BAD_REPLY, "", false},
		{{.http = 502, .type = "text/html", .body = "x"}, BFABRIC_RETRY_LATER, "HTTP 502",
			false},
		{{.http = 404, .type = "text/html", .body = "x"}, BFABRIC_RETRY_LATER, "HTTP 404",
			true},
		{{.http = 403, .type = "text/html", .body = "x"}, BFABRIC_FORBIDDEN, "HTTP 403",
			true},
		{{.http = 500, .body = SOAP("<s:Fault><faultstring>Oops</faultstring></s:Fault>")},
			BFABRIC_REFUSED, "Query was not successful: Oops", false},
		{{.body = RETURN("<errorreport>No.</errorreport>")}, BFABRIC_REFUSED,
			"Query was not successful: No.", true},
		{{.body = RETURN("<page>1</page>")}, BFABRIC_BAD_REPLY, "answers for 0 of 1",
			false},
		{{.body = RETURN("<sample id='1'/><sample id='2'/>")}, BFABRIC_BAD_REPLY,
			"answers for 2 of 1", false},
		{{.body = RETURN("<errorreport>Insufficient scope</errorreport>")},
			BFABRIC_FORBIDDEN, "lacks the scope api:write", true},
		{{.body = RETURN("<sample><errorreport>Insufficient scope for "
				 "this.</errorreport></sample>")},
			BFABRIC_FORBIDDEN,
			"bfabric login --env TEST --scope \"api:read api:write\"", true},
	};
	BEGIN;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		unsigned before = ws->posts;

		ws->next[0] = cases[i].trouble;
		ws->next[0].at = before + 1;
		assert_fails(save(ws, "{'name': 'x'}", NULL, &got, &err), cases[i].status, err,
			cases[i].says);
		assert_int_equal(ws->posts, before + 1);
		assert_int_equal(strstr(err.text, "not known") == NULL, cases[i].known);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		webservice_test(test_save_one),
		webservice_test(test_save_many),
		webservice_test(test_save_nothing),
		webservice_test(test_other_methods),
		webservice_test(test_what_is_no_record),
		webservice_test(test_unknown_fields),
		webservice_test(test_some_are_not_saved),
		webservice_test(test_many_are_not_saved),
		webservice_test(test_delete),
		webservice_test(test_delete_what_cannot_be),
		webservice_test(test_delete_nothing),
		webservice_test(test_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
