#include "api.h"
#include "api_columns.h"
#include "api_file.h"
#include "api_query.h"
#include "full.h"
#include "say.h"

#define LIMIT 100

/* What is wrong with the command line is said before anything is asked of the server. */
struct wanted {
	json_t *query, *columns; /* owned */
	int64_t limit;
	enum bf_records_format format;
	struct bf_records_file file;
};

static void wanted_release(struct wanted *wanted)
{
	json_decref(wanted->query);
	json_decref(wanted->columns);
	bf_records_file_release(&wanted->file);
}

static enum bfabric_status understand(
	const struct bf_command_line *call, struct wanted *ret, struct bfabric_error *err)
{
	enum bfabric_status status = bf_records_limit(call->limit, &ret->limit, err);

	ret->format = bf_records_format_of(call->format);
	if (status == BFABRIC_OK)
		status = bf_records_query(call, 1, BF_REPEATED_ALTERNATIVES, &ret->query, err);
	if (status == BFABRIC_OK)
		status = bf_records_columns_asked(&call->columns, &ret->columns, err);
	if (status == BFABRIC_OK && call->output_file && ret->format == BF_RECORDS_TABLE)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"--file needs --format json, yaml or tsv: a table is for the terminal");
	if (status == BFABRIC_OK && call->output_file)
		status = bf_records_file_open(&ret->file, call->output_file, err);
	return status;
}

static enum bfabric_status read_sorted(struct bf_records *api, const struct wanted *wanted,
	json_t **ret, struct bfabric_error *err)
{
	struct bfabric_read read = bf_records_reading(api);
	json_auto_t *records = NULL;
	enum bfabric_status status;

	read.query = wanted->query;
	read.max_results = wanted->limit;
	read.offset = api->call->offset;
	read.ids_only = api->call->ids_only;
	status = bf_records_read(api, &read, &records, err);
	return status == BFABRIC_OK ? bf_records_sort(records, ret, err) : status;
}

enum bfabric_status bf_run_api_read(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(wanted_release) struct wanted wanted = {.file = BF_RECORDS_FILE_INIT};
	BF_AUTO_RECORDS struct bf_records api = {0};
	json_auto_t *records = NULL;
	enum bfabric_status status = bf_records_open(&api, call, err);

	bf_records_expect(answer);
	if (status == BFABRIC_OK)
		status = understand(call, &wanted, err);
	if (status == BFABRIC_OK)
		status = read_sorted(&api, &wanted, &records, err);
	if (status != BFABRIC_OK)
		return status;
	if (json_array_size(records) == 0 && wanted.format == BF_RECORDS_TABLE) {
		bf_say("no %s fits that", api.endpoint);
		return BFABRIC_OK;
	}
	if (!call->limit && json_array_size(records) == LIMIT)
		bf_say("these are the newest %d, and there may be more: --limit all", LIMIT);
	status = bf_records_show(&api, wanted.format, records, wanted.columns, &answer->out, err);
	if (status == BFABRIC_OK && call->output_file) {
		status = bf_records_file_commit(&wanted.file, &answer->out, err);
		bf_secret_clear(&answer->out);
	}
	return status;
}
