#include "api_format.h"
#include <string.h>

/*
 * Columns are found level by level, as bfabricPy's are: first what lies in a record itself, then
 * the members of its objects, then theirs. A column is the array of names that lead to it.
 */

/* What a column has been seen to hold. */
#define PLAIN  1 /* a scalar or an array */
#define OBJECT 2

static json_t *value_at(json_t *record, json_t *path)
{
	json_t *name;
	size_t i;

	json_array_foreach (path, i, name)
		record = json_object_get(record, json_string_value(name));
	return record;
}

static int kind_of(json_t *value)
{
	return json_is_object(value) ? OBJECT : json_is_null(value) ? 0 : PLAIN;
}

/* What is known of one column: what it holds, and what lies below its objects. */
static json_t *column_of(json_t *seen, const char *key)
{
	json_t *column = json_object_get(seen, key);

	if (column)
		return column;
	column = json_pack("{s:i, s:{}}", "kinds", 0, "below");
	return json_object_set_new(seen, key, column) == 0 ? column : NULL;
}

/* The members of one object join those that were seen. */
static bool see(json_t *seen, json_t *object)
{
	const char *key;
	json_t *value;

	json_object_foreach (object, key, value) {
		json_t *column = column_of(seen, key);
		json_t *kinds = json_object_get(column, "kinds");

		if (!kinds)
			return false;
		json_integer_set(kinds, json_integer_value(kinds) | kind_of(value));
		if (json_is_object(value) && !see(json_object_get(column, "below"), value))
			return false;
	}
	return true;
}

static json_t *longer(json_t *path, const char *key)
{
	json_auto_t *made = json_copy(path);

	if (!made || json_array_append_new(made, json_string_nocheck(key)) != 0)
		return NULL;
	return json_incref(made);
}

/* Everything below `path`: columns, and objects to look into next, each with its path. */
static bool expand(json_t *path, json_t *seen, json_t *columns, json_t *next)
{
	const char *key;
	json_t *column;

	json_object_foreach (seen, key, column) {
		json_auto_t *below = longer(path, key);
		json_int_t kinds = json_integer_value(json_object_get(column, "kinds"));

		if (kinds != OBJECT && json_array_append(columns, below) != 0)
			return false;
		if ((kinds & OBJECT) &&
			json_array_append_new(next,
				json_pack("[O, O]", below, json_object_get(column, "below"))) != 0)
			return false;
	}
	return true;
}

/* The paths of all columns; NULL: out of memory. */
static json_t *list_columns(json_t *seen)
{
	json_auto_t *columns = json_array(), *level = json_pack("[[[], O]]", seen);

	while (json_array_size(level)) {
		json_auto_t *next = json_array();
		json_t *one;
		size_t i;

		json_array_foreach (level, i, one)
			if (!next || !columns ||
				!expand(json_array_get(one, 0), json_array_get(one, 1), columns,
					next))
				return NULL;
		json_decref(level);
		level = json_incref(next);
	}
	return level ? json_incref(columns) : NULL;
}

/* NULL: out of memory. */
static json_t *find_columns(const struct bf_records_view *view, struct bf_secret *out)
{
	json_auto_t *seen = json_object();

	for (size_t i = 0; seen && i < bf_records_count(view); i++) {
		json_auto_t *record = bf_records_at(view, i, out);

		if (!record || !see(seen, record))
			return NULL;
	}
	return seen ? list_columns(seen) : NULL;
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* An empty text is "", to tell it from none. */
static void put_cell(const char *text, size_t len, struct bf_secret *out)
{
	if (len && strcspn(text, "\t\"\r\n") == len) {
		bf_secret_put(out, text, len);
		return;
	}
	bf_secret_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"')
			bf_secret_putc(out, '"');
		bf_secret_putc(out, text[i]);
	}
	bf_secret_putc(out, '"');
}

static void put_array(json_t *array, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_records_put_compact(array, &text);
	put_cell(bf_secret_reveal(&text), text.len, out);
	out->failed |= text.failed;
}

static void put_value(json_t *value, struct bf_secret *out)
{
	if (!value || json_is_null(value) || json_is_object(value))
		return; /* an object has columns of its own */
	if (json_is_array(value))
		put_array(value, out);
	else if (json_is_string(value))
		put_cell(json_string_value(value), json_string_length(value), out);
	else
		bf_records_put_scalar(value, out);
}

static void put_heading(json_t *path, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	json_t *name;
	size_t i;

	json_array_foreach (path, i, name) {
		bf_secret_puts(&text, i ? "_" : "");
		bf_secret_puts(&text, json_string_value(name));
	}
	put_cell(bf_secret_reveal(&text), text.len, out);
	out->failed |= text.failed;
}

static void put_line(json_t *columns, json_t *record, struct bf_secret *out)
{
	json_t *path;
	size_t i;

	json_array_foreach (columns, i, path) {
		if (i)
			bf_secret_putc(out, '\t');
		if (record)
			put_value(value_at(record, path), out);
		else
			put_heading(path, out);
	}
	bf_secret_putc(out, '\n');
}

static void put_no_records(json_t *columns, struct bf_secret *out)
{
	json_t *name;
	size_t i;

	if (!columns)
		bf_secret_puts(out, "id");
	json_array_foreach (columns, i, name) {
		bf_secret_puts(out, i ? "\t" : "");
		put_cell(json_string_value(name), json_string_length(name), out);
	}
	bf_secret_putc(out, '\n');
}

void bf_records_put_tsv(const struct bf_records_view *view, struct bf_secret *out)
{
	json_auto_t *found = NULL;
	const size_t count = bf_records_count(view);

	if (count == 0) {
		put_no_records(view->columns, out);
		return;
	}
	found = find_columns(view, out);
	if (!found) {
		out->failed = true;
		return;
	}
	put_line(found, NULL, out);
	for (size_t i = 0; i < count; i++) {
		json_auto_t *record = bf_records_at(view, i, out);

		if (record)
			put_line(found, record, out);
		if (!bf_records_go_on(view, out))
			return;
	}
}
