/*
 * guard.h - what a process that holds tokens does first: it writes no core file, cannot be looked
 * into by its siblings (PR_SET_DUMPABLE), creates private files, erases what jansson frees, and
 * dies of no signal that a write may bring, and never takes a file of its own for stdin, stdout or
 * stderr.
 *
 * A program that is started from here must not inherit that: bf_guard_lift gives the old settings
 * back, right before execv or around posix_spawn.
 */
#ifndef BF_GUARD_H
#define BF_GUARD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/types.h>

struct bf_guard {
	struct rlimit core;
	bool core_known;
	mode_t umask;
	struct sigaction pipe, file_size; /* what SIGPIPE and SIGXFSZ did before */
	const char *key_log;              /* SSLKEYLOGFILE, where main took it away; else NULL */
};

/* For main, once, before anything else. */
void bf_guard_init(struct bf_guard *guard);
void bf_guard_lift(const struct bf_guard *guard);
/* The signals too: for a process that becomes another program, right before its execve. */
void bf_guard_lift_all(const struct bf_guard *guard);
/* Again, after a child was started. */
void bf_guard_again(const struct bf_guard *guard);

#endif
