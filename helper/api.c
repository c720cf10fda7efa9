#include "api.h"
#include "../libbfabric/session.h"
#include "api_columns.h"
#include "api_file.h"
#include "api_pack.h"
#include "api_query.h"
#include "full.h"
#include "say.h"
#include "trace.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX ((size_t)2 << 30)
#define IDS_MAX    100 /* values that the server takes in a query */

void bf_records_release(struct bf_records *api)
{
	bfabric_free(api->client);
}

enum bfabric_status bf_records_open(
	struct bf_records *api, const struct bf_command_line *call, struct bfabric_error *err)
{
	struct bfabric_options options = {
		.config_file = call->config_file, .environment = call->environment};
	enum bfabric_status status = bf_records_endpoint(call, &api->endpoint, err);

	api->call = call;
	if (status == BFABRIC_OK)
		status = bf_screen_init(&api->screen, &options.cancel, err);
	if (status == BFABRIC_OK)
		status = bfabric_connect(&options, &api->client, err);
	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, bfabric_session(api->client));
	api->environment = bf_session_environment(bfabric_session(api->client));
	return BFABRIC_OK;
}

int64_t bf_records_deadline(const struct bf_records *api)
{
	return api->call->timeout ? bfabric_deadline_in(api->call->timeout) : 0;
}

/* ---- reading --------------------------------------------------------------------------------- */

/* After each page; a read that one page answers shows nothing. */
static void show_progress(void *data, int64_t records, int64_t of)
{
	struct bf_records *api = data;
	char line[80];

	if (!api->screen.terminal.shows || records >= of)
		return;
	snprintf(line, sizeof(line), "\r%" PRId64 " of %" PRId64 " records\033[K", records, of);
	bf_say_raw(line, strlen(line));
	api->screen.line_open = true;
}

struct bfabric_read bf_records_reading(struct bf_records *api)
{
	return (struct bfabric_read){.no_check = api->call->no_check,
		.deadline = bf_records_deadline(api),
		.progress = show_progress,
		.data = api};
}

enum bfabric_status bf_records_read(struct bf_records *api, const struct bfabric_read *read,
	struct bf_records_pack *pack, struct bfabric_error *err)
{
	enum bfabric_status status =
		bfabric_read_each(api->client, api->endpoint, read, bf_records_pack_add, pack, err);

	bf_screen_end(&api->screen);
	if (status != BFABRIC_OK)
		return bf_fail_with_hint(api->environment, api->call, err);
	return bf_records_pack_sort(pack, err);
}

static enum bfabric_status read_some(struct bf_records *api, const int64_t *ids, size_t count,
	json_t *records, struct bfabric_error *err)
{
	json_auto_t *query = json_object(), *found = NULL;
	json_t *list = json_array();
	struct bfabric_read read = bf_records_reading(api);
	enum bfabric_status status = BFABRIC_OK;

	if (json_object_set_new(query, "id", list) != 0)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, json_integer(ids[i])) != 0)
			return bf_fail_nomem(err);
	read.query = query;
	read.max_results = (int64_t)count;
	status = bfabric_read(api->client, api->endpoint, &read, &found, err);
	bf_screen_end(&api->screen);
	if (status != BFABRIC_OK)
		return bf_fail_with_hint(api->environment, api->call, err);
	return json_array_extend(records, found) == 0 ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_records_read_ids(struct bf_records *api, const int64_t *ids, size_t count,
	json_t **ret_records, struct bfabric_error *err)
{
	json_auto_t *records = json_array();
	enum bfabric_status status = records ? BFABRIC_OK : bf_fail_nomem(err);

	for (size_t i = 0; status == BFABRIC_OK && i < count; i += IDS_MAX)
		status = read_some(
			api, ids + i, count - i < IDS_MAX ? count - i : IDS_MAX, records, err);
	return status == BFABRIC_OK ? bf_records_sort(records, ret_records, err) : status;
}

/* ---- saving -----------------------------------------------------------------------------------
 */

