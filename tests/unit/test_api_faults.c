/*
 * Each call of reading, saving and deleting fails once: it is reported, and nothing is leaked.
 */
#include "webservice.h"

#include <string.h>

#include "unit.h"

/*
 * A read is whole or fails. A token is on disk, where a fault may only cost the way that is faster;
 * so of the system's calls it is enough that whatever comes out is an answer or an error.
 */
static void each_read(struct webservice *ws, unsigned calls, int error)
{
	json_t *query = webservice_json("{'name': ['a', 'b']}");
	struct bfabric_read read = {.query = query, .max_results = -1};

	FAULT_EACH (calls, error) {
		struct bfabric_error err = {0};
		json_t *got = NULL;
		enum bfabric_status status;
		bool failed;

		status = bfabric_read(ws->client, "sample", &read, &got, &err);
		failed = fault_disarm();
		if (status == BFABRIC_OK)
			assert_int_equal(json_array_size(got), 120);
		else
			assert_true(failed && err.status == status && *err.text && !got);
		json_decref(got);
		webservice_client(ws, BFABRIC_AUTH_OAUTH); /* nothing is remembered */
	}
	json_decref(query);
}

static void test_read(void **state)
{
	struct webservice *ws = *state;

	ws->records = 120;
	each_read(ws, FAULT_MEMORY, ENOMEM);
	each_read(ws, FAULT_SYSTEM, EIO);
}

/* Whatever fails, nothing is sent twice, and what is not known is not called done. */
static void test_save(void **state)
{
	struct webservice *ws = *state;
	json_t *objects = webservice_json("[{'name': 'a'}, {'name': 'b'}]");

	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric_error err = {0};
		json_t *got = NULL;
		unsigned before = ws->posts;
		enum bfabric_status status =
			bfabric_save(ws->client, "sample", objects, NULL, &got, &err);

		(void)fault_disarm(); /* what it came to is looked at below */
		assert_true(ws->posts <= before + 1);
		if (status == BFABRIC_OK)
			assert_int_equal(json_array_size(got), 2);
		else if (ws->posts == before + 1)
			assert_non_null(strstr(err.text, "not known"));
		json_decref(got);
		webservice_client(ws, BFABRIC_AUTH_OAUTH);
	}
	json_decref(objects);
}

static void test_delete_and_inspect(void **state)
{
	struct webservice *ws = *state;
	const int64_t ids[] = {1, 3};

	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		json_t *got = NULL, *described = NULL;
		enum bfabric_status status, inspected;

		inspected = bfabric_inspect(ws->client, "sample", 0, &described, NULL);
		status = bfabric_delete(ws->client, "sample", ids, 2, NULL, &got, NULL);
		if (!fault_disarm())
			assert_true(status == BFABRIC_OK && inspected == BFABRIC_OK);
		assert_int_equal(status == BFABRIC_OK, got != NULL);
		json_decref(got);
		json_decref(described);
		webservice_client(ws, BFABRIC_AUTH_OAUTH);
	}
}

static void test_many_ids_and_exists(void **state)
{
	struct webservice *ws = *state;
	json_t *query = webservice_json("{'id': []}");
	struct bfabric_read read = {.query = query, .max_results = -1};

	for (int i = 1; i <= 150; i++)
		json_array_append_new(json_object_get(query, "id"), json_integer(i));
	ws->records = 150;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		json_t *got = NULL;
		bool exists = false;
		enum bfabric_status status, looked;

		status = bfabric_read(ws->client, "sample", &read, &got, NULL);
		looked = bfabric_exists(ws->client, "sample", "name", "x", NULL, &exists, NULL);
		if (!fault_disarm())
			assert_true(status == BFABRIC_OK && looked == BFABRIC_OK && exists);
		if (status == BFABRIC_OK)
			assert_int_equal(json_array_size(got), 150);
		json_decref(got);
		webservice_client(ws, BFABRIC_AUTH_OAUTH);
	}
	json_decref(query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		webservice_test(test_read),
		webservice_test(test_save),
		webservice_test(test_delete_and_inspect),
		webservice_test(test_many_ids_and_exists),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
