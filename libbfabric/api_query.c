/*
 * A query as the caller gave it, and as it is sent: checked, completed, and in parts where it names
 * more ids than the server takes at once.
 */
#include "api.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Costs the server time; bfabricPy says no, too. */
#define DELETABLE "includedeletableupdateable"

/* Members of a query that ask for nothing but say how to answer. */
static const char *const flags[] = {DELETABLE, "includeassociations", "fulldetails"};

static bool is_flag(const char *name)
{
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (strcmp(flags[i], name) == 0)
			return true;
	return false;
}

void bf_api_query_release(struct bf_api_query *query)
{
	json_decref(query->fields);
	free(query->ids);
}

/* A condition that is left out would find everything. */
static enum bfabric_status check_value(
	const char *name, const json_t *value, bool *ret_nothing, struct bfabric_error *err)
{
	bool null = json_is_null(value);

	for (size_t i = 0; !null && i < json_array_size(value); i++)
		null = json_is_null(json_array_get(value, i));
	if (null)
		return bf_fail(err, BFABRIC_BAD_CALL, "the query has no value for '%.80s'", name);
	if (json_is_array(value) && json_array_size(value) == 0)
		*ret_nothing = true;
	return BFABRIC_OK;
}

static enum bfabric_status count_values(
	const json_t *fields, size_t *ret_count, bool *ret_nothing, struct bfabric_error *err)
{
	const char *name;
	const json_t *value;

	json_object_foreach (bf_api_unconst(fields), name, value) {
		enum bfabric_status status = check_value(name, value, ret_nothing, err);

		if (status != BFABRIC_OK)
			return status;
		if (!is_flag(name))
			*ret_count += json_is_array(value) ? json_array_size(value) : 1;
	}
	return BFABRIC_OK;
}

/* ---- parts ----------------------------------------------------------------------------------- */

static bool read_id(const json_t *value, json_int_t *ret)
{
	const char *text = json_string_value(value);
	char *end = NULL;

	if (json_is_integer(value)) {
		*ret = json_integer_value(value);
		return true;
	}
	if (!text || *text < '0' || *text > '9')
		return false;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static int descending(const void *a, const void *b)
{
	json_int_t x, y;

	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x < y ? 1 : x > y ? -1 : 0;
}

/* Sorted, each once. */
static enum bfabric_status take_ids(
	struct bf_api_query *query, const json_t *ids, struct bfabric_error *err)
{
	size_t count = json_array_size(ids), kept = 0;

	query->ids = calloc(count, sizeof(*query->ids));
	if (!query->ids)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		if (!read_id(json_array_get(ids, i), &query->ids[i]))
			return bf_fail(err, BFABRIC_BAD_CALL,
				"of more than %d ids one is no number", BF_API_VALUES);
	qsort(query->ids, count, sizeof(*query->ids), descending);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || query->ids[i] != query->ids[kept - 1])
			query->ids[kept++] = query->ids[i];
	query->id_count = kept;
	return BFABRIC_OK;
}

static enum bfabric_status split(
	struct bf_api_query *query, size_t count, bool no_check, struct bfabric_error *err)
{
	const json_t *ids = json_object_get(query->fields, "id");
	size_t others = count - (json_is_array(ids) ? json_array_size(ids) : 0);

	if (count <= BF_API_VALUES)
		return BFABRIC_OK;
	if (json_is_array(ids) && others < BF_API_VALUES) {
		query->per_part = BF_API_VALUES - others;
		return take_ids(query, ids, err);
	}
	if (no_check)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"the query has %zu values, and B-Fabric takes %d at most (more than that of 'id' "
		"only): ask in parts",
		count, BF_API_VALUES);
}

size_t bf_api_query_parts(const struct bf_api_query *query)
{
	return query->ids ? (query->id_count + query->per_part - 1) / query->per_part : 0;
}

bool bf_api_query_take_part(struct bf_api_query *query, size_t part)
{
	size_t from = part * query->per_part;
	json_t *ids = json_array();
	bool good = ids != NULL;

	for (size_t i = from; good && i < query->id_count && i < from + query->per_part; i++)
		good = json_array_append_new(ids, json_integer(query->ids[i])) == 0;
	if (!good) {
		json_decref(ids);
		return false;
	}
	return json_object_set_new(query->fields, "id", ids) == 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum bfabric_status check_fields(const json_t *description, const char *endpoint,
	const json_t *fields, struct bfabric_error *err)
{
	char what[80] = "";

	(void)snprintf(what, sizeof(what), "a query of %s", endpoint); /* endpoints are short */
	return bf_api_check_fields(description, bf_api_parameter_type(description, "read", "query"),
		fields, what, err);
}

/* Say no where the server can be told so and the caller says nothing. */
static bool complete(const json_t *description, json_t *fields)
{
	const char *type = bf_api_parameter_type(description, "read", "query");

	if (json_object_get(fields, DELETABLE) ||
		!bf_api_field(bf_api_fields(description, type), DELETABLE))
		return true;
	return json_object_set_new(fields, DELETABLE, json_false()) == 0;
}

enum bfabric_status bf_api_query_make(
	const struct bf_api_query_wish *wish, struct bf_api_query *query, struct bfabric_error *err)
{
	size_t count = 0;
	enum bfabric_status status = BFABRIC_OK;

	if (wish->fields && !json_is_object(wish->fields))
		return bf_fail(err, BFABRIC_BAD_CALL, "a query is an object of names and values");
	query->fields = wish->fields ? json_copy(bf_api_unconst(wish->fields)) : json_object();
	if (!query->fields)
		return bf_fail_nomem(err);
	if (!wish->no_check)
		status = check_fields(wish->description, wish->endpoint, query->fields, err);
	if (status == BFABRIC_OK)
		status = count_values(query->fields, &count, &query->nothing, err);
	if (status == BFABRIC_OK)
		status = split(query, count, wish->no_check, err);
	if (status == BFABRIC_OK && !complete(wish->description, query->fields))
		status = bf_fail_nomem(err);
	return status;
}
