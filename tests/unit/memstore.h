/*
 * memstore.h - credential helpers in memory, in the place of bf_child_run (link with
 * -Wl,--wrap=bf_child_run): what they keep, they keep in a mapping that forked processes share.
 * Each program has items of its own. Programs have to exist, because that is looked at before they
 * are run.
 */
#ifndef TESTS_MEMSTORE_H
#define TESTS_MEMSTORE_H

#include <stdbool.h>

struct memstore;

struct memstore *memstore_new(void);
void memstore_free(struct memstore *store);

/* Calls since memstore_fail; the n-th of them (0: none) fails, and with `stays` all after it. */
void memstore_fail(struct memstore *store, unsigned n, bool stays);
unsigned memstore_calls(const struct memstore *store);

/* What it was told last, a line of JSON; NULL: nothing. Valid until it changes. */
const char *memstore_item(const struct memstore *store, const char *program, const char *client_id);
/* As if it had been told so, for the environment TEST at bfabric.test. */
void memstore_put(
	struct memstore *store, const char *program, const char *client_id, const char *document);
unsigned memstore_count(const struct memstore *store, const char *program);
void memstore_clear(struct memstore *store);

#endif
