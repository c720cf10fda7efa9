/*
 * list_table.h - the environments as a table, or below each other where a terminal is too narrow
 * for it: then the address stands alone on its line, so that it can be copied.
 */
#ifndef BF_LIST_TABLE_H
#define BF_LIST_TABLE_H

#include "../libbfabric/base/secret.h"

enum { BF_LIST_NAME, BF_LIST_URL, BF_LIST_METHOD, BF_LIST_STATE, BF_LIST_LIFE, BF_LIST_COLUMNS };

struct bf_list {
	struct bf_list_row *rows;
	size_t count;
	bool failed; /* memory ran out */
};

/* Copies the cells and cleans them for showing. */
void bf_list_add(struct bf_list *list, bool marked, const char *const cells[BF_LIST_COLUMNS]);

/* `columns` 0: as wide as it is. */
void bf_list_put(const struct bf_list *list, unsigned columns, struct bf_secret *out);

void bf_list_release(struct bf_list *list);

#endif
