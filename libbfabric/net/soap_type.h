/*
 * net/soap_type.h - what a service's description says about the values in a reply.
 *
 * The description (bfabric_inspect) is JSON for people; a reply of 100 records asks it for a type
 * several thousand times, so each type that occurs is put into order once.
 */
#ifndef BF_NET_SOAP_TYPE_H
#define BF_NET_SOAP_TYPE_H

#include "../base/error.h"
#include <jansson.h>

/* jansson has no iterator over what must not change; nothing is changed through this one. */
static inline json_t *bf_json_iterable(const json_t *object)
{
	const union {
		const json_t *given;
		json_t *taken;
	} same = {.given = object};

	return same.taken;
}

enum bf_soap_kind {
	BF_SOAP_TEXT, /* whatever no other of these is, a date for instance */
	BF_SOAP_INTEGER,
	BF_SOAP_NUMBER,
	BF_SOAP_BOOLEAN,
	BF_SOAP_COMPLEX, /* elements and attributes, or anything */
};

/* Strings are borrowed from the description. */
struct bf_soap_field {
	const char *name, *type;
	enum bf_soap_kind kind;
	bool attribute, many;
};

struct bf_soap_type {
	struct bf_soap_type *next;
	const char *name;
	size_t count;
	struct bf_soap_field fields[];
};

struct bf_soap_types {
	const json_t *description; /* borrowed; NULL: nothing is known */
	struct bf_soap_type *known;
};

void bf_soap_types_release(struct bf_soap_types *types);

/* *ret: owned by `types`; NULL when `name` is none of the description's (or is NULL). */
BF_MUST_USE enum bfabric_status bf_soap_type_find(struct bf_soap_types *types, const char *name,
	const struct bf_soap_type **ret, struct bfabric_error *err);

/* NULL when `type` is, or has no such field. */
const struct bf_soap_field *bf_soap_type_field(
	const struct bf_soap_type *type, const char *name, bool attribute);

/* Of a type of XML Schema, part 2, by its local name. */
enum bf_soap_kind bf_soap_kind_of(const char *name);

/* What an operation's reply holds in <return>; NULL: not known. */
const char *bf_soap_type_returned(const json_t *description, const char *operation);

#endif
