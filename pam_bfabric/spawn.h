/*
 * spawn.h - a child of a PAM module: fully the user, with nothing of ours, and never killed.
 *
 * The process that we live in is somebody else's: its signals, mask, umask, directory, ids,
 * environment and descriptors are after the call what they were before, and only the child that we
 * started is waited for.
 *
 * The child gets an environment made up from the password database, the request on a socket pair
 * that is its stdin and stdout, /dev/null as stderr, no other descriptor, default signals, umask
 * 077, a session of its own in /, no core file, and SIGTERM when we die. It becomes the user
 * (groups, gid, uid; verified) before it runs anything.
 *
 * A child that exchanges a token for the next must not die between the two, so we never kill one
 * (SIGTERM, which it holds back meanwhile, is all that it gets): it has its own deadline. One that
 * is not done when our time is up is left to finish, and reaped by a later call with the same PAM
 * handle.
 */
#ifndef PAM_BFABRIC_SPAWN_H
#define PAM_BFABRIC_SPAWN_H

#include "../libbfabric/base/secret.h"
#include "call.h"
#include "line.h"

struct bf_pam_child {
	pid_t pid; /* 0: none */
	int fd;
	int64_t deadline; /* CLOCK_BOOTTIME ms: until then we listen */
	struct bf_line_decoder decoder;
};

#define BF_PAM_CHILD_INIT                                                                          \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/*
 * Start `program` of our libexec directory (conf->libexec, else the compiled one) as `user`, with
 * `verb` (may be NULL) as its argument, and hand it `request`. The program must be root's (or ours)
 * and writable by nobody else.
 */
BF_MUST_USE enum bfabric_status bf_pam_spawn(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const char *program, const char *verb,
	const struct bf_secret *request, int64_t deadline, struct bf_pam_child *ret,
	struct bfabric_error *err);

/*
 * What it says next. *ret_found false: it has said everything. TIMEOUT: not before the deadline;
 * BAD_REPLY: it does not speak our protocol. The strings of *ret live until the next call.
 */
BF_MUST_USE enum bfabric_status bf_pam_hear(struct bf_pam_child *child, struct bf_line *ret,
	bool *ret_found, struct bfabric_error *err);

/*
 * All that it says until its end, for a child that answers in key=value lines. TIMEOUT; BAD_REPLY:
 * more than 64 KiB.
 */
BF_MUST_USE enum bfabric_status bf_pam_hear_all(
	const struct bf_pam_child *child, struct bf_secret *ret_text, struct bfabric_error *err);

/* We listen no longer. It is reaped now if it has ended, else by a later call. */
void bf_pam_child_done(const struct bf_pam_call *call, struct bf_pam_child *child);

/* The same for one that nobody waits for any more: it is asked to end, and may finish its saving.
 */
void bf_pam_child_stop(const struct bf_pam_call *call, struct bf_pam_child *child);

/* Reap what earlier calls with this handle left and what has ended since. */
void bf_pam_reap_left(const struct bf_pam_call *call);

/* The clock of deadlines. */
int64_t bf_pam_now(void);

#endif
