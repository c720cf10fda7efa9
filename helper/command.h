/*
 * command.h - run a command as if it had been started without us: its terminal, its signals, its
 * end.
 *
 * It stays in our process group, so that the terminal's own signals (Control-C, Control-Z, a new
 * size) reach it directly and job control of the shell holds for both. What a process sends to us
 * is passed on. When it stops we stop, when we are continued it is. How it ends, we end: its exit
 * code, or the signal that killed it. A process that signals the whole group reaches it twice, here
 * as with sudo(8): the kernel does not tell the two ways apart.
 *
 * If we are killed (SIGKILL) it lives on.
 */
#ifndef BF_COMMAND_H
#define BF_COMMAND_H

#include "../libbfabric/base/error.h"
#include <signal.h>
#include <sys/types.h>

struct bf_command {
	pid_t pid;   /* 0: not running */
	bool ran;    /* it was started */
	int signals; /* signalfd(2): poll it for POLLIN */
	int how;     /* waitpid's status once it ended */
	sigset_t mask;
	struct sigaction child;
};

#define BF_COMMAND_INIT                                                                            \
	{                                                                                          \
		.signals = -1                                                                      \
	}
#define BF_AUTO_COMMAND BF_CLEANUP(bf_command_release)
/* Gives the signals back, unless the command ran: then nothing but its end may end us. */
void bf_command_release(struct bf_command *command);

/* From here on no signal ends us; those that come wait until the command runs. */
BF_MUST_USE enum bfabric_status bf_command_hold(
	struct bf_command *command, struct bfabric_error *err);

/*
 * Start argv[0], found by PATH, with everything of this process as main got it; `prepare` runs in
 * the new process and sets its environment (false: no memory). SYSTEM with *ret_code 127 when there
 * is no such program, 126 when it cannot be run; the text says why.
 */
BF_MUST_USE enum bfabric_status bf_command_start(struct bf_command *command, char *const argv[],
	bool (*prepare)(const void *data), const void *data, int *ret_code,
	struct bfabric_error *err);

/* Signals have arrived: pass them on, stop if it stopped, and see whether it ended (pid is 0). */
void bf_command_attend(struct bf_command *command);

/* End as it ended: returns the exit code, or does not return because a signal killed it. */
int bf_command_follow(int how);

#endif
