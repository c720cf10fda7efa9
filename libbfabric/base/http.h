/*
 * http.h - an HTTP exchange as plain data, and the one function that performs it.
 *
 * The pure protocol code builds requests and reads replies; whoever performs one is behind
 * struct bf_transport: libcurl in the product, a script in the tests.
 */
#ifndef BF_HTTP_H
#define BF_HTTP_H

#include "cancel.h"
#include "secret.h"

struct bf_reply;

struct bf_request {
	const char *method;       /* "GET", "POST", ... a constant */
	char *url;                /* owned */
	const char *content_type; /* constant or NULL */
	struct bf_secret body;
	struct bf_secret authorization; /* "Basic ..." or "Bearer ...", empty: none */
	/*
	 * CLOCK_BOOTTIME ms; further bounded by 30 s a request. Once a byte of the request may have
	 * left, reply_deadline counts instead if it is not 0: whoever gives up on the reply of a
	 * request that spent a token has lost what the token was exchanged for.
	 */
	int64_t deadline, reply_deadline;
	/* Ends the request with CANCELLED, but not where only reply_deadline counts. Borrowed. */
	const struct bfabric_cancel *cancel;
	/*
	 * Takes the body piece by piece, whatever the status is, instead of reply.body, up to
	 * body_max bytes of it. `so_far` has status and content_type. False: no more is wanted; the
	 * request ends with OK and what came so far. Borrowed; NULL: reply.body.
	 */
	bool (*on_body)(void *data, const struct bf_reply *so_far, const char *bytes, size_t len);
	void *on_body_data;
	size_t body_max;      /* 0: 1 MiB */
	int64_t whole_max_ms; /* instead of the 30 s a request; 0: those */
	const char *extra;    /* one more header line, a constant; NULL: none */
	bool wants_chain;     /* the server's certificates, too: for explaining, not for trusting */
	/* It does something that must not be done twice (a rotating token is in it, a client is
	 * registered): never reuse a connection, never resend. */
	bool spends;
};

/* One certificate of the server, as the TLS library words it. */
struct bf_certificate {
	char subject[256], issuer[256];
	int64_t not_after; /* Unix seconds, 0: unknown */
};

#define BF_CHAIN_MAX 8

struct bf_reply {
	long status;                  /* HTTP status; 0: no reply came */
	char content_type[128];       /* lower case, without parameters */
	struct bf_secret body;        /* at most 1 MiB, or the request's body_max */
	int64_t retry_after;          /* seconds, -1: not said */
	int64_t date;                 /* the server's clock, Unix seconds, 0: not said */
	struct bf_certificate *chain; /* owned, the server's own first; NULL: not asked, no TLS */
	size_t chain_count;
};

#define BF_AUTO_REQUEST BF_CLEANUP(bf_request_release)
#define BF_AUTO_REPLY   BF_CLEANUP(bf_reply_release)
void bf_request_release(struct bf_request *request);
void bf_reply_release(struct bf_reply *reply);

/* For a transport: a header line as it came. Date (RFC 9110, section 5.6.7) is taken from it. */
void bf_reply_note_header(struct bf_reply *reply, const char *line, size_t len);

/*
 * For a transport: one "Name:value" of the `index`-th certificate: Subject, Issuer, Expire date
 * ("Nov 23 15:01:03 2026 GMT"). What is beyond a limit or memory is left out.
 */
void bf_reply_note_certificate(struct bf_reply *reply, size_t index, const char *line);

/*
 * perform: OK when any HTTP reply came, whatever its status; RETRY_LATER or TIMEOUT when none came
 * (text names host, proxy or certificate file, and the reason); BAD_REPLY when it broke a limit;
 * BAD_CONFIG when the certificate could not be verified or a CA file not be read; CANCELLED.
 * *ret_sent says (also on failure) whether any byte of the request may have reached the server.
 */
struct bf_transport {
	enum bfabric_status (*perform)(void *data, const struct bf_request *request,
		struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err);
	void *data;
};

#endif