enum bfabric_status bf_records_save(struct bf_records *api, const json_t *object,
	json_t **ret_records, struct bfabric_error *err)
{
	const struct bfabric_write write = {
		.no_check = api->call->no_check, .deadline = bf_records_deadline(api)};
	enum bfabric_status status =
		bfabric_save(api->client, api->endpoint, object, &write, ret_records, err);

	return status == BFABRIC_OK ? status : bf_fail_with_hint(api->environment, api->call, err);
}

void bf_records_tell(const struct bf_records *api, json_t *record, const char *what)
{
	json_t *id = json_object_get(record, "id");

	if (json_is_integer(id))
		bf_say("%s %" JSON_INTEGER_FORMAT " %s", api->endpoint, json_integer_value(id),
			what);
	else
		bf_say("the %s %s", api->endpoint, what);
}

/* ---- the answer ------------------------------------------------------------------------------ */

void bf_records_expect(struct bf_answer *answer)
{
	answer->out.max = ANSWER_MAX;
	answer->may_be_cut_off = true;
}

/* Where a record is shown in the browser, up to its id. NULL in *ret: no terminal that could use
 * it. */
static enum bfabric_status find_link(
	const struct bf_records *api, char **ret, struct bfabric_error *err)
{
	const char *term = getenv("TERM"), *url = api->environment->url.text;
	size_t len = strlen(url);

	if (!isatty(STDOUT_FILENO) || !term || !*term || strcmp(term, "dumb") == 0 ||
		strcmp(term, "linux") == 0)
		return BFABRIC_OK;
	while (len && url[len - 1] == '/')
		len--;
	if (asprintf(ret, "%.*s/%s/show.html?id=", (int)len, url, api->endpoint) >= 0)
		return BFABRIC_OK;
	*ret = NULL;
	return bf_fail_nomem(err);
}

enum bfabric_status bf_records_show_view(struct bf_records *api, enum bf_records_format format,
	struct bf_records_view *view, struct bf_secret *out, struct bfabric_error *err)
{
	BF_AUTO_FREE char *link = NULL;
	int64_t max = api->call->max_columns;
	enum bfabric_status status = find_link(api, &link, err);

	view->max_columns = max ? (size_t)max : BF_RECORDS_COLUMNS;
	view->width = isatty(STDOUT_FILENO) ? bf_terminal_columns(STDOUT_FILENO) : 0;
	view->ellipsis = api->screen.terminal.utf8 ? "\342\200\246" : "~";
	view->link = link;
	if (status == BFABRIC_OK)
		status = bf_records_put(format, view, out, err);
	view->link = NULL;
	if (view->left_out)
		bf_say("%u of the columns did not fit: choose with --columns, or take another "
		       "--format",
			view->left_out);
	return status;
}

enum bfabric_status bf_records_show(struct bf_records *api, enum bf_records_format format,
	json_t *records, json_t *columns, struct bf_secret *out, struct bfabric_error *err)
{
	struct bf_records_view view = {.records = records, .columns = columns};

	return bf_records_show_view(api, format, &view, out, err);
}

/* ---- the person ------------------------------------------------------------------------------ */

const char *bf_records_arrow(const struct bf_records *api)
{
	return api->screen.terminal.utf8 ? "\342\206\222" : "->";
}

enum bfabric_status bf_records_need_person(
	const struct bf_records *api, const char *what, struct bfabric_error *err)
{
	if (api->screen.terminal.person)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"there is no terminal to ask on: add --no-confirm to %s", what);
}

enum bfabric_status bf_records_confirm(
	const struct bf_secret *preview, const char *question, struct bfabric_error *err)
{
	bool yes = false;
	enum bfabric_status status = BFABRIC_OK;

	if (preview->failed)
		return bf_fail_nomem(err);
	bf_say_raw(bf_secret_reveal(preview), preview->len);
	status = bf_terminal_confirm(question, &yes, err);
	if (status == BFABRIC_OK && !yes)
		return bf_fail(err, BFABRIC_CANCELLED, "nothing was changed");
	return status;
}
