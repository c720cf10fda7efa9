/*
 * libexec.h - where the programs lie that only we start.
 */
#ifndef BF_LIBEXEC_H
#define BF_LIBEXEC_H

#include "error.h"

/* Path of a program in our libexec directory, or in BFABRIC_LIBEXEC (ignored when setuid). */
BF_MUST_USE enum bfabric_status bf_libexec_path(
	const char *program, char **ret_path, struct bfabric_error *err);

#endif
