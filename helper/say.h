/*
 * say.h - the two ways out of a program: the answer on stdout, a line for the person on stderr.
 */
#ifndef BF_SAY_H
#define BF_SAY_H

#include "../libbfabric/base/secret.h"

/*
 * "bfabric: text\n" on stderr in one write. The text is cleaned of control characters; the name is
 * the same whichever of our programs speaks, because it is the command that mends things.
 */
void bf_say(const char *fmt, ...) BF_PRINTF(1, 2);

/* Raw text on stderr: screens and help. */
void bf_say_raw(const char *text, size_t len);

/* The answer, whole, on stdout. SYSTEM when it could not be written. */
BF_MUST_USE enum bfabric_status bf_answer_write(
	const struct bf_secret *out, struct bfabric_error *err);

/* Last component of a path; argv[0] may be NULL (execve(2) allows an empty argv). */
const char *bf_program_name(const char *argv0);

#endif
