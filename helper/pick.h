/*
 * pick.h - a numbered list on the terminal, from which a person picks by number or by name. No
 * cursor movement: it works on every terminal, and a screen reader reads it.
 */
#ifndef BF_PICK_H
#define BF_PICK_H

#include "terminal.h"

#define BF_PICK_NONE ((size_t)-1)

struct bf_pick {
	const char *question; /* without question mark and colon: "Environment to remove" */
	size_t count;         /* > 0 */
	size_t preset;        /* what Enter means, or BF_PICK_NONE */
	const char *(*name)(void *data, size_t index);
	void (*describe)(void *data, size_t index, char *buf, size_t size); /* a few words */
	void *data;
};

/* Asks until the answer is one of the list. CANCELLED: a signal, or the end of input. */
BF_MUST_USE enum bfabric_status bf_pick_ask(const struct bf_pick *pick,
	const struct bf_terminal *terminal, size_t *ret_index, struct bfabric_error *err);

#endif
