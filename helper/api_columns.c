#include "api_columns.h"
#include <stdlib.h>
#include <string.h>

static enum bfabric_status add_names(const char *text, json_t *names, struct bfabric_error *err)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		json_t *name = len ? json_stringn(text, len) : NULL;

		if (!name)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"--columns takes names separated by commas: id,name");
		if (json_array_append_new(names, name) != 0)
			return bf_fail_nomem(err);
		if (!text[len])
			return BFABRIC_OK;
		text += len + 1;
	}
}

enum bfabric_status bf_records_columns_asked(
	const struct bf_option_list *list, json_t **ret, struct bfabric_error *err)
{
	json_auto_t *names = NULL;
	enum bfabric_status status = BFABRIC_OK;

	*ret = NULL;
	if (list->count == 0)
		return BFABRIC_OK;
	names = json_array();
	if (!names)
		return bf_fail_nomem(err);
	for (size_t i = 0; status == BFABRIC_OK && i < list->count; i++)
		status = add_names(list->items[i], names, err);
	if (status == BFABRIC_OK)
		*ret = json_incref(names);
	return status;
}

/* ---- a table's own --------------------------------------------------------------------------- */

/* People know records by their names; what kind they are was asked for. */
static int place_of(const char *key)
{
	return strcmp(key, "name") == 0 ? 0 : strcmp(key, "classname") == 0 ? 2 : 1;
}

static int by_name(const void *a, const void *b)
{
	const char *one = *(const char *const *)a, *other = *(const char *const *)b;
	int order = place_of(one) - place_of(other);

	return order ? order : strcmp(one, other);
}

/* The names of an object's members but "id", in their order; they are the object's. Owned array. */
static const char **names_of(json_t *object, size_t *ret_count)
{
	const char **names = calloc(json_object_size(object) + 1, sizeof(*names));
	const char *key;
	json_t *value;
	size_t n = 0;

	*ret_count = 0;
	if (!names)
		return NULL;
	json_object_foreach (object, key, value)
		if (strcmp(key, "id") != 0)
			names[n++] = key;
	qsort(names, n, sizeof(*names), by_name);
	*ret_count = n;
	return names;
}

enum bfabric_status bf_records_columns_table(
	json_t *first, size_t max, json_t **ret, struct bfabric_error *err)
{
	BF_AUTO_FREE const char **names = NULL;
	json_auto_t *columns = json_pack("[s]", "id");
	size_t count = 0;

	names = names_of(first, &count);
	if (!names || !columns)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < count && i < max; i++)
		if (json_array_append_new(columns, json_string(names[i])) != 0)
			return bf_fail_nomem(err);
	*ret = json_incref(columns);
	return BFABRIC_OK;
}

/* ---- choosing and sorting -------------------------------------------------------------------- */

json_t *bf_records_columns_pick(json_t *record, json_t *columns)
{
	json_auto_t *picked = json_object();
	json_t *name;
	size_t i;

	json_array_foreach (columns, i, name) {
		const char *key = json_string_value(name);
		json_t *value = json_object_get(record, key);

		if (json_object_set(picked, key, value ? value : json_null()) != 0)
			return NULL;
	}
	return json_incref(picked);
}

/* A record and where it stood, which decides between equals: qsort(3) does not keep their order. */
struct place {
	json_t *record;
	size_t at;
};

static int rank_of(json_t *id)
{
	return json_is_integer(id) ? 0 : json_is_string(id) ? 1 : 2;
}

static int by_id(const void *a, const void *b)
{
	const struct place *x = a, *y = b;
	json_t *one = json_object_get(x->record, "id"), *other = json_object_get(y->record, "id");
	json_int_t n = json_integer_value(one), m = json_integer_value(other);
	int order = rank_of(one) - rank_of(other);

	if (order == 0 && json_is_integer(one))
		order = (n > m) - (n < m);
	if (order == 0 && json_is_string(one))
		order = strcmp(json_string_value(one), json_string_value(other));
	return order ? order : (x->at > y->at) - (x->at < y->at);
}

enum bfabric_status bf_records_sort(json_t *records, json_t **ret, struct bfabric_error *err)
{
	size_t count = json_array_size(records);
	BF_AUTO_FREE struct place *places = calloc(count + 1, sizeof(*places));
	json_auto_t *sorted = json_array();

	if (!places || !sorted)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){json_array_get(records, i), i};
	qsort(places, count, sizeof(*places), by_id);
	for (size_t i = 0; i < count; i++)
		if (json_array_append(sorted, places[i].record) != 0)
			return bf_fail_nomem(err);
	*ret = json_incref(sorted);
	return BFABRIC_OK;
}
