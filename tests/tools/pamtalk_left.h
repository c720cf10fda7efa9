/*
 * pamtalk_left.h - what calls of a module have left in the process, or changed in it.
 */
#ifndef TESTS_PAMTALK_LEFT_H
#define TESTS_PAMTALK_LEFT_H

#include <jansson.h>
#include "tests/unit/process_state.h"

struct amount {
	struct process_state state;
	long long bytes;    /* in use, of what malloc(3) gave */
	long long resident; /* bytes of memory that the process occupies */
};

void amount(struct amount *ret);

/* A child that its module left to finish is nobody's now: waits for those that were not there, and
 * tells how many there were. */
int await_children(const struct amount *before);

/*
 * Says `line`, which is taken over and was not there before `after`, with "changed" (a word of
 * process_state.h, or null) and with what is more: "descriptors", "threads", "children", "bytes",
 * "resident".
 */
void say_left(const struct amount *before, const struct amount *after, json_t *line);

#endif
