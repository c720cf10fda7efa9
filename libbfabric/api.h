/*
 * api.h - the inside of the web services (bfabric.h): what the files that make them up share.
 *
 *   api.c           one request, with a token that is valid when it leaves, and what came of it
 *   api_errors.c    what a server's words and statuses mean, and how a person is told; pure
 *   api_describe.c  the description of a service, fetched once per client, and what it says
 *   api_check.c     are the names in a query or a record those of the description?
 *   api_names.c     which name was meant; the names of well-known services; pure
 *   api_pages.c     which pages hold what is wanted; pure
 *   api_query.c     a query as it is sent
 *   api_read.c      reading, page by page
 *   api_write.c     what saving and deleting have in common
 *   api_save.c, api_delete.c
 */
#ifndef BF_API_H
#define BF_API_H

#include "client.h"
#include "net/soap.h"

struct bf_http;

#define BF_API_REQUEST_MS 120000 /* one request, when the caller has no deadline */
#define BF_API_PAGE       100    /* records that the server puts on a page */
#define BF_API_VALUES     100    /* values that the server takes in a query */

/* For jansson's iterators and references, which know no const; nothing is changed by them. */
static inline json_t *bf_api_unconst(const json_t *value)
{
	return (json_t *)(uintptr_t)value;
}

/* ---- api_errors.c ---- */

/* What a server says, by what has to be done then. */
enum bf_api_verdict {
	BF_API_TAKEN,       /* it did as it was asked */
	BF_API_BAD_LOGIN,   /* the token, or login and password, are not (or no longer) valid */
	BF_API_SCOPE,       /* the token's scope is too small */
	BF_API_NOT_ALLOWED, /* this person may not use this service */
	BF_API_REFUSED,     /* anything else that it did not do */
};

/* Of an errorreport or a fault; "" and NULL are TAKEN. */
enum bf_api_verdict bf_api_judge(const char *words);

/* Several of a server's sentences as one line, joined by "; ". Zero it. */
struct bf_api_words {
	char text[360];
	size_t used;
	size_t left_out; /* so many more did not fit */
};

/* White space becomes one space, control characters '?'; a sentence that is too long is cut. */
void bf_api_words_add(struct bf_api_words *words, const char *sentence);
/* Adds "; and 3 more" where there are. */
const char *bf_api_words_end(struct bf_api_words *words);

/*
 * In place: "***" for the secret where it stands in the text, also for its beginning (from eight
 * characters on), as what is too long is cut. A server that repeats a request in its complaint
 * would have the token shown to whoever reads the message. Either may be NULL.
 */
void bf_api_hide(char *text, const char *secret);

/*
 * An HTTP status that carries no SOAP. `what` begins the text: "https://host/bfabric/sample".
 * RETRY_LATER: restarting or overloaded, which B-Fabric also says as 404; FORBIDDEN: 403;
 * BAD_REPLY: the rest.
 */
enum bfabric_status bf_api_fail_http(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err);

/* FORBIDDEN: which scope is needed, and what gets it. `words`: the server's. */
enum bfabric_status bf_api_fail_scope(const struct bf_environment *env, bool in_memory, bool writes,
	const char *words, struct bfabric_error *err);

/* LOGIN_REQUIRED, for a password DENIED. */
enum bfabric_status bf_api_fail_login(
	const struct bf_environment *env, const char *words, struct bfabric_error *err);

/* ---- api.c ---- */

/* One request and what came of it. Zero it, fill the upper part in, release it. */
struct bf_api_call {
	struct bfabric *client;
	const char *endpoint;
	const json_t *description; /* of the endpoint */
	const char *operation;
	const json_t *parameters;
	bool ids_only;
	const char *done; /* it changes something: "saved", "deleted"; NULL: it only reads */
	int64_t deadline; /* 0: BF_API_REQUEST_MS from when the request is made */
	/* As soon as a record is whole; borrowed. False: no more are wanted. */
	bool (*record)(void *data, json_t *record);
	void *data;
	/* what came */
	struct bf_soap_head head; /* nothing is known of it where `stopped` */
	size_t records;           /* how many were handed out */
	bool stopped;             /* `record` wanted no more */
};

#define BF_AUTO_API_CALL BF_CLEANUP(bf_api_call_release)
void bf_api_call_release(struct bf_api_call *call);

/*
 * Ask. A token that the server refuses is rejected; what reads is then asked once more with the
 * next one, unless records were handed out already.
 */
BF_MUST_USE enum bfabric_status bf_api_ask(struct bf_api_call *call, struct bfabric_error *err);

/* What its words come to; never OK. */
enum bfabric_status bf_api_fail_words(const struct bf_api_call *call, enum bf_api_verdict verdict,
	const char *words, struct bfabric_error *err);

/* base_url/ENDPOINT`more`, owned; NULL: no memory. */
BF_MUST_USE char *bf_api_url(const struct bfabric *client, const char *endpoint, const char *more);

/*
 * A connection that nobody else is using, and giving it back. Several threads, and a callback that
 * asks for something else while its page still arrives, have one each.
 */
BF_MUST_USE enum bfabric_status bf_api_http_take(
	struct bfabric *client, struct bf_http **ret, struct bfabric_error *err);
void bf_api_http_give(struct bfabric *client, struct bf_http *http);
/* perform with a connection of the client's, or its session's seam; told in the session's trace. */
BF_MUST_USE enum bfabric_status bf_api_perform(struct bfabric *client,
	const struct bf_request *request, struct bf_reply *reply, bool *ret_sent,
	struct bfabric_error *err);

