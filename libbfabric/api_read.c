/*
 * Reading, page by page. A record goes to the caller as soon as it is whole, so that memory does
 * not grow with what is read.
 */
#include "api.h"

struct walk {
	const struct bfabric_read *read;
	bool (*record)(void *data, json_t *record);
	void *data;
	struct bf_api_call call;
	struct bf_api_query query;
	struct bf_api_pages pages;
	json_t *parameters;         /* owned */
	json_t *first;              /* owned: id of the first record of the page before */
	struct bf_api_words failed; /* what the server says instead of records */
	bool ended;                 /* by the caller */
	bool repeats;               /* the server sends one page again and again */
};

static void walk_release(struct walk *w)
{
	bf_api_call_release(&w->call);
	bf_api_query_release(&w->query);
	json_decref(w->parameters);
	json_decref(w->first);
}

static const struct bfabric_read first_records;

static enum bfabric_status prepare(
	struct walk *w, struct bfabric *client, const char *endpoint, struct bfabric_error *err)
{
	const struct bfabric_read *read = w->read;
	struct bf_api_query_wish wish = {
		.endpoint = endpoint, .fields = read->query, .no_check = read->no_check};
	enum bfabric_status status;

	if (read->offset < 0 || read->max_results < -1)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"an offset is 0 or more, and the number of results too (-1: all)");
	status = bf_api_describe(client, endpoint, read->deadline, &wish.description, err);
	if (status == BFABRIC_OK)
		status = bf_api_check_operation(wish.description, endpoint, "read", err);
	if (status == BFABRIC_OK)
		status = bf_api_query_make(&wish, &w->query, err);
	if (status != BFABRIC_OK)
		return status;
	w->parameters = json_pack("{s:i, s:O}", "page", 1, "query", w->query.fields);
	if (!w->parameters)
		return bf_fail_nomem(err);
	w->call = (struct bf_api_call){.client = client,
		.endpoint = endpoint,
		.description = wish.description,
		.operation = "read",
		.parameters = w->parameters,
		.deadline = read->deadline};
	return BFABRIC_OK;
}

/* ---- where the first page is ------------------------------------------------------------------
 */

static bool skip_record(void *data, json_t *record)
{
	(void)data, (void)record; /* only their number is of interest */
	return true;
}

/*
 * An offset leads to a page in the middle. What the server says of one beyond the last is not
 * known, so that it is asked for the first page before, which is cheap: ids only.
 */
static enum bfabric_status find_start(struct walk *w, bool *ret_beyond, struct bfabric_error *err)
{
	enum bfabric_status status;

	w->call.record = skip_record;
	w->call.ids_only = true;
	status = bf_api_ask(&w->call, err);
	if (status != BFABRIC_OK)
		return status;
	*ret_beyond = w->call.head.pages >= 0 && w->call.head.pages < w->pages.page;
	return BFABRIC_OK;
}

/* ---- pages ----------------------------------------------------------------------------------- */

/*
 * Without numberofpages a page that is not full is the last one. A server that does not count pages
 * at all would never send such a one.
 */
static bool is_repeated(struct walk *w, const json_t *record)
{
	json_t *id = json_object_get(record, "id");

	if (w->pages.pages >= 0 || w->pages.seen > 0 || !id)
		return false;
	if (w->first && json_equal(w->first, id))
		return true;
	json_decref(w->first);
	w->first = json_incref(id);
	return false;
}

static bool on_record(void *data, json_t *record)
{
	struct walk *w = data;
	const char *report = json_string_value(json_object_get(record, "errorreport"));

	w->repeats = is_repeated(w, record);
	if (w->repeats)
		return false;
	if (bf_api_judge(report) != BF_API_TAKEN)
		bf_api_words_add(&w->failed, report);
	if (w->failed.used) /* the page is read on for what else it complains about */
		return true;
	switch (bf_api_pages_record(&w->pages)) {
	case BF_API_SKIP:
		return true;
	case BF_API_GIVE:
		w->ended = !w->record(w->data, record);
		return !w->ended;
	case BF_API_ENOUGH:
		break;
	}
	return false;
}

static bool turn_page(struct walk *w)
{
	const struct bf_api_pages *pages = &w->pages;
	int64_t page = pages->parts ? 1 : pages->page;

	if (pages->parts && !bf_api_query_take_part(&w->query, (size_t)pages->page - 1))
		return false;
	return json_object_set_new(w->parameters, "page", json_integer(page)) == 0;
}

