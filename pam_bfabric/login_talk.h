/*
 * login_talk.h - the person behind the module: what bfabric-pam-login says while it waits, and how
 * it notices that nobody listens any more.
 */
#ifndef PAM_BFABRIC_LOGIN_TALK_H
#define PAM_BFABRIC_LOGIN_TALK_H

#include "../libbfabric/base/url.h"
#include "line.h"

struct bf_login_talk {
	int fd;
	struct bfabric_cancel *cancel; /* wished for when the other side is gone */
	const struct bf_url *base;     /* where people may be sent */
	unsigned qr_columns, qr_rows;  /* room for a picture; 0: none */
	int64_t deadline;              /* CLOCK_BOOTTIME ms */
	int64_t said;                  /* the last `wait`; -1: none yet */
	struct bfabric_error trouble;  /* why the talk ended by itself; OK: it did not */
};

/* False: it cannot be said, or nobody listens. */
bool bf_login_say(const struct bf_login_talk *talk, const struct bf_line *line);

/*
 * Nothing more is said. Wait until the other side has heard everything and is gone: true. False: it
 * ended without having read it (unix(7): ECONNRESET), `cancel` was wished for (NULL: nobody can),
 * or `deadline` passed (CLOCK_BOOTTIME ms).
 */
bool bf_login_heard_out(
	const struct bf_login_talk *talk, const struct bfabric_cancel *cancel, int64_t deadline);

/*
 * The ui of the login. A code that leads to another server than `base` is not shown: the login ends
 * with CANCELLED, and talk->trouble says why.
 */
struct bfabric_ui bf_login_talk_ui(struct bf_login_talk *talk);

#endif
