/*
 * net/sigpipe.h - a peer that hangs up must not kill the program.
 *
 * A library leaves signal handlers alone, so SIGPIPE is held back in this thread only, and one that
 * came meanwhile is taken away before the mask is restored. Nothing is done where it was held back
 * already, or was pending.
 *
 *	struct bf_sigpipe guard = bf_sigpipe_hold();
 *	... write to sockets ...
 *	bf_sigpipe_restore(&guard);
 */
#ifndef BF_NET_SIGPIPE_H
#define BF_NET_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

struct bf_sigpipe {
	sigset_t before;
	bool held;
};

struct bf_sigpipe bf_sigpipe_hold(void);
void bf_sigpipe_restore(const struct bf_sigpipe *guard); /* keeps errno */

#endif
