/*
 * become.h - what a child does between fork and exec; only spawn.c uses it.
 *
 * The process that forked may have threads: from here on only what is safe in a signal handler is
 * called, and everything that allocates was made before.
 */
#ifndef PAM_BFABRIC_BECOME_H
#define PAM_BFABRIC_BECOME_H

#include <sys/types.h>

struct bf_pam_exec {
	const char *path;
	const char *const *argv, *const *variables;
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	int group_count;
	pid_t parent;
	int fd;   /* becomes stdin and stdout; above 2 */
	int null; /* /dev/null; becomes stderr; above 2 */
};

/* Ends in exec, or in _exit(127). All signals are blocked when it is called. */
__attribute__((noreturn)) void bf_pam_become(const struct bf_pam_exec *exec);

#endif
