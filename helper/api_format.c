#include "api_format.h"
#include "api_columns.h"
#include "api_pack.h"

#define PIECE ((size_t)32 << 10) /* of text that is worth taking away */

static const enum bf_records_format formats[] = {BF_RECORDS_TABLE, BF_RECORDS_JSON, BF_RECORDS_YAML,
	BF_RECORDS_TSV, BF_RECORDS_TABLE, BF_RECORDS_TABLE};
static const enum bf_records_format formats_saved[] = {BF_RECORDS_JSON, BF_RECORDS_TABLE,
	BF_RECORDS_YAML, BF_RECORDS_TSV, BF_RECORDS_TABLE, BF_RECORDS_TABLE};

enum bf_records_format bf_records_format_of(int position)
{
	return formats[position];
}

enum bf_records_format bf_records_format_saved(int position)
{
	return formats_saved[position];
}

/* ---- one by one ------------------------------------------------------------------------------ */

size_t bf_records_count(const struct bf_records_view *view)
{
	return view->pack ? view->pack->count : json_array_size(view->records);
}

static json_t *record_at(const struct bf_records_view *view, size_t i)
{
	return view->pack ? bf_records_pack_get(view->pack, i)
			  : json_incref(json_array_get(view->records, i));
}

json_t *bf_records_at(const struct bf_records_view *view, size_t i, struct bf_secret *out)
{
	json_auto_t *record = record_at(view, i);
	json_t *shown = NULL;

	if (record)
		shown = view->columns ? bf_records_columns_pick(record, view->columns)
				      : json_incref(record);
	if (!shown)
		out->failed = true;
	return shown;
}

bool bf_records_go_on(const struct bf_records_view *view, struct bf_secret *out)
{
	if (out->failed)
		return false;
	return !view->take || out->len < PIECE || view->take(view->data, out);
}

/* ---- the forms ------------------------------------------------------------------------------- */

static enum bfabric_status put_table(
	struct bf_records_view *view, struct bf_secret *out, struct bfabric_error *err)
{
	json_auto_t *columns = json_incref(view->columns), *first = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (!columns && bf_records_count(view)) {
		first = bf_records_at(view, 0, out);
		if (!first)
			return bf_fail_nomem(err);
	}
	if (!columns)
		status = bf_records_columns_table(first, view->max_columns, &columns, err);
	if (status == BFABRIC_OK)
		bf_records_put_table(view, columns, out);
	return status;
}

enum bfabric_status bf_records_put(enum bf_records_format format, struct bf_records_view *view,
	struct bf_secret *out, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	switch (format) {
	case BF_RECORDS_TABLE:
		status = put_table(view, out, err);
		break;
	case BF_RECORDS_JSON:
		bf_records_put_json(view, out);
		break;
	case BF_RECORDS_YAML:
		bf_records_put_yaml(view, out);
		break;
	case BF_RECORDS_TSV:
		bf_records_put_tsv(view, out);
		break;
	}
	return status == BFABRIC_OK && out->failed ? bf_fail_nomem(err) : status;
}
