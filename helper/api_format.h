/*
 * api_format.h - records as text: one row here and one file a form.
 *
 *	table  for a person: a line a record, fitted to the terminal, the id a link to the record
 *	json   an array of objects, indented
 *	yaml   a sequence of mappings, which YAML 1.1 and 1.2 read alike
 *	tsv    a heading and a line a record, tabs between; an object's members are columns of their
 *	       own, "container_id", and an array is its JSON
 *
 * What came from the server is written such that a program reads it back unchanged (json, yaml,
 * tsv), or that it cannot steer the terminal (table).
 */
#ifndef BF_HELPER_API_FORMAT_H
#define BF_HELPER_API_FORMAT_H

#include "../libbfabric/base/secret.h"
#include <jansson.h>

struct bf_records_pack;

enum bf_records_format { BF_RECORDS_TABLE, BF_RECORDS_JSON, BF_RECORDS_YAML, BF_RECORDS_TSV };

/* For --format: the position is the enum's value, but for the other names of table. */
#define BF_RECORDS_FORMATS "table|json|yaml|tsv|table-rich|table_rich"
/* The same for what saves, whose own form is json. */
#define BF_RECORDS_FORMATS_SAVED "json|table|yaml|tsv|table-rich|table_rich"
enum bf_records_format bf_records_format_of(int position);
enum bf_records_format bf_records_format_saved(int position);

/* What there is to show; all borrowed. */
struct bf_records_view {
	json_t *records;                    /* an array of objects; not changed */
	const struct bf_records_pack *pack; /* the records, where they are packed; else NULL */
	json_t *columns;                    /* --columns; NULL: not given */
	size_t max_columns;                 /* of a table without `columns`, beside id */
	/* For a table. */
	const char *link;     /* what the id is put behind for a link to a record; NULL: none */
	unsigned width;       /* of the terminal; 0: as wide as it gets */
	const char *ellipsis; /* where text is cut; takes one column */
	unsigned left_out;    /* set: columns that did not fit */
	/*
	 * Called now and then with what has been put so far: takes it out and away, so that the
	 * text of many records is never there as a whole. False: no more is wanted. NULL: `out` is
	 * to hold it all.
	 */
	bool (*take)(void *data, struct bf_secret *out);
	void *data;
};

size_t bf_records_count(const struct bf_records_view *view);
/* A new reference, as it is to be shown; NULL: no memory, and `out` has failed. */
json_t *bf_records_at(const struct bf_records_view *view, size_t i, struct bf_secret *out);
/* After each record. False: stop. */
bool bf_records_go_on(const struct bf_records_view *view, struct bf_secret *out);

/* NO_MEMORY: what is in `out` then is of no use. */
BF_MUST_USE enum bfabric_status bf_records_put(enum bf_records_format format,
	struct bf_records_view *view, struct bf_secret *out, struct bfabric_error *err);

/* The forms; a table has `columns`. */
void bf_records_put_table(struct bf_records_view *view, json_t *columns, struct bf_secret *out);
void bf_records_put_json(const struct bf_records_view *view, struct bf_secret *out);
void bf_records_put_yaml(const struct bf_records_view *view, struct bf_secret *out);
/* Without records, a heading all the same: those asked for, or id. */
void bf_records_put_tsv(const struct bf_records_view *view, struct bf_secret *out);

/* A number, shortest such that the same one is read back; a real always has a point. */
void bf_records_put_number(json_t *value, struct bf_secret *out);
/* A string, number, true, false or null as JSON. */
void bf_records_put_scalar(json_t *value, struct bf_secret *out);
/* Any value as JSON on one line. */
void bf_records_put_compact(json_t *value, struct bf_secret *out);

#endif