/* ---- api_describe.c ---- */

/*
 * The description of an endpoint, from memory or the server. Belongs to the client and does not
 * change as long as that lives. BAD_CALL: there is no such endpoint.
 */
BF_MUST_USE enum bfabric_status bf_api_describe(struct bfabric *client, const char *endpoint,
	int64_t deadline, const json_t **ret, struct bfabric_error *err);

/* BAD_CALL: the endpoint has no such method; names those it has. */
BF_MUST_USE enum bfabric_status bf_api_check_operation(const json_t *description,
	const char *endpoint, const char *operation, struct bfabric_error *err);

/* The array of fields of a type; NULL where the description does not have it. */
const json_t *bf_api_fields(const json_t *description, const char *type);
/* The field of that name; NULL: there is none. `fields` may be NULL. */
const json_t *bf_api_field(const json_t *fields, const char *name);
/* The type of what stands at `name` in the parameters of an operation; NULL: not described. */
const char *bf_api_parameter_type(
	const json_t *description, const char *operation, const char *name);

/* ---- api_check.c ---- */

/*
 * Has the type a field for each member of the object, and of the objects in it? BAD_CALL: names the
 * first that has none, and what may have been meant. `what` begins the text: "a query of sample".
 */
BF_MUST_USE enum bfabric_status bf_api_check_fields(const json_t *description, const char *type,
	const json_t *object, const char *what, struct bfabric_error *err);

/* ---- api_names.c ---- */

/* The candidate that is spelt most like a name. Zero it but for `name`. */
struct bf_api_nearest {
	const char *name;
	const char *best; /* NULL: none is near */
	size_t distance;  /* of `best` */
};

void bf_api_nearest_try(struct bf_api_nearest *nearest, const char *candidate);
/* "; did you mean 'sample'?", or "" */
struct bf_api_suggestion {
	char text[120];
};
struct bf_api_suggestion bf_api_suggest(const struct bf_api_nearest *nearest);

/* Services that every B-Fabric has; NULL ends the list. */
extern const char *const bf_api_known_endpoints[];
bool bf_api_endpoint_known(const char *endpoint);

/* ---- api_query.c ---- */

/* What the caller asks for. */
struct bf_api_query_wish {
	const json_t *description;
	const char *endpoint;
	const json_t *fields; /* NULL: everything */
	bool no_check;
};

/* What is sent. Zero it; release it. */
struct bf_api_query {
	json_t *fields;
	bool nothing; /* a field has an empty list of alternatives: nothing can be found */
	/* More ids than the server takes at once, descending as it sorts, each once; NULL: no. */
	json_int_t *ids;
	size_t id_count, per_part;
};

void bf_api_query_release(struct bf_api_query *query);
/* BAD_CALL: no object, a field that there is not, one without a value, too many values. */
BF_MUST_USE enum bfabric_status bf_api_query_make(const struct bf_api_query_wish *wish,
	struct bf_api_query *query, struct bfabric_error *err);
/* 0: it is sent as it is. */
size_t bf_api_query_parts(const struct bf_api_query *query);
/* Make `fields` ask for the ids of this part, from 0. False: no memory. */
BF_MUST_USE bool bf_api_query_take_part(struct bf_api_query *query, size_t part);

/* ---- api_pages.c ---- */

/* A walk over pages, or over parts: queries one after the other with one page each. */
struct bf_api_pages {
	int64_t page;  /* that is read now, from 1 */
	int64_t pages; /* there are, as last said; -1: not said */
	bool parts;    /* their number is known */
	int64_t skip;  /* records to leave out still */
	int64_t left;  /* records that may still be handed out; -1: any number */
	int64_t seen;  /* records on this page so far */
	int64_t given; /* records handed out so far */
};

/* `parts` 0: pages. */
void bf_api_pages_begin(
	struct bf_api_pages *pages, int64_t offset, int64_t max_results, size_t parts);
enum bf_api_record { BF_API_SKIP, BF_API_GIVE, BF_API_ENOUGH };
/* What becomes of the next record of this page? */
enum bf_api_record bf_api_pages_record(struct bf_api_pages *pages);
/* The page was read, and said so many (-1: nothing). True: there is another one to read. */
bool bf_api_pages_next(struct bf_api_pages *pages, int64_t said);
/* How many records there will be at most; `more`: what bf_api_pages_next said. */
int64_t bf_api_pages_most(const struct bf_api_pages *pages, bool more);

/* ---- api_write.c ---- */

/* What a request that changes something answered, record by record. */
struct bf_api_answers {
	json_t *records; /* an array, owned */
	bool no_memory;
};

#define BF_AUTO_API_ANSWERS BF_CLEANUP(bf_api_answers_release)
void bf_api_answers_release(struct bf_api_answers *answers);

/*
 * Ask, once, and collect one record for each of `count` inputs. The call's client, endpoint,
 * description, operation, parameters, done and deadline are set by the caller.
 */
BF_MUST_USE enum bfabric_status bf_api_write(struct bf_api_call *call, size_t count,
	struct bf_api_answers *answers, struct bfabric_error *err);

/* Hand the records out, or fail with those that have an errorreport. */
BF_MUST_USE enum bfabric_status bf_api_settle(const struct bf_api_call *call,
	struct bf_api_answers *answers, bool keep_errors, json_t **ret_records,
	struct bfabric_error *err);

/* An empty list: answered without a request. */
BF_MUST_USE enum bfabric_status bf_api_nothing_to_do(
	json_t **ret_records, struct bfabric_error *err);

#endif
