/*
 * client.h - one request to a peer and everything that came of it, for the tests of net/http.h.
 */
#ifndef BF_TEST_CLIENT_H
#define BF_TEST_CLIENT_H

#include "libbfabric/net/http.h"
#include "peer.h"

struct outcome {
	enum bfabric_status status;
	struct bf_reply reply;
	bool sent;
	struct bfabric_error err;
};

#define AUTO_OUTCOME BF_CLEANUP(outcome_release)
#define AUTO_HTTP    BF_CLEANUP(http_release)
#define AUTO_PEER    BF_CLEANUP(peer_release)
void outcome_release(struct outcome *o);
void http_release(struct bf_http **http);

/* Forget every variable that changes where requests go; the caller sets what it wants. */
void client_clean_environment(void);

struct bf_http *client(const struct bf_http_options *options); /* NULL: defaults */

/* "http://127.0.0.1:PORT/bfabric/x"; `request` is filled with it, POST "a=b", deadline in 20 s. */
struct bf_request client_request(const char *scheme, const char *host, unsigned port);

/* Perform and release the request. */
struct outcome client_perform(struct bf_http *http, struct bf_request *request);

/* The usual: POST over plain http to the peer with a client of its own. */
struct outcome client_post(const struct peer *peer);

#endif
