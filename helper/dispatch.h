/*
 * dispatch.h - from a command line to the verb that it names, and from there to the exit code.
 *
 * `bfabric` is several programs. The front (front.c) answers what it can from the cache. The full
 * program (full.c) has all other verbs but those for records, which need libxml2: that loads slowly
 * and is nothing for a refresh, so they have a program of their own (api_main.c). A verb is a row
 * in the table of the program that does it, and of those that list it.
 */
#ifndef BF_DISPATCH_H
#define BF_DISPATCH_H

#include "faces.h"

/* What one verb does; a row without verb ends a table. */
struct bf_command {
	const struct bf_verb *verb;
	/* NULL: the program `program` does it, in our place. */
	enum bfabric_status (*run)(const struct bf_command_line *call, struct bf_answer *answer,
		struct bfabric_error *err);
	const char *program;
};

struct bf_program {
	const struct bf_command *commands; /* in the order of help */
	const struct bf_command *hidden;   /* in no list and no suggestion; NULL: none */
};

/* All that main does; returns the exit code. */
int bf_dispatch(const struct bf_program *program, int argc, char *argv[]);

#endif
