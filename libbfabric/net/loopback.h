/*
 * loopback.h - the listener that a browser comes back to after a login (RFC 8252, section 7.3).
 *
 * It listens on 127.0.0.1 (or [::1]) only, serves several connections at once so that a slow or
 * idle one is in nobody's way, and gives each a bounded time. Connections of other users are closed
 * unread (owner.h). What the bytes mean is the visitor's affair; the listener knows no HTTP.
 *
 *	while (status == BFABRIC_OK && event != BF_LOOPBACK_HELD)
 *		status = bf_loopback_wait(listener, &watch, 250, &event, err);
 *	... find out what to tell the person ...
 *	bf_loopback_answer(listener, &page);
 *	bf_loopback_free(listener);
 */
#ifndef BF_NET_LOOPBACK_H
#define BF_NET_LOOPBACK_H

#include "../base/secret.h"

struct bf_loopback;

/*
 * `port` 0: any. SYSTEM: the port is in use or not allowed (the text names it), or no socket could
 * be had.
 */
BF_MUST_USE enum bfabric_status bf_loopback_open(
	bool ipv6, unsigned port, struct bf_loopback **ret, struct bfabric_error *err);
void bf_loopback_free(struct bf_loopback *loopback); /* NULL is fine; closes everything */

unsigned bf_loopback_port(const struct bf_loopback *loopback);
const char *bf_loopback_host(const struct bf_loopback *loopback); /* "127.0.0.1" or "[::1]" */

enum bf_loopback_say {
	BF_LOOPBACK_MORE,   /* not enough bytes yet */
	BF_LOOPBACK_ANSWER, /* send the reply, which should be short, and close */
	BF_LOOPBACK_HOLD,   /* this is the one: keep it open until bf_loopback_answer */
};

/* What a wait looks at besides the connections; all borrowed, -1: none. */
struct bf_loopback_watch {
	/* All bytes of one connection so far; what is sent is put to `reply`. */
	enum bf_loopback_say (*visit)(
		void *data, const char *bytes, size_t len, struct bf_secret *reply);
	void *data;
	int cancel_fd, paste_fd;
};

enum bf_loopback_event {
	BF_LOOPBACK_TIME,      /* the timeout, or a signal */
	BF_LOOPBACK_HELD,      /* a connection is held; everything else was closed */
	BF_LOOPBACK_PASTED,    /* paste_fd can be read */
	BF_LOOPBACK_CANCELLED, /* cancel_fd can be read */
};

/* At most `timeout_ms`. SYSTEM when no connection can be taken any more. */
BF_MUST_USE enum bfabric_status bf_loopback_wait(struct bf_loopback *loopback,
	const struct bf_loopback_watch *watch, int timeout_ms, enum bf_loopback_event *ret,
	struct bfabric_error *err);

/*
 * Answer the connection that is held, if there is one, and close it. Takes at most three seconds;
 * whether the browser still listened makes no difference to the login.
 */
void bf_loopback_answer(struct bf_loopback *loopback, const struct bf_secret *reply);

/* Connections of other users that were turned away. */
unsigned bf_loopback_strangers(const struct bf_loopback *loopback);

#endif
