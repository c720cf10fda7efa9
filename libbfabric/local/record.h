/*
 * record.h - the session record: what we must remember about a login and the shared cache cannot.
 *
 * bfabricPy writes the cache without a lock, and writes back what it read a while ago. The record,
 * which only we write and only under the lock, tells a token that was put there by a new login from
 * one that is long spent, without comparing clocks: `spent` holds the SHA-256 of the last 64
 * refresh tokens that were used, replaced or refused.
 *
 * Where the refresh token lies in a store of its own (store.h), the record has only its SHA-256,
 * `held`: enough to tell all of that without asking the store. What bfabricPy writes back has no
 * refresh token then, and is known by its access token, which joins the spent ones when it is
 * replaced.
 *
 * JSON with "version": 1; members that we do not know are kept. A record of a later version is not
 * touched (UNSUPPORTED).
 */
#ifndef BF_RECORD_H
#define BF_RECORD_H

#include "../base/file.h"
#include "../base/hash.h"
#include "token.h"

#define BF_SPENT_MAX    64
#define BF_REPLACES_ANY "*"

struct bf_record {
	json_t *members;           /* as read; NULL: a new record */
	char *login;               /* random id of the login that began this family of tokens */
	char *subject;             /* NULL: not known */
	struct bf_token token;     /* the current one; access empty: logged out */
	char held[BF_SHA256_HEX];  /* of the current refresh token while `token` has none; "" */
	char *token_endpoint;      /* NULL: the fixed path */
	char *revocation_endpoint; /* NULL: unknown; whoever uses it checks its origin */
	char *client_auth; /* how the token endpoint wants client authentication; NULL: unknown */
	char *scope_requested;           /* at login; NULL: unknown */
	char predecessor[BF_SHA256_HEX]; /* of the refresh token that `token` replaced; "" for a
					    login */
	char spent[BF_SPENT_MAX][BF_SHA256_HEX]; /* oldest first */
	size_t spent_count;
	/*
	 * In a rescue copy of a login that no file of its home could take: the id of the login that
	 * it replaces, "" for the record of one that was logged out, BF_REPLACES_ANY where the home
	 * showed none, which may be because it was not there itself. NULL: not such a copy.
	 */
	char *replaces;
	/*
	 * Which session of the machine brought this login, as the PAM module calls it: it may be
	 * taken back when that ends, while it lies in the runtime directory. NULL: none.
	 */
	char *session;
	bool cache_written; /* false: a login was saved here, but its cache not yet */
	int64_t forced_at;  /* Unix seconds of the last refresh because of a refused token */
};

#define BF_RECORD_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_RECORD BF_CLEANUP(bf_record_release)
void bf_record_release(struct bf_record *record);

/* *ret_found false: there is none. BAD_REPLY: damaged; UNSUPPORTED: of a later version. */
BF_MUST_USE enum bfabric_status bf_record_read(
	const char *path, bool *ret_found, struct bf_record *ret, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_record_parse(
	const char *text, size_t len, struct bf_record *ret, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_record_encode(
	const struct bf_record *record, struct bf_secret *ret_text, struct bfabric_error *err);

/* The file of a login whose refresh token lies apart: without it, but with its digest. */
BF_MUST_USE enum bfabric_status bf_record_encode_apart(
	const struct bf_record *record, struct bf_secret *ret_text, struct bfabric_error *err);

/* Does the login have a refresh token, here or in a store? */
bool bf_record_renewable(const struct bf_record *record);
/* Is this its current refresh token? */
bool bf_record_current(const struct bf_record *record, const struct bf_secret *refresh);
/* Has its current refresh token been spent or refused, so that only a login helps? */
bool bf_record_lapsed(const struct bf_record *record);

/* Is this refresh token among the spent? An empty token counts as spent. */
bool bf_record_spent(const struct bf_record *record, const struct bf_secret *refresh);
/* Remember it as spent (once); the oldest is forgotten. An empty token is ignored. */
void bf_record_spend(struct bf_record *record, const struct bf_secret *refresh);
/* The same for its current refresh token, wherever that lies; then it has none. */
void bf_record_spend_current(struct bf_record *record);
/* The server has just issued it (once more): a server that does not rotate may well do that. */
void bf_record_unspend(struct bf_record *record, const struct bf_secret *refresh);

/* The login ended: forget everything but `spent`. */
void bf_record_log_out(struct bf_record *record);

/*
 * Does this rescue copy continue `record`? Its login is the same and its predecessor is the
 * record's current refresh token; or it has the very token that only the store lacks.
 */
bool bf_record_continues(const struct bf_record *rescue, const struct bf_record *record);
/*
 * Is it a login of its own that waits to replace the one of `record`, which may be blank? Never
 * that of another subject.
 */
bool bf_record_waits(const struct bf_record *rescue, const struct bf_record *record);
/*
 * The copy takes the place of `record` and is like any other from then on: it knows what `record`
 * knew as spent, and whether a cache of its login was written; what it replaces is spent, too.
 */
void bf_record_succeed(struct bf_record *rescue, const struct bf_record *record);
/* Did its token replace this refresh token? */
bool bf_record_follows(const struct bf_record *rescue, const struct bf_secret *refresh);

#endif
