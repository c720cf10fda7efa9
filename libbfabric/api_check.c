/*
 * Names in what is sent, compared with the service's description: the server skips those that it
 * does not know, so that a misspelt condition would find everything, and a misspelt value be lost.
 */
#include "api.h"

#include <string.h>

#define DEPTH_MAX 16 /* objects in objects; a description may describe itself */

struct check {
	const json_t *description;
	const char *what;
	struct bfabric_error *err;
};

static enum bfabric_status check_object(
	const struct check *c, const char *type, const json_t *object, unsigned depth);

static enum bfabric_status fail_unknown(
	const struct check *c, const json_t *fields, const char *name)
{
	struct bf_api_nearest nearest = {.name = name};

	for (size_t i = 0; i < json_array_size(fields); i++) {
		const char *known =
			json_string_value(json_object_get(json_array_get(fields, i), "name"));

		if (known)
			bf_api_nearest_try(&nearest, known);
	}
	return bf_fail(c->err, BFABRIC_BAD_CALL, "%.120s has no field '%.80s'%s", c->what, name,
		bf_api_suggest(&nearest).text);
}

static enum bfabric_status check_value(
	const struct check *c, const char *type, const json_t *value, unsigned depth)
{
	enum bfabric_status status = BFABRIC_OK;

	if (json_is_object(value))
		return check_object(c, type, value, depth + 1);
	for (size_t i = 0; status == BFABRIC_OK && i < json_array_size(value); i++)
		if (json_is_object(json_array_get(value, i)))
			status = check_object(c, type, json_array_get(value, i), depth + 1);
	return status;
}

static enum bfabric_status check_object(
	const struct check *c, const char *type, const json_t *object, unsigned depth)
{
	const json_t *fields = bf_api_fields(c->description, type);
	const char *name;
	const json_t *value;
	enum bfabric_status status;

	if (depth > DEPTH_MAX)
		return bf_fail(c->err, BFABRIC_BAD_CALL,
			"%.120s has more than %d objects in "
			"each other",
			c->what, DEPTH_MAX);
	if (!fields) /* not described, so there is nothing to compare with */
		return BFABRIC_OK;
	json_object_foreach (bf_api_unconst(object), name, value) {
		const json_t *field = bf_api_field(fields, name);

		if (!field)
			return fail_unknown(c, fields, name);
		status = check_value(
			c, json_string_value(json_object_get(field, "type")), value, depth);
		if (status != BFABRIC_OK)
			return status;
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_api_check_fields(const json_t *description, const char *type,
	const json_t *object, const char *what, struct bfabric_error *err)
{
	const struct check c = {.description = description, .what = what, .err = err};

	return check_object(&c, type, object, /* depth= */ 0);
}