static enum bfabric_status read_page(struct walk *w, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (!turn_page(w))
		return bf_fail_nomem(err);
	w->call.record = on_record;
	w->call.data = w;
	w->call.ids_only = w->read->ids_only;
	status = bf_api_ask(&w->call, err);
	if (status == BFABRIC_OK && w->repeats)
		return bf_fail(err, BFABRIC_BAD_REPLY,
			"the endpoint '%s' answers with the page before", w->call.endpoint);
	if (status == BFABRIC_OK && w->failed.used)
		return bf_api_fail_words(
			&w->call, bf_api_judge(w->failed.text), bf_api_words_end(&w->failed), err);
	return status;
}

/* What was read is with the caller, who has to know how much that is. */
static enum bfabric_status fail_at(
	const struct walk *w, enum bfabric_status status, struct bfabric_error *err)
{
	const struct bf_api_pages *p = &w->pages;
	const char *what = p->parts ? "part" : "page";

	if (p->given == 0 && p->page == 1)
		return status;
	if (p->pages < p->page)
		return bf_fail_context(err, status, "%s %lld, after %lld records", what,
			(long long)p->page, (long long)p->given);
	return bf_fail_context(err, status, "%s %lld of %lld, after %lld records", what,
		(long long)p->page, (long long)p->pages, (long long)p->given);
}

static enum bfabric_status read_pages(struct walk *w, struct bfabric_error *err)
{
	bool more = true;

	while (more) {
		enum bfabric_status status = read_page(w, err);

		if (status != BFABRIC_OK)
			return fail_at(w, status, err);
		if (w->ended)
			return BFABRIC_OK;
		more = bf_api_pages_next(&w->pages, w->call.head.pages);
		if (w->read->progress)
			w->read->progress(
				w->read->data, w->pages.given, bf_api_pages_most(&w->pages, more));
	}
	return BFABRIC_OK;
}

enum bfabric_status bfabric_read_each(struct bfabric *client, const char *endpoint,
	const struct bfabric_read *read, bool (*record)(void *data, struct json_t *record),
	void *data, struct bfabric_error *err)
{
	BF_CLEANUP(walk_release)
	struct walk w = {.read = read ? read : &first_records, .record = record, .data = data};
	bool beyond = false;
	enum bfabric_status status = prepare(&w, client, endpoint, err);

	if (status != BFABRIC_OK || w.query.nothing)
		return status;
	bf_api_pages_begin(
		&w.pages, w.read->offset, w.read->max_results, bf_api_query_parts(&w.query));
	if (w.pages.page > 1)
		status = find_start(&w, &beyond, err);
	return status == BFABRIC_OK && !beyond ? read_pages(&w, err) : status;
}

/* ---- all at once ----------------------------------------------------------------------------- */

static bool append(void *data, json_t *record)
{
	json_t **records = data;

	if (json_array_append(*records, record) == 0)
		return true;
	json_decref(*records);
	*records = NULL;
	return false;
}

enum bfabric_status bfabric_read(struct bfabric *client, const char *endpoint,
	const struct bfabric_read *read, struct json_t **ret_records, struct bfabric_error *err)
{
	json_t *records = json_array();
	enum bfabric_status status;

	if (!records)
		return bf_fail_nomem(err);
	status = bfabric_read_each(client, endpoint, read, append, &records, err);
	if (!records)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK) {
		json_decref(records);
		return status;
	}
	*ret_records = records;
	return BFABRIC_OK;
}

/* ---- exists ---------------------------------------------------------------------------------- */

/* The string may be none: jansson takes UTF-8 only. */
static enum bfabric_status add_condition(
	json_t *query, const char *key, const char *value, struct bfabric_error *err)
{
	json_t *text = json_string(value);
	json_t *raw = text ? NULL : json_string_nocheck(value);

	if (raw) {
		json_decref(raw);
		return bf_fail(err, BFABRIC_BAD_CALL, "the value for '%.80s' is no UTF-8", key);
	}
	return text && json_object_set_new(query, key, text) == 0 ? BFABRIC_OK : bf_fail_nomem(err);
}

static bool found_one(void *data, json_t *record)
{
	bool *found = data;

	(void)record; /* that there is one is enough */
	*found = true;
	return false;
}

enum bfabric_status bfabric_exists(struct bfabric *client, const char *endpoint, const char *key,
	const char *value, const struct json_t *query, bool *ret_exists, struct bfabric_error *err)
{
	json_t *whole = query ? json_copy(bf_api_unconst(query)) : json_object();
	struct bfabric_read read = {.query = whole, .max_results = 1, .ids_only = true};
	bool found = false;
	enum bfabric_status status =
		whole ? add_condition(whole, key, value, err) : bf_fail_nomem(err);

	if (status == BFABRIC_OK)
		status = bfabric_read_each(client, endpoint, &read, found_one, &found, err);
	json_decref(whole);
	if (status == BFABRIC_OK)
		*ret_exists = found;
	return status;
}
