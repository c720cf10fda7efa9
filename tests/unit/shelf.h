/*
 * shelf.h - a store of secrets in memory: what the session's policy is told by a keyring that is
 * there, locked, lost in the middle, or changed by somebody else.
 */
#ifndef TESTS_SHELF_H
#define TESTS_SHELF_H

#include "world.h"

struct shelf {
	char line[4096];            /* the document; "" none */
	bool locked;                /* every operation fails */
	int64_t slow_ms;            /* so long each takes */
	void (*on_put)(void *data); /* called before something is stored */
	void *data;
	unsigned gets, puts, unlocks;
};

extern struct shelf shelf; /* the only one */

/* Empty it, and let `w` use it from now on (w->s is opened anew). */
void shelf_begin(struct world *w);
/* The refresh token on it, "" for none. Valid until the next call. */
const char *shelf_refresh_token(void);
void shelf_set(const char *member, const char *text);

/* A session of our own login, whose refresh token is on the shelf. */
void shelf_log_in(struct world *w);
/* The access token runs out; the next call is one of another process. */
void shelf_expire(struct world *w);
/* No file of ours has a refresh token, and the shelf has the one that lives. */
void shelf_expect_apart(struct world *w);
/* It can be refreshed, and nothing was spent twice so far. */
void shelf_expect_alive(struct world *w);

#endif
