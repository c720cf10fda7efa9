/* soap_type.c - see net/soap_type.h. */
#include "soap_type.h"
#include <stdlib.h>
#include <string.h>

void bf_soap_types_release(struct bf_soap_types *types)
{
	while (types->known) {
		struct bf_soap_type *type = types->known;

		types->known = type->next;
		free(type);
	}
}

enum bf_soap_kind bf_soap_kind_of(const char *name)
{
	static const struct {
		const char *name;
		enum bf_soap_kind kind;
	} kinds[] = {
		{"int", BF_SOAP_INTEGER},
		{"long", BF_SOAP_INTEGER},
		{"integer", BF_SOAP_INTEGER},
		{"short", BF_SOAP_INTEGER},
		{"byte", BF_SOAP_INTEGER},
		{"unsignedLong", BF_SOAP_INTEGER},
		{"unsignedInt", BF_SOAP_INTEGER},
		{"unsignedShort", BF_SOAP_INTEGER},
		{"unsignedByte", BF_SOAP_INTEGER},
		{"nonNegativeInteger", BF_SOAP_INTEGER},
		{"nonPositiveInteger", BF_SOAP_INTEGER},
		{"positiveInteger", BF_SOAP_INTEGER},
		{"negativeInteger", BF_SOAP_INTEGER},
		{"boolean", BF_SOAP_BOOLEAN},
		{"float", BF_SOAP_NUMBER},
		{"double", BF_SOAP_NUMBER},
		{"anyType", BF_SOAP_COMPLEX},
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return kinds[i].kind;
	return BF_SOAP_TEXT;
}

static const json_t *types_of(const json_t *description)
{
	return json_object_get(description, "types");
}

static int by_name(const void *a, const void *b)
{
	const struct bf_soap_field *left = a, *right = b;
	const int order = strcmp(left->name, right->name);

	return order ? order : (int)left->attribute - (int)right->attribute;
}

static void read_field(
	const struct bf_soap_types *types, const json_t *from, struct bf_soap_field *ret)
{
	const char *name = json_string_value(json_object_get(from, "name"));
	const char *type = json_string_value(json_object_get(from, "type"));

	ret->name = name ? name : "";
	ret->type = type ? type : "string";
	ret->attribute = json_is_true(json_object_get(from, "attribute"));
	ret->many = json_is_true(json_object_get(from, "many"));
	ret->kind = json_object_get(types_of(types->description), ret->type)
			    ? BF_SOAP_COMPLEX
			    : bf_soap_kind_of(ret->type);
}

static struct bf_soap_type *read_type(
	const struct bf_soap_types *types, const char *name, const json_t *fields)
{
	const size_t count = json_array_size(fields);
	struct bf_soap_type *type = calloc(1, sizeof(*type) + count * sizeof(type->fields[0]));

	if (!type)
		return NULL;
	type->count = count;
	for (size_t i = 0; i < count; i++)
		read_field(types, json_array_get(fields, i), &type->fields[i]);
	qsort(type->fields, count, sizeof(type->fields[0]), by_name);
	type->name = name;
	return type;
}

enum bfabric_status bf_soap_type_find(struct bf_soap_types *types, const char *name,
	const struct bf_soap_type **ret, struct bfabric_error *err)
{
	const json_t *fields = name ? json_object_get(types_of(types->description), name) : NULL;
	struct bf_soap_type *type = types->known;

	*ret = NULL;
	if (!fields)
		return BFABRIC_OK;
	while (type && strcmp(type->name, name) != 0)
		type = type->next;
	if (!type) {
		/* the key, which lives as long as the description: `name` may not */
		name = json_object_iter_key(
			json_object_iter_at(bf_json_iterable(types_of(types->description)), name));
		type = read_type(types, name, fields);
		if (!type)
			return bf_fail_nomem(err);
		type->next = types->known;
		types->known = type;
	}
	*ret = type;
	return BFABRIC_OK;
}

const struct bf_soap_field *bf_soap_type_field(
	const struct bf_soap_type *type, const char *name, bool attribute)
{
	const struct bf_soap_field wanted = {.name = name, .attribute = attribute};

	return type ? bsearch(&wanted, type->fields, type->count, sizeof(wanted), by_name) : NULL;
}

const char *bf_soap_type_returned(const json_t *description, const char *operation)
{
	const json_t *one = json_object_get(json_object_get(description, "operations"), operation);

	return json_string_value(json_object_get(one, "out"));
}
