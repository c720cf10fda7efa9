/*
 * screen.h - what a person sees while a login by device code waits for them. All on stderr.
 */
#ifndef BF_SCREEN_H
#define BF_SCREEN_H

#include "../libbfabric/login.h"
#include "terminal.h"

struct bf_screen {
	struct bf_terminal terminal;
	bool line_open;        /* the line with the remaining time is on the terminal */
	int64_t seconds_shown; /* what it says */
};

/*
 * INT, TERM and HUP become a wish to stop that wait() notices; a second one has its usual effect,
 * for a person who will not wait for a server that hangs. Programs started later get the old
 * handlers, as exec resets them.
 */
void bf_screen_init(struct bf_screen *screen);

/* The callbacks for bf_login_device; `screen` must outlive it. */
struct bf_login_ui bf_screen_ui(struct bf_screen *screen);

/* Take the line with the remaining time away. */
void bf_screen_end(struct bf_screen *screen);

#endif
