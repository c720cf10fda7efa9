#include "api.h"
#include "api_query.h"
#include "full.h"
#include "say.h"
#include <inttypes.h>
#include <string.h>

#define DEPTH  5
#define INDENT 2

static void put_spaces(unsigned n, struct bf_secret *out)
{
	while (n--)
		bf_secret_putc(out, ' ');
}

/* Names are the server's. */
static void put_name(json_t *value, struct bf_secret *out)
{
	const char *text = json_is_string(value) ? json_string_value(value) : "?";
	char shown[200];

	bf_show(shown, sizeof(shown), text, strlen(text));
	bf_secret_puts(out, shown);
}

/* Types may contain themselves: `left` ends that. */
static void put_fields(
	json_t *types, json_t *fields, unsigned depth, int64_t left, struct bf_secret *out)
{
	json_t *field;
	size_t i;

	json_array_foreach (fields, i, field) {
		json_t *type = json_object_get(field, "type");
		json_t *inner = json_object_get(types, json_string_value(type));

		put_spaces(depth * INDENT, out);
		bf_secret_puts(out, "- ");
		put_name(json_object_get(field, "name"), out);
		bf_secret_puts(out, inner ? ": " : ": xs:");
		put_name(type, out);
		bf_secret_puts(out, json_is_true(json_object_get(field, "many")) ? "[]" : "");
		bf_secret_puts(
			out, json_integer_value(json_object_get(field, "min")) > 0 ? " *\n" : "\n");
		if (left > 0)
			put_fields(types, inner, depth + 1, left - 1, out);
	}
}

static void put_methods(json_t *operations, struct bf_secret *out)
{
	const char *name, *comma = " ";
	json_t *value;

	bf_secret_puts(out, "Methods:");
	json_object_foreach (operations, name, value) {
		json_auto_t *text = json_string(name);

		bf_secret_puts(out, comma);
		put_name(text, out);
		comma = ", ";
	}
	bf_secret_putc(out, '\n');
}

static enum bfabric_status put(const struct bf_records *api, const char *method,
	json_t *description, struct bf_secret *out, struct bfabric_error *err)
{
	json_t *operations = json_object_get(description, "operations");
	json_t *types = json_object_get(description, "types");
	json_t *type = json_object_get(json_object_get(operations, method), "in");
	int64_t depth = api->call->max_depth < 0 ? DEPTH : api->call->max_depth;

	put_methods(operations, out);
	if (!type) {
		BF_AUTO_SECRET struct bf_secret names = BF_SECRET_INIT;

		put_methods(operations, &names);
		bf_secret_cut(&names, names.len ? names.len - 1 : 0);
		return bf_fail(err, BFABRIC_BAD_CALL, "%s has no method %.100s. %.300s",
			api->endpoint, method, bf_secret_reveal(&names));
	}
	bf_secret_puts(out, "Parameters of ");
	bf_secret_puts(out, method);
	bf_secret_puts(out, ": ");
	put_name(type, out);
	bf_secret_putc(out, '\n');
	put_fields(types, json_object_get(types, json_string_value(type)), 1, depth, out);
	bf_secret_puts(out, "* required, [] may be several\n");
	return out->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_run_api_inspect(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_RECORDS struct bf_records api = {0};
	json_auto_t *description = NULL;
	const char *method = call->many_count > 1 ? call->many[1] : "read";
	enum bfabric_status status = bf_records_open(&api, call, err);

	bf_records_expect(answer);
	if (status == BFABRIC_OK && call->many_count > 2)
		return bf_fail(err, BFABRIC_BAD_CALL, "unexpected argument \"%.100s\"; see --help",
			call->many[2]);
	if (status != BFABRIC_OK)
		return status;
	status = bfabric_inspect(
		api.client, api.endpoint, bf_records_deadline(&api), &description, err);
	if (status != BFABRIC_OK)
		return bf_fail_with_hint(api.environment, call, err);
	return put(&api, method, description, &answer->out, err);
}
