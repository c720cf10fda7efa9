/*
 * peer.h - a real server on a loopback port, in a thread of the test, that does what a function
 * says: answers, hangs, drips, resets. Good servers are boring; these are the others.
 *
 * One connection at a time. Whatever arrived is kept for the test to look at after peer_stop.
 */
#ifndef BF_TEST_PEER_H
#define BF_TEST_PEER_H

#include <pthread.h>
#include <stdatomic.h>
#include <openssl/ssl.h>
#include "libbfabric/base/secret.h"

struct peer_conn {
	int fd; /* -1: closed */
	SSL *tls;
	struct peer *peer;
};

struct peer {
	/* Set before peer_start; zero everything else. */
	void (*serve)(struct peer_conn *conn); /* called for each connection */
	SSL_CTX *tls;                          /* NULL: plain */
	bool tunnel;        /* a proxy: answer CONNECT with 200, then what follows is served */
	const char *answer; /* for peer_serve_answer and whoever wants it */

	unsigned port;
	int listener;
	pthread_t thread;
	atomic_bool stopping;
	unsigned connections, requests; /* of serve; a request is counted when its head is whole */
	struct bf_secret seen;          /* all that was received */
};

void peer_start(struct peer *peer);
void peer_stop(struct peer *peer); /* waits for the thread; counters are still, then */
void peer_release(struct peer *peer);

/* Number of a loopback port on which nobody listens. */
unsigned peer_free_port(void);

/* Receive one request, head and body by its Content-Length. False when the client went away. */
bool peer_receive(struct peer_conn *conn);
/* False when the client went away. */
bool peer_send(struct peer_conn *conn, const void *bytes, size_t len);
bool peer_puts(struct peer_conn *conn, const char *text);
/* TLS handshake as a server; false when it fails. */
bool peer_handshake(struct peer_conn *conn);
void peer_reset(struct peer_conn *conn); /* RST instead of FIN */
/* Until the client goes away or the test stops the peer. */
void peer_hang(struct peer_conn *conn);

/*
 * Receive requests and send peer->answer to each, until the client goes away or another one knocks.
 */
void peer_serve_answer(struct peer_conn *conn);

#endif
