/*
 * screen.h - what a person sees while a login waits for them. All on stderr.
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
 * INT, TERM and HUP become the wish to stop, *ret_cancel (which lives as long as the process); a
 * second one has its usual effect. Programs started later get the old handlers, as exec resets
 * them.
 */
BF_MUST_USE enum bfabric_status bf_screen_init(
	struct bf_screen *screen, struct bfabric_cancel **ret_cancel, struct bfabric_error *err);

/* The callbacks for a login by device code; `screen` must outlive it. */
struct bfabric_ui bf_screen_ui(struct bf_screen *screen);

/* What other logins share with it. Without a person at a terminal the second says no. */
void bf_screen_show_time_left(struct bf_screen *screen, int64_t ms);
bool bf_screen_other_subject(struct bf_screen *screen, const char *before, const char *now);

/* A sentence for the person, below the line with the remaining time. */
void bf_screen_notice(struct bf_screen *screen, const char *text);

/* Take the line with the remaining time away. */
void bf_screen_end(struct bf_screen *screen);

#endif
