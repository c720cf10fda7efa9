/*
 * callback.h - what comes to the loopback address during a login, byte for byte (RFC 8252,
 * section 7.3; RFC 9112).
 *
 * Browsers ask for icons, open connections ahead of need, and any page or program may try the port.
 * Ours is one thing only: GET /callback by HTTP/1.x, with the loopback literal and our port as Host
 * (a page that reaches us by a name of its own, DNS rebinding, has that name there).
 */
#ifndef BF_CALLBACK_H
#define BF_CALLBACK_H

#include "../base/secret.h"

#define BF_CALLBACK_MAX  ((size_t)16 << 10) /* request line and headers */
#define BF_CALLBACK_PATH "/callback"

/* "127.0.0.1" or "[::1]", and the port of the listener. */
struct bf_callback_place {
	const char *host;
	unsigned port;
};

enum bf_callback_verdict {
	BF_CALLBACK_MORE,    /* the headers are not complete: come again with more bytes */
	BF_CALLBACK_OURS,    /* the query, which may be empty, was appended */
	BF_CALLBACK_FOREIGN, /* anything else, also what is malformed or too long: answer 404 */
};

/* Look at all bytes that came so far. Memory: ret_query->failed. */
enum bf_callback_verdict bf_callback_request(const struct bf_callback_place *place,
	const char *bytes, size_t len, struct bf_secret *ret_query);

/*
 * The same for the address that a person copied from the browser, a line with or without its end,
 * spaces, quotes or angle brackets around it. Never MORE.
 */
enum bf_callback_verdict bf_callback_pasted(const struct bf_callback_place *place, const char *line,
	size_t len, struct bf_secret *ret_query);

/* "http://127.0.0.1:PORT/callback", appended. */
void bf_callback_uri(const struct bf_callback_place *place, struct bf_secret *ret);

#endif
