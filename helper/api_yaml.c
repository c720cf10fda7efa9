#include "../libbfabric/local/yaml_edit.h"
#include "api_format.h"

#define INDENT 2

static void put_spaces(unsigned n, struct bf_secret *out)
{
	while (n--)
		bf_secret_putc(out, ' ');
}

static bool is_empty(json_t *value)
{
	return json_is_object(value) ? json_object_size(value) == 0 : json_array_size(value) == 0;
}

/* With its line end. The numbers of JSON are YAML's where a real has a point before its exponent.
 */
static void put_scalar(json_t *value, struct bf_secret *out)
{
	if (json_is_string(value))
		bf_yaml_put_string(out, json_string_value(value), /* flow= */ false);
	else if (json_is_object(value))
		bf_secret_puts(out, "{}");
	else if (json_is_array(value))
		bf_secret_puts(out, "[]");
	else
		bf_records_put_scalar(value, out);
	bf_secret_putc(out, '\n');
}

static void put_object(json_t *object, unsigned indent, struct bf_secret *out);
static void put_array(json_t *array, unsigned indent, struct bf_secret *out);

/* Behind "key:". Items of an array stand below their key, members are indented. */
static void put_member(json_t *value, unsigned indent, struct bf_secret *out)
{
	bool scalar = (!json_is_object(value) && !json_is_array(value)) || is_empty(value);

	bf_secret_putc(out, scalar ? ' ' : '\n');
	if (scalar) {
		put_scalar(value, out);
	} else if (json_is_object(value)) {
		put_spaces(indent + INDENT, out);
		put_object(value, indent + INDENT, out);
	} else {
		put_spaces(indent, out);
		put_array(value, indent, out);
	}
}

/* The first line is indented already. */
static void put_object(json_t *object, unsigned indent, struct bf_secret *out)
{
	const char *key;
	json_t *value;
	bool first = true;

	json_object_foreach (object, key, value) {
		put_spaces(first ? 0 : indent, out);
		bf_yaml_put_key(out, key);
		bf_secret_putc(out, ':');
		put_member(value, indent, out);
		first = false;
	}
}

/* The first line is indented already. */
static void put_item(json_t *value, unsigned indent, struct bf_secret *out)
{
	bf_secret_puts(out, "- ");
	if (json_is_object(value) && !is_empty(value))
		put_object(value, indent + INDENT, out);
	else if (json_is_array(value) && !is_empty(value))
		put_array(value, indent + INDENT, out);
	else
		put_scalar(value, out);
}

static void put_array(json_t *array, unsigned indent, struct bf_secret *out)
{
	json_t *value;
	size_t i;

	json_array_foreach (array, i, value) {
		put_spaces(i ? indent : 0, out);
		put_item(value, indent, out);
	}
}

void bf_records_put_yaml(const struct bf_records_view *view, struct bf_secret *out)
{
	const size_t count = bf_records_count(view);

	if (count == 0)
		bf_secret_puts(out, "[]\n");
	for (size_t i = 0; i < count; i++) {
		json_auto_t *record = bf_records_at(view, i, out);

		put_item(record, 0, out);
		if (!bf_records_go_on(view, out))
			return;
	}
}
