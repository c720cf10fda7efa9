/*
 * api_query.h - what a person says about records, as a JSON object: KEY VALUE pairs, and --json and
 * --json-file for what pairs cannot say (values that are nested).
 */
#ifndef BF_HELPER_API_QUERY_H
#define BF_HELPER_API_QUERY_H

#include "options.h"
#include <jansson.h>

/* A key that is given twice. */
enum bf_repeated {
	BF_REPEATED_ALTERNATIVES, /* reading: an array, any of which will do */
	BF_REPEATED_REFUSED,      /* saving: one of them must be a mistake */
};

/*
 * The arguments of `call` from number `first` on, and its JSON; of the latter two, --json wins.
 * *ret is the caller's. BAD_CALL: a key without value, a key twice, a key in pairs and in JSON, or
 * what is no JSON object; SYSTEM: the file cannot be read.
 */
BF_MUST_USE enum bfabric_status bf_records_query(const struct bf_command_line *call, size_t first,
	enum bf_repeated repeated, json_t **ret, struct bfabric_error *err);

/* A positive whole number in an argument. BAD_CALL names `what`. */
BF_MUST_USE enum bfabric_status bf_records_id(
	const char *what, const char *text, int64_t *ret, struct bfabric_error *err);

/* --limit, as bfabric_read has it: -1 is all, 0 not given. BAD_CALL. */
BF_MUST_USE enum bfabric_status bf_records_limit(
	const char *text, int64_t *ret, struct bfabric_error *err);

/* ENDPOINT, the first argument: BAD_CALL where there is none, or it can be none. */
BF_MUST_USE enum bfabric_status bf_records_endpoint(
	const struct bf_command_line *call, const char **ret, struct bfabric_error *err);

#endif
