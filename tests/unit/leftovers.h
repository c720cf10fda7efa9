/*
 * leftovers.h - what a call that runs programs must not leave behind: descriptors and children.
 *
 *	struct leftovers before = leftovers();
 *	...
 *	assert_nothing_left(before);
 *
 * Include after unit.h. Children count while they run and as zombies.
 */
#ifndef TESTS_LEFTOVERS_H
#define TESTS_LEFTOVERS_H

#include <stdbool.h>
#include <sys/types.h>

struct leftovers {
	int descriptors, children, threads;
};

struct leftovers leftovers(void);
void assert_nothing_left(struct leftovers before);

/* Has every process of this session ended? Waits for those that were just killed, up to 2 s. */
bool session_is_empty(pid_t session);

#endif
