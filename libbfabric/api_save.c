/*
 * Creating and changing records.
 */
#include "api.h"

#include <stdio.h>

static const struct bfabric_write plain_save;

static enum bfabric_status check_objects(const json_t *objects, struct bfabric_error *err)
{
	bool good = json_is_object(objects) || json_is_array(objects);

	for (size_t i = 0; good && i < json_array_size(objects); i++)
		good = json_is_object(json_array_get(objects, i));
	return good ? BFABRIC_OK
		    : bf_fail(err, BFABRIC_BAD_CALL,
			      "what is saved is an object or an array of objects");
}

static enum bfabric_status check_fields(
	const struct bf_api_call *call, const json_t *objects, struct bfabric_error *err)
{
	const char *type =
		bf_api_parameter_type(call->description, call->operation, call->endpoint);
	size_t count = json_is_array(objects) ? json_array_size(objects) : 1;
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; status == BFABRIC_OK && i < count; i++) {
		char what[120] = "";
		const json_t *object =
			json_is_array(objects) ? json_array_get(objects, i) : objects;

		(void)snprintf(what, sizeof(what), "'%s' of %s", call->operation, call->endpoint);
		if (count > 1)
			(void)snprintf(what, sizeof(what), "object %zu of %zu ('%s' of %s)", i + 1,
				count, call->operation, call->endpoint);
		status = bf_api_check_fields(call->description, type, object, what, err);
	}
	return status;
}

static enum bfabric_status save(struct bf_api_call *call, const json_t *objects,
	const struct bfabric_write *write, json_t **ret_records, struct bfabric_error *err)
{
	BF_AUTO_API_ANSWERS struct bf_api_answers answers = {0};
	size_t count = json_is_array(objects) ? json_array_size(objects) : 1;
	json_t *parameters = json_pack("{s:O}", call->endpoint, bf_api_unconst(objects));
	enum bfabric_status status;

	if (!parameters)
		return bf_fail_nomem(err);
	call->parameters = parameters;
	status = bf_api_write(call, count, &answers, err);
	json_decref(parameters);
	if (status == BFABRIC_OK)
		status = bf_api_settle(call, &answers, write->keep_errors, ret_records, err);
	return status;
}

enum bfabric_status bfabric_save(struct bfabric *client, const char *endpoint,
	const struct json_t *objects, const struct bfabric_write *write,
	struct json_t **ret_records, struct bfabric_error *err)
{
	BF_AUTO_API_CALL struct bf_api_call call = {
		.client = client, .endpoint = endpoint, .done = "saved"};
	enum bfabric_status status = check_objects(objects, err);

	write = write ? write : &plain_save;
	call.operation = write->method ? write->method : "save";
	call.deadline = write->deadline;
	if (status == BFABRIC_OK)
		status = bf_api_describe(client, endpoint, call.deadline, &call.description, err);
	if (status == BFABRIC_OK)
		status = bf_api_check_operation(call.description, endpoint, call.operation, err);
	if (status == BFABRIC_OK && !write->no_check)
		status = check_fields(&call, objects, err);
	if (status != BFABRIC_OK)
		return status;
	if (json_is_array(objects) && json_array_size(objects) == 0)
		return bf_api_nothing_to_do(ret_records, err);
	return save(&call, objects, write, ret_records, err);
}
