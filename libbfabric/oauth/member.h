/*
 * member.h - typed members of a JSON object that somebody else wrote.
 *
 * A member that is missing or null is absent. One of another type is not: it is BAD_REPLY, because
 * a caller that took nonsense for "not there" could let pass what a claim was meant to forbid.
 * `what` begins the text: "the launch token".
 */
#ifndef BF_MEMBER_H
#define BF_MEMBER_H

#include <jansson.h>
#include "../base/error.h"

/* *ret_text: borrowed from `object`; NULL when absent. */
BF_MUST_USE enum bfabric_status bf_member_text(const char *what, const json_t *object,
	const char *name, const char **ret_text, struct bfabric_error *err);

/* The same as an owned copy; what *ret_copy held is freed. */
BF_MUST_USE enum bfabric_status bf_member_copy(const char *what, const json_t *object,
	const char *name, char **ret_copy, struct bfabric_error *err);

/*
 * An identifier of B-Fabric: a positive integer, also written as a string of digits. 0 when absent,
 * which 0 and an empty string mean, too.
 */
BF_MUST_USE enum bfabric_status bf_member_id(const char *what, const json_t *object,
	const char *name, int64_t *ret_id, struct bfabric_error *err);

/*
 * A NumericDate (RFC 7519, section 2): seconds since 1970, an integer or a real, not negative,
 * below 2^53. 0 when absent.
 */
BF_MUST_USE enum bfabric_status bf_member_date(const char *what, const json_t *object,
	const char *name, int64_t *ret_date, struct bfabric_error *err);

/* *ret_list: borrowed, every item a non-empty string; NULL when absent. */
BF_MUST_USE enum bfabric_status bf_member_texts(const char *what, const json_t *object,
	const char *name, json_t **ret_list, struct bfabric_error *err);

/* A positive decimal number without sign, space or leading zero that fits; 0 when it is none. */
int64_t bf_id_parse(const char *text);

#endif
