/*
 * net/soap_value.h - XML's texts as values, and a pile of named ones that become a record.
 *
 * While a record arrives, its elements come as a list with repetitions; JSON wants each name once,
 * in order. So the members of the elements that are open lie on one pile, and when an element
 * ends, those that lie above its mark are sorted, put together and taken away.
 */
#ifndef BF_NET_SOAP_VALUE_H
#define BF_NET_SOAP_VALUE_H

#include "soap_type.h"
#include "../base/secret.h"

/*
 * The text of an element or attribute. What is not what its kind says stays the text that it is,
 * as does an integer beyond 64 bits and a number that JSON has not (NaN, INF). NULL: no memory.
 */
BF_MUST_USE json_t *bf_soap_scalar(enum bf_soap_kind kind, const char *text, size_t len);

struct bf_soap_member;

struct bf_soap_pile {
	struct bf_soap_member *members;
	size_t count, room;
	struct bf_secret names;
};

void bf_soap_pile_release(struct bf_soap_pile *pile);

/* Takes `value` (NULL: no memory). `name` is copied without its leading underscores. */
BF_MUST_USE enum bfabric_status bf_soap_pile_put(struct bf_soap_pile *pile, const char *name,
	json_t *value, bool many, struct bfabric_error *err);

/*
 * An object of all members from `mark` (an earlier `count`) on; they leave the pile. A name that
 * occurs more than once, or is `many`, is an array; as bfabricPy's library has it, one that is
 * `many` does not begin with null.
 */
BF_MUST_USE enum bfabric_status bf_soap_pile_take(
	struct bf_soap_pile *pile, size_t mark, json_t **ret, struct bfabric_error *err);

#endif
