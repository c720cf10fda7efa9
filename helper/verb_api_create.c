#include "api.h"
#include "api_query.h"
#include "full.h"
#include "say.h"

static enum bfabric_status understand(
	const struct bf_command_line *call, json_t **ret, struct bfabric_error *err)
{
	enum bfabric_status status = bf_records_query(call, 1, BF_REPEATED_REFUSED, ret, err);

	if (status == BFABRIC_OK && json_object_get(*ret, "id"))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"id is the server's to choose; to change a record: bfabric api update");
	if (status == BFABRIC_OK && json_object_size(*ret) == 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "there is nothing to create: KEY VALUE ...");
	return status;
}

enum bfabric_status bf_run_api_create(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_RECORDS struct bf_records api = {0};
	json_auto_t *object = NULL, *saved = NULL;
	enum bfabric_status status = bf_records_open(&api, call, err);

	bf_records_expect(answer);
	if (status == BFABRIC_OK)
		status = understand(call, &object, err);
	if (status == BFABRIC_OK)
		status = bf_records_save(&api, object, &saved, err);
	if (status != BFABRIC_OK)
		return status;
	bf_records_tell(&api, json_array_get(saved, 0), "was created");
	return bf_records_show(
		&api, bf_records_format_saved(call->format), saved, NULL, &answer->out, err);
}
