#include "api.h"
#include "api_query.h"
#include "full.h"
#include "say.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct wanted {
	int64_t *ids; /* owned */
	size_t count;
	bool some_missing;
};

static void wanted_release(struct wanted *wanted)
{
	free(wanted->ids);
}

static enum bfabric_status add_id(
	struct wanted *wanted, const char *text, struct bfabric_error *err)
{
	int64_t id = 0;
	enum bfabric_status status = bf_records_id("ID", text, &id, err);

	for (size_t i = 0; status == BFABRIC_OK && i < wanted->count; i++)
		if (wanted->ids[i] == id)
			return BFABRIC_OK; /* once is enough */
	if (status == BFABRIC_OK)
		wanted->ids[wanted->count++] = id;
	return status;
}

static enum bfabric_status understand(
	const struct bf_command_line *call, struct wanted *ret, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (call->many_count < 2)
		return bf_fail(err, BFABRIC_BAD_CALL, "no ID was given");
	ret->ids = calloc(call->many_count, sizeof(*ret->ids));
	if (!ret->ids)
		return bf_fail_nomem(err);
	for (size_t i = 1; status == BFABRIC_OK && i < call->many_count; i++)
		status = add_id(ret, call->many[i], err);
	return status;
}

/* ---- the preview ----------------------------------------------------------------------------- */

static bool is_among(json_t *records, int64_t id)
{
	json_t *record;
	size_t i;

	json_array_foreach (records, i, record)
		if (json_integer_value(json_object_get(record, "id")) == id)
			return true;
	return false;
}

/* Those that do not exist are told and left out. */
static void leave_out_missing(struct bf_records *api, struct wanted *wanted, json_t *found)
{
	size_t kept = 0;

	for (size_t i = 0; i < wanted->count; i++) {
		if (is_among(found, wanted->ids[i])) {
			wanted->ids[kept++] = wanted->ids[i];
			continue;
		}
		bf_say("there is no %s with id %" PRId64, api->endpoint, wanted->ids[i]);
		wanted->some_missing = true;
	}
	wanted->count = kept;
}

/* What tells a person which record it is, as far as records of this kind have it. */
static json_t *telling_columns(json_t *records)
{
	static const char *const telling[] = {
		"id", "name", "login", "status", "createdby", "created"};
	json_auto_t *columns = json_array();
	json_t *first = json_array_get(records, 0);

	for (size_t i = 0; i < sizeof(telling) / sizeof(telling[0]); i++)
		if (json_object_get(first, telling[i]) &&
			json_array_append_new(columns, json_string(telling[i])) != 0)
			return NULL;
	return json_incref(columns);
}

static enum bfabric_status confirm(
	struct bf_records *api, struct wanted *wanted, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret preview = BF_SECRET_INIT;
	json_auto_t *found = NULL, *columns = NULL;
	struct bf_records_view view = {.width = api->screen.terminal.columns, .ellipsis = "~"};
	char question[200];
	enum bfabric_status status =
		bf_records_read_ids(api, wanted->ids, wanted->count, &found, err);

	if (status != BFABRIC_OK)
		return status;
	leave_out_missing(api, wanted, found);
	if (wanted->count == 0)
		return bf_fail(err, BFABRIC_REFUSED, "there is nothing to delete");
	columns = telling_columns(found);
	if (!columns)
		return bf_fail_nomem(err);
	view.records = found;
	bf_records_put_table(&view, columns, &preview);
	if (wanted->count == 1)
		snprintf(question, sizeof(question), "Delete %s %" PRId64 "? [y/N] ", api->endpoint,
			wanted->ids[0]);
	else
		snprintf(question, sizeof(question), "Delete these %zu records of %s? [y/N] ",
			wanted->count, api->endpoint);
	return bf_records_confirm(&preview, question, err);
}

/* ---- what became of them --------------------------------------------------------------------- */

/* One answer stands for each id, in their order. False: it was not deleted. */
static bool tell(const struct bf_records *api, int64_t id, json_t *record)
{
	const char *failed = json_string_value(json_object_get(record, "errorreport"));
	const char *done = json_string_value(json_object_get(record, "deletionreport"));

	if (failed || !done)
		bf_say("%s %" PRId64 " was not deleted: %s", api->endpoint, id,
			failed ? failed : "the server does not say why");
	else
		bf_say("%s", done);
	return !failed && done;
}

static enum bfabric_status delete (struct bf_records *api, const struct wanted *wanted,
	struct bf_answer *answer, struct bfabric_error *err) {
	const struct bfabric_write write = {.keep_errors = true,
		.deadline = bf_records_deadline(api)};
	json_auto_t *records = NULL;
	size_t kept = 0;
	enum bfabric_status status = bfabric_delete(
		api->client, api->endpoint, wanted->ids, wanted->count, &write, &records, err);

	if (status != BFABRIC_OK) return bf_fail_with_hint(api->environment, api->call, err);
	for (size_t i = 0; i < wanted->count; i++) kept +=
	!tell(api, wanted->ids[i], json_array_get(records, i));
	answer->failure_was_told = true;
	if (kept || wanted->some_missing) return bf_fail(
		err, BFABRIC_REFUSED, "not all of them were deleted");
	return BFABRIC_OK;
}

enum bfabric_status bf_run_api_delete(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(wanted_release) struct wanted wanted = {0};
	BF_AUTO_RECORDS struct bf_records api = {0};
	enum bfabric_status status = bf_records_open(&api, call, err);

	if (status == BFABRIC_OK)
		status = understand(call, &wanted, err);
	if (status == BFABRIC_OK && !call->no_confirm)
		status = bf_records_need_person(&api, "delete", err);
	if (status == BFABRIC_OK && !call->no_confirm)
		status = confirm(&api, &wanted, err);
	return status == BFABRIC_OK ? delete (&api, &wanted, answer, err) : status;
}
