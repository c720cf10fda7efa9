/* wsdl_describe.c - what the tables of net/wsdl.h say, put together. */
#include "wsdl.h"
#include "html.h"
#include "soap.h"
#include <stdlib.h>
#include <string.h>

#define HOPS_MAX 32 /* of names that stand for names */

void bf_wsdl_release(struct bf_wsdl *wsdl)
{
	json_decref(wsdl->types);
	json_decref(wsdl->simple);
	json_decref(wsdl->elements);
	json_decref(wsdl->messages);
	json_decref(wsdl->operations);
	json_decref(wsdl->schema);
	free(wsdl->target);
	free(wsdl->body);
	*wsdl = (struct bf_wsdl){0};
}

struct describer {
	const struct bf_wsdl *wsdl;
	size_t fields;
	struct bfabric_error *err;
};

static const char *text_of(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

/* ---- names ----------------------------------------------------------------------------------- */

/* What a reference is in the end: a type of XML Schema, or "#" and a complex one of the document.
 */
static const char *resolve(const struct bf_wsdl *wsdl, const char *reference)
{
	for (int hops = 0; reference && *reference == '#' && hops < HOPS_MAX; hops++) {
		if (json_object_get(wsdl->types, reference + 1))
			return reference;
		reference = text_of(wsdl->simple, reference + 1);
	}
	return reference && *reference != '#' ? reference : "anyType";
}

/*
 * A type of the document that is called like one of XML Schema that the document uses, too, gets a
 * prefix.
 */
static json_t *own_name(const struct bf_wsdl *wsdl, const char *name)
{
	return json_sprintf("%s%s", json_object_get(wsdl->schema, name) ? "tns:" : "", name);
}

/* As people know it. */
static json_t *public_name(const struct bf_wsdl *wsdl, const char *resolved)
{
	return *resolved == '#' ? own_name(wsdl, resolved + 1) : json_string_nocheck(resolved);
}

/* Of an element or attribute, or of the element that it refers to. */
static const char *type_of(const struct bf_wsdl *wsdl, const json_t *field)
{
	const char *ref = text_of(field, "ref");

	for (int hops = 0; ref && hops < HOPS_MAX; hops++) {
		field = json_object_get(wsdl->elements, ref);
		ref = text_of(field, "ref");
	}
	return resolve(wsdl, text_of(field, "type"));
}

/* ---- types ----------------------------------------------------------------------------------- */

static enum bfabric_status add_field(struct describer *d, const json_t *field, json_t *fields)
{
	json_t *copy = NULL;

	if (++d->fields > BF_WSDL_FIELDS)
		return bf_fail(d->err, BFABRIC_BAD_REPLY, "its types have more than %d fields",
			BF_WSDL_FIELDS);
	copy = json_pack("{sOsosOsOsO}", "name", json_object_get(field, "name"), "type",
		public_name(d->wsdl, type_of(d->wsdl, field)), "attribute",
		json_object_get(field, "attribute"), "min", json_object_get(field, "min"), "many",
		json_object_get(field, "many"));
	return copy && json_array_append_new(fields, copy) == 0 ? BFABRIC_OK
								: bf_fail_nomem(d->err);
}

/* Those of what it extends come first. */
static enum bfabric_status add_fields(
	struct describer *d, const json_t *type, int hops, json_t *fields)
{
	const char *base = type ? text_of(type, "base") : NULL;
	const json_t *own = json_object_get(type, "fields");
	enum bfabric_status status = BFABRIC_OK;

	if (hops == HOPS_MAX)
		return bf_fail(d->err, BFABRIC_BAD_REPLY, "its types extend each other too often");
	if (base && *base == '#' && json_object_get(d->wsdl->types, base + 1))
		status = add_fields(d, json_object_get(d->wsdl->types, base + 1), hops + 1, fields);
	for (size_t i = 0; i < json_array_size(own) && status == BFABRIC_OK; i++)
		status = add_field(d, json_array_get(own, i), fields);
	return status;
}

static enum bfabric_status add_type(
	struct describer *d, const char *name, const json_t *type, json_t *types)
{
	json_t *key = own_name(d->wsdl, name);
	json_t *fields = json_array();
	enum bfabric_status status = BFABRIC_OK;

	if (key && fields)
		status = add_fields(d, type, 0, fields);
	if (!key || !fields || json_object_set_nocheck(types, json_string_value(key), fields) < 0)
		status = bf_fail_nomem(d->err);
	json_decref(fields);
	json_decref(key);
	return status;
}

static enum bfabric_status describe_types(struct describer *d, json_t *types)
{
	enum bfabric_status status = BFABRIC_OK;
	const char *name = NULL;
	json_t *type = NULL;

	json_object_foreach (d->wsdl->types, name, type) {
		status = add_type(d, name, type, types);
		if (status != BFABRIC_OK)
			break;
	}
	return status;
}

/* ---- operations ------------------------------------------------------------------------------ */

/*
 * Document style wraps what RPC style has in parts: an element, called like the operation, whose
 * only element is the part. On the wire the two are the same.
 */
static const char *unwrap(const struct bf_wsdl *wsdl, const char *resolved)
{
	const json_t *type = *resolved == '#' ? json_object_get(wsdl->types, resolved + 1) : NULL;
	const json_t *fields = json_object_get(type, "fields");

	return json_array_size(fields) == 1 ? type_of(wsdl, json_array_get(fields, 0)) : resolved;
}

/* NULL: the operation has no such message. */
static const char *message_type(const struct bf_wsdl *wsdl, const char *message)
{
	const json_t *part = message ? json_object_get(wsdl->messages, message) : NULL;
	const char *element = text_of(part, "element");

	if (element)
		return unwrap(wsdl, type_of(wsdl, json_object_get(wsdl->elements, element)));
	return text_of(part, "type") ? resolve(wsdl, text_of(part, "type")) : NULL;
}

static bool add_direction(
	const struct bf_wsdl *wsdl, const json_t *operation, const char *direction, json_t *to)
{
	const char *type = message_type(wsdl, text_of(operation, direction));

	return !type || json_object_set_new_nocheck(to, direction, public_name(wsdl, type)) == 0;
}

static enum bfabric_status describe_operations(struct describer *d, json_t *operations)
{
	const char *name = NULL;
	json_t *operation = NULL;

	json_object_foreach (d->wsdl->operations, name, operation) {
		json_t *one = json_object();

		if (json_object_set_new_nocheck(operations, name, one) < 0 ||
			!add_direction(d->wsdl, operation, "in", one) ||
			!add_direction(d->wsdl, operation, "out", one))
			return bf_fail_nomem(d->err);
	}
	return BFABRIC_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static void json_freep(json_t **value)
{
	json_decref(*value);
}

enum bfabric_status bf_wsdl_describe(
	const struct bf_wsdl *wsdl, json_t **ret, struct bfabric_error *err)
{
	struct describer d = {.wsdl = wsdl, .err = err};
	const char *ns = wsdl->body ? wsdl->body : wsdl->target;
	BF_CLEANUP(json_freep) json_t *whole = NULL;
	enum bfabric_status status;

	if (!ns)
		return bf_fail(err, BFABRIC_BAD_REPLY, "the WSDL names no namespace");
	if (json_object_size(wsdl->operations) == 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, "the WSDL has no operations");
	whole = json_pack("{sss{}s{}}", "namespace", ns, "operations", "types");
	if (!whole)
		return bf_fail_nomem(err);
	status = describe_operations(&d, json_object_get(whole, "operations"));
	if (status == BFABRIC_OK)
		status = describe_types(&d, json_object_get(whole, "types"));
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(whole);
	return status;
}

enum bfabric_status bf_wsdl_read(
	const char *bytes, size_t len, json_t **ret, struct bfabric_error *err)
{
	BF_CLEANUP(bf_wsdl_release) struct bf_wsdl wsdl = {0};
	enum bfabric_status status;

	if (bf_html_is(bytes, len))
		return bf_html_fail(bytes, len, err);
	status = bf_wsdl_tables(bytes, len, &wsdl, err);
	return status == BFABRIC_OK ? bf_wsdl_describe(&wsdl, ret, err) : status;
}
