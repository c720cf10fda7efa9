/*
 * process_state.h - what belongs to an application and must be after a call of a module what it was
 * before.
 */
#ifndef TESTS_PROCESS_STATE_H
#define TESTS_PROCESS_STATE_H

#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include "leftovers.h"

struct process_state {
	sigset_t mask;
	struct sigaction actions[NSIG];
	mode_t umask;
	char cwd[PATH_MAX];
	uid_t uids[3];
	gid_t gids[3];
	int group_count;
	gid_t groups[256];
	struct rlimit core, files;
	bool timer_armed;
	int dumpable, death_signal;
	pid_t session, group;
	char environment[32768];
	struct leftovers leftovers;
};

void process_state(struct process_state *ret);

/* What differs, in a word; children come last, because one may need a moment to end. NULL: nothing.
 */
const char *process_state_difference(
	const struct process_state *before, const struct process_state *after);

#endif
