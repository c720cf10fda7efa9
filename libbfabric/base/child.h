/*
 * child.h - ask another program: input on its stdin, its answer from its stdout, all of it bounded.
 *
 * Made for programs that may hang (a keyring waits for a daemon that never answers) and for hosts
 * that we do not know: a library's host may ignore SIGCHLD or reap our child, so that nobody learns
 * how it ended (ECHILD). Then only what it said counts.
 *
 * The child is started apart from us (start.h): a session, signals and an environment of its own,
 * stderr on /dev/null. Its input is a file in memory, so that it need not read it and SIGPIPE is
 * not raised. It is done when it has ended; what it left running in the background goes on, and is
 * not waited for even if it holds the pipe. What is not done shortly before the deadline is asked
 * to end (SIGTERM: it may hold a lock file) and killed at the deadline, with everything it started,
 * and reaped. No thread, no signal handler, no descriptor and no zombie stays.
 */
#ifndef BF_BASE_CHILD_H
#define BF_BASE_CHILD_H

#include "cancel.h"
#include "secret.h"
#include "sys.h"

#define BF_CHILD_OUTPUT_MAX ((size_t)1 << 20)

struct bf_child {
	const char *const *argv;       /* argv[0]: an absolute path; ends with NULL */
	const struct bf_secret *input; /* NULL: none */
	int64_t deadline;              /* CLOCK_BOOTTIME ms; what is left of it is real time */
	const struct bf_sys *sys;
	const struct bfabric_cancel *cancel; /* NULL: nobody can */
};

struct bf_child_end {
	bool known; /* false: somebody else reaped it, the rest means nothing */
	int code;   /* exit code; -1: died of a signal */
	int signal; /* 0: exited */
};

/*
 * Run it to its end. *ret_output is appended to: at most BF_CHILD_OUTPUT_MAX bytes, more is
 * BAD_REPLY. TIMEOUT: the deadline came first, and it was killed; CANCELLED: the same for that
 * reason; SYSTEM: it could not be started.
 */
BF_MUST_USE enum bfabric_status bf_child_run(const struct bf_child *child,
	struct bf_secret *ret_output, struct bf_child_end *ret_end, struct bfabric_error *err);

#endif
