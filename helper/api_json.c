#include "api_format.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INDENT 2

static int append(const char *bytes, size_t len, void *out)
{
	bf_secret_put(out, bytes, len);
	return 0;
}

/* 15 digits are always kept by a double, 17 always tell it from its neighbours. */
static void put_real(double value, struct bf_secret *out)
{
	char text[40];
	size_t mantissa = 0;

	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	mantissa = strcspn(text, "e");
	bf_secret_put(out, text, mantissa);
	if (!strchr(text, '.'))
		bf_secret_puts(out, ".0"); /* 1e+20 is a string for YAML 1.1 */
	bf_secret_puts(out, text + mantissa);
}

static void put_integer(json_int_t value, struct bf_secret *out)
{
	char text[24];
	const int len = snprintf(text, sizeof(text), "%" JSON_INTEGER_FORMAT, value);

	bf_secret_put(out, text, (size_t)len);
}

void bf_records_put_number(json_t *value, struct bf_secret *out)
{
	if (json_is_real(value))
		put_real(json_real_value(value), out);
	else
		put_integer(json_integer_value(value), out);
}

/* Is it the same in JSON, but for its quotes? */
static bool is_bare(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == '"' || text[i] == '\\')
			return false;
	return true;
}

static void put_quoted(const char *text, size_t len, struct bf_secret *out)
{
	char *room = bf_secret_room(out, len + 2);

	if (!room)
		return;
	room[0] = '"';
	memcpy(room + 1, text, len);
	room[len + 1] = '"';
	bf_secret_added(out, len + 2);
}

static void put_string(json_t *value, struct bf_secret *out)
{
	const char *text = json_string_value(value);
	const size_t len = json_string_length(value);

	if (is_bare(text, len))
		put_quoted(text, len, out);
	else if (json_dump_callback(value, append, out, JSON_ENCODE_ANY) != 0)
		out->failed = true;
}

void bf_records_put_scalar(json_t *value, struct bf_secret *out)
{
	if (json_is_number(value))
		bf_records_put_number(value, out);
	else if (json_is_string(value))
		put_string(value, out);
	else
		bf_secret_puts(out, json_is_true(value)    ? "true"
				    : json_is_false(value) ? "false"
							   : "null");
}

static void put_name(const char *name, struct bf_secret *out)
{
	const size_t len = strlen(name);
	json_t *text = NULL;

	if (is_bare(name, len)) {
		put_quoted(name, len, out);
		return;
	}
	text = json_string_nocheck(name);
	if (text)
		put_string(text, out);
	else
		out->failed = true;
	json_decref(text);
}

/* ---- on one line ----------------------------------------------------------------------------- */

static void put_compact_object(json_t *object, struct bf_secret *out)
{
	const char *key, *comma = "";
	json_t *value;

	bf_secret_putc(out, '{');
	json_object_foreach (object, key, value) {
		bf_secret_puts(out, comma);
		put_name(key, out);
		bf_secret_putc(out, ':');
		bf_records_put_compact(value, out);
		comma = ",";
	}
	bf_secret_putc(out, '}');
}

static void put_compact_array(json_t *array, struct bf_secret *out)
{
	json_t *value;
	size_t i;

	bf_secret_putc(out, '[');
	json_array_foreach (array, i, value) {
		bf_secret_puts(out, i ? "," : "");
		bf_records_put_compact(value, out);
	}
	bf_secret_putc(out, ']');
}

void bf_records_put_compact(json_t *value, struct bf_secret *out)
{
	if (json_is_object(value))
		put_compact_object(value, out);
	else if (json_is_array(value))
		put_compact_array(value, out);
	else
		bf_records_put_scalar(value, out);
}

/* ---- indented -------------------------------------------------------------------------------- */

static void put_line(unsigned depth, struct bf_secret *out)
{
	static const char spaces[] = "\n                                ";
	const size_t most = sizeof(spaces) - 2, wanted = (size_t)depth * INDENT;
	const size_t first = wanted < most ? wanted : most;

	bf_secret_put(out, spaces, 1 + first);
	for (size_t left = wanted - first; left; left--)
		bf_secret_putc(out, ' ');
}

static void put_value(json_t *value, unsigned depth, struct bf_secret *out);

static void put_object(json_t *object, unsigned depth, struct bf_secret *out)
{
	const char *key, *comma = "";
	json_t *value;

	json_object_foreach (object, key, value) {
		bf_secret_puts(out, comma);
		put_line(depth, out);
		put_name(key, out);
		bf_secret_puts(out, ": ");
		put_value(value, depth, out);
		comma = ",";
	}
}

static void put_array(json_t *array, unsigned depth, struct bf_secret *out)
{
	json_t *value;
	size_t i;

	json_array_foreach (array, i, value) {
		bf_secret_puts(out, i ? "," : "");
		put_line(depth, out);
		put_value(value, depth, out);
	}
}

/* Values are nested no deeper than the reader of replies lets them be. */
static void put_value(json_t *value, unsigned depth, struct bf_secret *out)
{
	bool object = json_is_object(value);

	if (!object && !json_is_array(value)) {
		bf_records_put_scalar(value, out);
		return;
	}
	bf_secret_putc(out, object ? '{' : '[');
	if (object)
		put_object(value, depth + 1, out);
	else
		put_array(value, depth + 1, out);
	if (object ? json_object_size(value) : json_array_size(value))
		put_line(depth, out);
	bf_secret_putc(out, object ? '}' : ']');
}

void bf_records_put_json(const struct bf_records_view *view, struct bf_secret *out)
{
	const size_t count = bf_records_count(view);

	bf_secret_putc(out, '[');
	for (size_t i = 0; i < count; i++) {
		json_auto_t *record = bf_records_at(view, i, out);

		bf_secret_puts(out, i ? "," : "");
		put_line(1, out);
		put_value(record, 1, out);
		if (!bf_records_go_on(view, out))
			return;
	}
	if (count)
		put_line(0, out);
	bf_secret_puts(out, "]\n");
}
