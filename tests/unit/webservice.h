/*
 * webservice.h - B-Fabric's web services in memory, behind struct bf_transport, for one user's
 * world (world.h).
 *
 * It has two endpoints. "sample" is read, saved and deleted: `records` samples with the ids from
 * `records` down to 1, a hundred on a page. "container" is read only. It takes the tokens that the
 * world's authorization server issues, until told otherwise, and does what `next` says at the
 * request of that number: what servers do on bad days.
 */
#ifndef TESTS_WEBSERVICE_H
#define TESTS_WEBSERVICE_H

#include "libbfabric/client.h"
#include "world.h"

#define WEBSERVICE_TROUBLES 4

/* What happens to one POST instead of an answer. */
struct webservice_trouble {
	unsigned at;           /* number of the POST, from 1; 0: none */
	long http;             /* status; 0: 200 */
	const char *type;      /* NULL: text/xml */
	const char *body;      /* NULL: the answer that it had been */
	enum bfabric_status e; /* no reply comes; the text says "the line is dead" */
	bool unsent;           /* with `e`: nothing had left */
	size_t cut;            /* the reply ends after so many bytes; 0: it does not */
	bool refuse;           /* the token that it carries is not taken from now on */
};

struct webservice {
	struct world *world;
	struct bf_transport auth, transport;
	struct bf_session_seams seams;
	struct bfabric *client; /* of an oauth login; may be replaced */
	/* switches */
	int64_t records;
	int64_t pages;      /* numberofpages that is said; -2: the truth, -1: nothing */
	bool same_page;     /* whatever page was asked for */
	long wsdl_status;   /* 0: 200 */
	const char *wsdl;   /* NULL: the right one */
	size_t piece;       /* bytes that arrive at a time */
	char refused[1024]; /* a token that is not taken */
	struct webservice_trouble next[WEBSERVICE_TROUBLES];
	/* what happened */
	unsigned posts, gets;
	int64_t asked[64]; /* page of each read */
	char last_url[256];
	struct bf_secret last_body;
	bool last_spends;
};

int webservice_setup(void **state);
int webservice_teardown(void **state);
#define webservice_test(f) cmocka_unit_test_setup_teardown(f, webservice_setup, webservice_teardown)

/* Replace the client by one of another method. */
void webservice_client(struct webservice *ws, enum bfabric_auth_method method);

/* bfabric_read of "sample"; *ret is NULL where it fails. */
enum bfabric_status webservice_read(struct webservice *ws, const struct bfabric_read *read,
	json_t **ret, struct bfabric_error *err);
/* They are `count` and have the ids from `first` down. Takes them over. */
void webservice_ids(json_t *records, int64_t first, int64_t count);
/* Does the last request say this? */
bool webservice_asked(const struct webservice *ws, const char *text);

/* JSON with ' for ". Owned by the caller. */
json_t *webservice_json(const char *text);

#endif
