/*
 * terminal.h - the person's terminal: is there one, how wide is it, what can it show, what do they
 * answer.
 */
#ifndef BF_TERMINAL_H
#define BF_TERMINAL_H

#include "../libbfabric/base/error.h"

struct bf_terminal {
	bool person; /* stdin and stderr are terminals: someone can be asked */
	bool shows;  /* stderr is a terminal that understands cursor movement and colours */
	bool utf8;   /* the locale says UTF-8 */
	unsigned columns, rows; /* 80 and 24 where unknown */
};

void bf_terminal_look(struct bf_terminal *ret);

/* Columns of the terminal behind a descriptor; 80 where there is none. */
unsigned bf_terminal_columns(int fd);

/*
 * Ask on stderr, read a line from stdin into `buf` (spaces around it taken off). CANCELLED at the
 * end of input and by a signal. An answer longer than `buf` is BAD_CALL.
 */
BF_MUST_USE enum bfabric_status bf_terminal_ask(
	const char *question, char *buf, size_t size, struct bfabric_error *err);

/* Ask for yes or no; no is what Enter means. */
BF_MUST_USE enum bfabric_status bf_terminal_confirm(
	const char *question, bool *ret_yes, struct bfabric_error *err);

#endif
