/*
 * start.h - start a program that has nothing of ours but what it is given.
 *
 * It gets a session of its own (a ^C at our terminal does not hit it, and it cannot read from
 * there), default signals, none held back, stderr on /dev/null, no other descriptor of ours, and
 * our environment without what is ours or shows secrets: BFABRIC..., BEARER_TOKEN...,
 * SSLKEYLOGFILE.
 */
#ifndef BF_START_H
#define BF_START_H

#include <sys/types.h>
#include "error.h"

/*
 * That environment, with `variable` ("NAME=value", may be NULL) in front. The list is owned, its
 * strings are borrowed; NULL: no memory.
 */
BF_MUST_USE const char **bf_start_variables(const char *variable);

/*
 * Start argv[0] (an absolute path). `input` and `output` become its stdin and stdout, -1:
 * /dev/null; they are above 2. *ret_pid is for waitpid(2). 0, or an errno.
 */
BF_MUST_USE int bf_start_apart(const char *const argv[], const char *const variables[], int input,
	int output, pid_t *ret_pid);

#endif
