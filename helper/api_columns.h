/*
 * api_columns.h - which columns are shown, in which order, and which record comes first.
 *
 * Columns are arrays of strings. What a person asks for with --columns is shown as asked, in that
 * order, also where a record does not have it. Else json, yaml and tsv show all there is, and a
 * table as many as a person can take in: id and name, and then the first of the first record's
 * others as they are sorted, classname last.
 *
 * Functions return new references. The json_t that they read are not const because jansson's
 * iteration takes none that is; nothing is changed but by bf_records_sort.
 */
#ifndef BF_HELPER_API_COLUMNS_H
#define BF_HELPER_API_COLUMNS_H

#include "options.h"
#include <jansson.h>

#define BF_RECORDS_COLUMNS 7 /* beside id, in a table */

/* What --columns says; *ret is NULL where it says nothing. BAD_CALL: an empty name. */
BF_MUST_USE enum bfabric_status bf_records_columns_asked(
	const struct bf_option_list *list, json_t **ret, struct bfabric_error *err);

/* Those of a table when none were asked for, at most `max` beside id. `first` may be NULL. */
BF_MUST_USE enum bfabric_status bf_records_columns_table(
	json_t *first, size_t max, json_t **ret, struct bfabric_error *err);

/* The record with just these members, null where it lacks one; NULL: no memory. */
BF_MUST_USE json_t *bf_records_columns_pick(json_t *record, json_t *columns);

/*
 * The records by id, ascending: numbers first, then what is no number, as text, then those without.
 */
BF_MUST_USE enum bfabric_status bf_records_sort(
	json_t *records, json_t **ret, struct bfabric_error *err);

#endif
