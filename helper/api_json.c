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

void bf_records_put_number(json_t *value, struct bf_secret *out)
{
	if (json_is_real(value))
		put_real(json_real_value(value), out);
	else
		bf_secret_printf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

void bf_records_put_scalar(json_t *value, struct bf_secret *out)
{
	if (json_is_number(value))
		bf_records_put_number(value, out);
	else if (json_dump_callback(value, append, out, JSON_ENCODE_ANY) != 0)
		out->failed = true;
}

void bf_records_put_compact(json_t *value, struct bf_secret *out)
{
	if (json_dump_callback(value, append, out, JSON_ENCODE_ANY | JSON_COMPACT) != 0)
		out->failed = true;
}

/* ---- indented -------------------------------------------------------------------------------- */

static void put_line(unsigned depth, struct bf_secret *out)
{
	bf_secret_putc(out, '\n');
	for (unsigned n = depth * INDENT; n; n--)
		bf_secret_putc(out, ' ');
}

static void put_key(const char *key, struct bf_secret *out)
{
	json_auto_t *text = json_string(key);

	if (!text)
		out->failed = true;
	else
		bf_records_put_scalar(text, out);
	bf_secret_puts(out, ": ");
}

static void put_value(json_t *value, unsigned depth, struct bf_secret *out);

static void put_object(json_t *object, unsigned depth, struct bf_secret *out)
{
	const char *key, *comma = "";
	json_t *value;

	json_object_foreach (object, key, value) {
		bf_secret_puts(out, comma);
		put_line(depth, out);
		put_key(key, out);
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

void bf_records_put_json(json_t *records, struct bf_secret *out)
{
	put_value(records, 0, out);
	bf_secret_putc(out, '\n');
}
