/*
 * program.h - run another program and read what it prints.
 */
#ifndef BF_PROGRAM_H
#define BF_PROGRAM_H

#include "../libbfabric/base/secret.h"
#include "guard.h"

/* What main changed of its own process and a child gets back; NULL: nothing was changed. */
extern const struct bf_guard *bf_child_guard;

/* Absolute path of a program, by PATH; relative entries of PATH are skipped. SYSTEM if there is
 * none. */
BF_MUST_USE enum bfabric_status bf_find_program(
	const char *name, char **ret_path, struct bfabric_error *err);

/*
 * Run argv[0] (an absolute path), without a shell, with stdin closed off, stderr ours, and only
 * those variables of our environment that say where files and languages are. Its stdout (at most
 * 1 MiB) goes to `out` if not NULL. *ret_code is its exit code; SYSTEM when it could not be run or
 * died of a signal.
 */
BF_MUST_USE enum bfabric_status bf_spawn(
	const char *const argv[], struct bf_secret *out, int *ret_code, struct bfabric_error *err);

/*
 * Start argv[0] (an absolute path) apart from us (base/start.h) and leave it alone, as a browser
 * wants it: input and output on /dev/null, `variable` ("NAME=value", may be NULL) in front of its
 * environment. *ret_pid is for waitpid(2).
 */
BF_MUST_USE enum bfabric_status bf_spawn_detached(
	const char *const argv[], const char *variable, pid_t *ret_pid, struct bfabric_error *err);

#endif
