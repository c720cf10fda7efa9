#include "api.h"
#include "../libbfabric/base/file.h"
#include "api_columns.h"
#include "api_file.h"
#include "api_pack.h"
#include "api_query.h"
#include "full.h"
#include "say.h"
#include <errno.h>
#include <unistd.h>

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

static enum bfabric_status read_all(struct bf_records *api, const struct wanted *wanted,
	struct bf_records_pack *pack, struct bfabric_error *err)
{
	struct bfabric_read read = bf_records_reading(api);

	read.query = wanted->query;
	read.max_results = wanted->limit;
	read.offset = api->call->offset;
	read.ids_only = api->call->ids_only;
	return bf_records_read(api, &read, pack, err);
}

/* ---- the text, piece by piece ---------------------------------------------------------------- */

struct writer {
	int fd;
	int error; /* of the first write that failed */
};

static bool take(void *data, struct bf_secret *out)
{
	struct writer *writer = data;

	if (!bf_write_all(writer->fd, bf_secret_reveal(out), out->len)) {
		writer->error = errno;
		return false;
	}
	bf_secret_cut(out, 0);
	return true;
}

/* The last piece is left in the answer. */
static enum bfabric_status put(struct bf_records *api, const struct wanted *wanted,
	const struct bf_records_pack *pack, struct bf_answer *answer, struct bfabric_error *err)
{
	const char *path = wanted->file.path;
	struct writer writer = {.fd = path ? wanted->file.fd : STDOUT_FILENO};
	struct bf_records_view view = {
		.pack = pack, .columns = wanted->columns, .take = take, .data = &writer};
	enum bfabric_status status =
		bf_records_show_view(api, wanted->format, &view, &answer->out, err);

	/* Main finds a closed pipe closed, too, with what is left, and knows how to end. */
	if (status != BFABRIC_OK || !writer.error || (writer.error == EPIPE && !path))
		return status;
	errno = writer.error;
	return bf_fail(err, BFABRIC_SYSTEM, "cannot write %.200s: %m", path ? path : "the answer");
}

enum bfabric_status bf_run_api_read(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(wanted_release) struct wanted wanted = {.file = BF_RECORDS_FILE_INIT};
	BF_AUTO_RECORDS struct bf_records api = {0};
	BF_CLEANUP(bf_records_pack_release) struct bf_records_pack pack = BF_RECORDS_PACK_INIT;
	enum bfabric_status status = bf_records_open(&api, call, err);

	bf_records_expect(answer);
	if (status == BFABRIC_OK)
		status = understand(call, &wanted, err);
	if (status == BFABRIC_OK)
		status = read_all(&api, &wanted, &pack, err);
	if (status != BFABRIC_OK)
		return status;
	if (pack.count == 0 && wanted.format == BF_RECORDS_TABLE) {
		bf_say("no %s fits that", api.endpoint);
		return BFABRIC_OK;
	}
	if (!call->limit && pack.count == LIMIT)
		bf_say("these are the newest %d, and there may be more: --limit all", LIMIT);
	status = put(&api, &wanted, &pack, answer, err);
	if (status == BFABRIC_OK && call->output_file) {
		status = bf_records_file_commit(&wanted.file, &answer->out, err);
		bf_secret_clear(&answer->out);
	}
	return status;
}
