/*
 * secret_input.h - how a secret gets in: typed without echo, or from a file or pipe. Never from an
 * argument or a variable, which others can read.
 */
#ifndef BF_SECRET_INPUT_H
#define BF_SECRET_INPUT_H

#include "../libbfabric/base/secret.h"
#include "terminal.h"

#define BF_SECRET_INPUT_MAX 4000 /* a terminal's line has no room for more (termios(3)) */

struct bf_secret_input {
	const char *file;   /* "-": stdin; NULL: ask */
	const char *option; /* what to give where there is nobody to ask: "--pat-file" */
	const char *prompt; /* "Personal access token: " */
	const char *what;   /* "personal access token" */
};

/*
 * One line of printable ASCII without spaces inside; what surrounds it is taken off. While it is
 * typed, echo is off and INT, TERM and HUP wait until the terminal is as it was: for whoever called
 * bf_screen_init, they are then CANCELLED. BAD_CALL: nothing there, too long, other characters, or
 * nobody to ask; SYSTEM: the file cannot be read or is not only ours to write.
 */
BF_MUST_USE enum bfabric_status bf_secret_input(const struct bf_secret_input *input,
	const struct bf_terminal *terminal, struct bf_secret *ret, struct bfabric_error *err);

#endif
