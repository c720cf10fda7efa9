/*
 * net/request.h - what is checked before a request is handed to an HTTP library.
 *
 * The library would take much that we do not: a URL with user information, any scheme, a header
 * with a line break in it.
 */
#ifndef BF_NET_REQUEST_H
#define BF_NET_REQUEST_H

#include "../base/http.h"
#include "../base/url.h"

/*
 * BAD_CALL: a URL that bf_url_parse refuses (a query of printable ASCII may follow it), or a line
 * break or NUL in the Authorization header. *ret_url is the URL without its query.
 */
BF_MUST_USE enum bfabric_status bf_request_check(
	const struct bf_request *request, struct bf_url *ret_url, struct bfabric_error *err);

/*
 * When to give up on it, before or after its first byte left: see bf_request, and 30 s (or its
 * whole_max_ms) from `now`.
 */
int64_t bf_request_end(const struct bf_request *request, bool sent, int64_t now);

/* Did the caller's deadline pass, not just the bound of a request? */
bool bf_request_late(const struct bf_request *request, bool sent, int64_t now);

/* Whoever waits for the successor of a token that was spent waits to the end. */
bool bf_request_cancelled(const struct bf_request *request, bool sent);

/* "host", or "host:8443" where the port is not the usual one; shortened to fit. */
void bf_request_show_host(const struct bf_url *url, char *dst, size_t size);

/* Media type of a Content-Type header (NULL: ""): lower case, without parameters, cut to fit. */
void bf_media_type(char *dst, size_t size, const char *content_type);

#endif
