/*
 * fault.h - let one call fail, then the next, until nothing fails any more.
 *
 * Every allocation and every system call of our own code can fail, and each failure has its own
 * path through the code. The linker's --wrap option sends the calls of our objects (not those
 * inside libc, libcurl or OpenSSL) through this file, which counts them and fails the one that the
 * test asked for. A test loops over n and asks each time for the same two things: a failure is
 * reported (or survived), and nothing is lost or leaked:
 *
 *	FAULT_EACH(FAULT_MEMORY, ENOMEM) {
 *		status = bf_url_parse("https://example.org", &url, &err);
 *		if (fault_disarm())
 *			assert_int_equal(status, BFABRIC_NO_MEMORY);
 *		else
 *			assert_int_equal(status, BFABRIC_OK);
 *		bf_url_release(&url);
 *	}
 *
 * The first round fails the first call, the second round the second, and so on; the loop ends after
 * the first round in which nothing failed. Between fault_arm (which FAULT_EACH does) and
 * fault_disarm the calls of the test itself count too: disarm before anything else is looked at.
 *
 * To use it, list `fault` among the dependencies of the test in meson.build. To wrap a further
 * call: a member of enum fault_call, a row in fault.c, and its name in meson.build.
 * One thread only.
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

enum fault_call {
	FAULT_ALLOCATE, /* malloc, calloc, realloc, reallocarray, strdup, strndup, (v)asprintf */
	FAULT_OPEN,     /* open, openat */
	FAULT_READ,     /* read, pread */
	FAULT_WRITE,    /* write, pwrite, fallocate */
	FAULT_TRUNCATE, /* ftruncate */
	FAULT_SYNC,     /* fsync */
	FAULT_CLOSE,    /* close: the descriptor is closed all the same */
	FAULT_RENAME,   /* rename, renameat, link, linkat */
	FAULT_UNLINK,   /* unlink, unlinkat */
	FAULT_STAT,     /* stat, lstat, fstat, fstatat */
	FAULT_MKDIR,    /* mkdir */
	FAULT_CHMOD,    /* fchmod, fchmodat */
	FAULT_LOCK,     /* fcntl */
	FAULT_RANDOM,   /* getrandom */
	FAULT_PROCESS,  /* fork, pipe2, memfd_create */
	FAULT_SOCKET,   /* socketpair, send, recv, shutdown */
	FAULT_PAM,      /* pam_set_data, pam_putenv: whatever the errno, they say PAM_BUF_ERR */
	FAULT_CALLS,    /* their number */
};

#define FAULT_BIT(call) (1u << (call))
#define FAULT_MEMORY    FAULT_BIT(FAULT_ALLOCATE)
#define FAULT_SYSTEM    (((1u << FAULT_CALLS) - 1) & ~FAULT_MEMORY) /* all but memory */
#define FAULT_STAYS     (1u << 31) /* not one call, but the n-th and all that follow */
#define FAULT_KILL      (-1) /* as errno: the process is killed there, in a child of the test */

/*
 * From now on count the calls of these kinds (FAULT_BITs), and let the n-th (from 1) fail with this
 * errno. Arms anew if armed.
 */
void fault_arm(unsigned calls, unsigned n, int error);

/* Back to normal. Did a call fail since fault_arm? */
bool fault_disarm(void);

/*
 * While held, calls neither count nor fail: for what a test does inside the code under test (a
 * server in memory, a callback).
 */
void fault_hold(bool hold);

/* The name of the call that failed last, for messages; "" when none did. */
const char *fault_name(void);

/* Calls of the armed kinds since fault_arm. */
unsigned fault_count(void);

/* Did a call fail in the last armed time? False after 10,000 rounds, which no test means. */
bool fault_again(unsigned round);

#define FAULT_EACH(calls, error)                                                                   \
	for (unsigned fault_n_ = 1; fault_n_ == 1 || fault_again(fault_n_); fault_n_++)            \
		for (bool fault_once_ = (fault_arm((calls), fault_n_, (error)), true);             \
			fault_once_; fault_once_ = false)

#endif
