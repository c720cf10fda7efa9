/*
 * Deleting records.
 */
#include "api.h"

#include <string.h>

static const struct bfabric_write plain_delete;

/*
 * "Workunit 5 removed successfully." is what was done; "Workunit 5 is not deletable." stands in the
 * same member and is a failure: it becomes the errorreport that other failures have.
 */
static bool tell_apart(json_t *record, int64_t id)
{
	const char *said = json_string_value(json_object_get(record, "deletionreport"));
	const char *report = json_string_value(json_object_get(record, "errorreport"));

	if (!json_object_get(record, "id") &&
		json_object_set_new(record, "id", json_integer(id)) != 0)
		return false;
	if ((report && *report) || (said && strstr(said, "removed successfully")))
		return true;
	return json_object_set_new(record, "errorreport",
		       json_string(said && *said ? said
						 : "the server does not say what became of "
						   "it")) == 0;
}

static enum bfabric_status forget(struct bf_api_call *call, const int64_t *ids, size_t count,
	struct bf_api_answers *answers, struct bfabric_error *err)
{
	enum bfabric_status status = bf_api_write(call, count, answers, err);

	for (size_t i = 0; status == BFABRIC_OK && i < count; i++)
		if (!tell_apart(json_array_get(answers->records, i), ids[i]))
			status = bf_fail_nomem(err);
	return status;
}

static json_t *list_ids(const int64_t *ids, size_t count)
{
	json_t *list = json_array();

	for (size_t i = 0; list && i < count; i++)
		if (json_array_append_new(list, json_integer(ids[i])) != 0) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

enum bfabric_status bfabric_delete(struct bfabric *client, const char *endpoint, const int64_t *ids,
	size_t count, const struct bfabric_write *write, struct json_t **ret_records,
	struct bfabric_error *err)
{
	BF_AUTO_API_CALL struct bf_api_call call = {
		.client = client, .endpoint = endpoint, .operation = "delete", .done = "deleted"};
	BF_AUTO_API_ANSWERS struct bf_api_answers answers = {0};
	json_t *parameters = NULL;
	enum bfabric_status status;

	write = write ? write : &plain_delete;
	call.deadline = write->deadline;
	status = bf_api_describe(client, endpoint, call.deadline, &call.description, err);
	if (status == BFABRIC_OK)
		status = bf_api_check_operation(call.description, endpoint, call.operation, err);
	if (status != BFABRIC_OK)
		return status;
	if (count == 0)
		return bf_api_nothing_to_do(ret_records, err);
	parameters = json_pack("{s:o}", "id", list_ids(ids, count));
	if (!parameters)
		return bf_fail_nomem(err);
	call.parameters = parameters;
	status = forget(&call, ids, count, &answers, err);
	json_decref(parameters);
	if (status == BFABRIC_OK)
		status = bf_api_settle(&call, &answers, write->keep_errors, ret_records, err);
	return status;
}
