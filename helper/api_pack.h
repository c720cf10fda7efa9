/*
 * api_pack.h - many records in little memory.
 *
 * All records have to be there before the first can be shown: they are shown by id, and the server
 * sends the newest first. As values of jansson they take about ten times their text. Here each is
 * one run of bytes, names of members are kept once for all, and one record at a time becomes values
 * again.
 */
#ifndef BF_HELPER_API_PACK_H
#define BF_HELPER_API_PACK_H

#include "../libbfabric/base/error.h"
#include "../libbfabric/base/secret.h"
#include <jansson.h>

struct bf_pack_chunk;
struct bf_pack_entry;

struct bf_records_pack {
	struct bf_pack_chunk *chunks;  /* the newest first; nothing in them moves */
	struct bf_pack_entry *entries; /* a record each */
	size_t count, room;
	json_t *numbers;         /* of each name; NULL until the first record */
	json_t *names;           /* by number */
	struct bf_secret packed; /* of the record that is being added */
	bool failed;             /* out of memory: said by bf_records_pack_sort */
};

#define BF_RECORDS_PACK_INIT                                                                       \
	{                                                                                          \
		0                                                                                  \
	}
void bf_records_pack_release(struct bf_records_pack *pack);

/* `data` is the pack: for bfabric_read_each. The record is copied. False: no memory. */
bool bf_records_pack_add(void *data, json_t *record);

/*
 * In the order of ids, ascending: numbers first, then what is no number, as text, then those
 * without. NO_MEMORY: not all records are in it.
 */
BF_MUST_USE enum bfabric_status bf_records_pack_sort(
	struct bf_records_pack *pack, struct bfabric_error *err);

/* A new reference to a record that equals the one that was added; NULL: no memory. */
BF_MUST_USE json_t *bf_records_pack_get(const struct bf_records_pack *pack, size_t i);

#endif
