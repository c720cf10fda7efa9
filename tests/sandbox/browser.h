/* SPDX-License-Identifier: MIT */
/*
 * Browsers that have signed in: a cookie names the session, the session says who it is and which
 * clients he has approved. Under the lock of struct sandbox.
 */
#ifndef SB_BROWSER_H
#define SB_BROWSER_H

#include "sandbox.h"

#define SB_SESSIONS_MAX 10000

struct sb_browser {
	unsigned char digest[SB_DIGEST_LEN]; /* of the cookie's value */
	char *user;
	json_t *approved; /* {client id: true} */
	double expires;
	struct sb_browser *next;
};

/* The session of this request's cookie; NULL if there is none. */
struct sb_browser *sb_browser_find(struct sb_request *rq);
/* Starts one and sets its cookie on the reply; NULL if there are too many. */
struct sb_browser *sb_browser_sign_in(struct sb_request *rq, const char *user);
/* Forgets all of them; answers how many there were. */
size_t sb_browsers_release(struct sandbox *sb);

#endif
