/*
 * pam_state.h - what belongs to the application and must be after a call of a module what it was
 * before.
 */
#ifndef TESTS_PAM_STATE_H
#define TESTS_PAM_STATE_H

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

/*
 * The state is the one of before. A child that said its last word may need a moment to end on a
 * busy machine: it is waited for as the module does, at the end of a session (scene.pamh).
 */
void assert_state_is(const struct process_state *before, const char *call);

/* The same for what is left when the handle is gone; leftovers() of before. */
void assert_nothing_stays(struct leftovers before);

#endif
