#include "api_format.h"
#include "api_columns.h"

static const enum bf_records_format formats[] = {
	BF_RECORDS_TABLE, BF_RECORDS_JSON, BF_RECORDS_YAML, BF_RECORDS_TSV, BF_RECORDS_TABLE};
static const enum bf_records_format formats_saved[] = {
	BF_RECORDS_JSON, BF_RECORDS_TABLE, BF_RECORDS_YAML, BF_RECORDS_TSV, BF_RECORDS_TABLE};

enum bf_records_format bf_records_format_of(int position)
{
	return formats[position];
}

enum bf_records_format bf_records_format_saved(int position)
{
	return formats_saved[position];
}

static enum bfabric_status put_table(
	struct bf_records_view *view, struct bf_secret *out, struct bfabric_error *err)
{
	json_auto_t *columns = json_incref(view->columns);
	enum bfabric_status status = BFABRIC_OK;

	if (!columns)
		status = bf_records_columns_table(view->records, view->max_columns, &columns, err);
	if (status == BFABRIC_OK)
		bf_records_put_table(view, columns, out);
	return status;
}

enum bfabric_status bf_records_put(enum bf_records_format format, struct bf_records_view *view,
	struct bf_secret *out, struct bfabric_error *err)
{
	json_auto_t *picked = NULL;
	json_t *records = view->records;
	enum bfabric_status status = BFABRIC_OK;

	if (view->columns && format != BF_RECORDS_TABLE) {
		status = bf_records_columns_pick(records, view->columns, &picked, err);
		records = picked;
	}
	if (status != BFABRIC_OK)
		return status;
	switch (format) {
	case BF_RECORDS_TABLE:
		status = put_table(view, out, err);
		break;
	case BF_RECORDS_JSON:
		bf_records_put_json(records, out);
		break;
	case BF_RECORDS_YAML:
		bf_records_put_yaml(records, out);
		break;
	case BF_RECORDS_TSV:
		bf_records_put_tsv(records, view->columns, out);
		break;
	}
	return status == BFABRIC_OK && out->failed ? bf_fail_nomem(err) : status;
}
