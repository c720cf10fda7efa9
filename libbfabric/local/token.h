/*
 * token.h - a token as it lies in the cache: the token endpoint's reply (RFC 6749, section 5.1)
 * plus `expires_at`, all of its members kept.
 */
#ifndef BF_TOKEN_H
#define BF_TOKEN_H

#include <jansson.h>
#include "../base/secret.h"

#define BF_TOKEN_FILE_MAX ((size_t)256 << 10) /* bytes of a cache, record or rescue file */

struct bf_token {
	struct bf_secret access;
	struct bf_secret refresh; /* empty: none */
	char *scope;              /* NULL: not said */
	int64_t expires_at;       /* Unix seconds, 0: unknown */
	int64_t expires_in;       /* seconds, 0: unknown */
	json_t *members;          /* the whole object; what is above is in it too */
};

#define BF_TOKEN_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_TOKEN BF_CLEANUP(bf_token_release)
void bf_token_release(struct bf_token *token);
void bf_token_move(struct bf_token *to, struct bf_token *from);
BF_MUST_USE enum bfabric_status bf_token_copy(
	struct bf_token *to, const struct bf_token *from, struct bfabric_error *err);

/*
 * Take a JSON object apart (the reference is not stolen). Without `expires_at` the JWT's `exp`
 * counts. BAD_REPLY: no usable access_token, or a member of a wrong type; text says which. Numbers
 * beyond 2^53 count as unknown.
 */
BF_MUST_USE enum bfabric_status bf_token_from_json(
	json_t *object, struct bf_token *ret, struct bfabric_error *err);

/* The same for the text of a cache file. */
BF_MUST_USE enum bfabric_status bf_token_parse(
	const char *text, size_t len, struct bf_token *ret, struct bfabric_error *err);

/*
 * Read a JSON document from a file's text. BAD_REPLY: empty, malformed, a member given twice. What
 * ran out of memory is told from what is damaged as well as jansson allows: NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_json_read(
	const char *text, size_t len, json_t **ret_document, struct bfabric_error *err);

/*
 * The text of a JSON document and a line feed, straight into memory that is erased. (json_dumps
 * ignores some failed allocations and leaves out what it had no memory for.)
 */
BF_MUST_USE enum bfabric_status bf_json_write(
	const json_t *document, struct bf_secret *ret_text, struct bfabric_error *err);
/* The same on one line, without a line feed, in ASCII. */
BF_MUST_USE enum bfabric_status bf_json_write_line(
	const json_t *document, struct bf_secret *ret_line, struct bfabric_error *err);

/* Make this its refresh token; NULL or empty: it has none. */
BF_MUST_USE enum bfabric_status bf_token_set_refresh(
	struct bf_token *token, const struct bf_secret *refresh, struct bfabric_error *err);

/* Give a token of unknown expiry one hour from `now`: what we write always has an expiry. */
BF_MUST_USE enum bfabric_status bf_token_settle(
	struct bf_token *token, int64_t now, struct bfabric_error *err);

/*
 * A reply that arrived at `now`: expires_at is set from expires_in, else from the JWT's `exp`, else
 * one hour from now; never 0. An absent refresh_token is taken from `previous` if not NULL
 * (RFC 6749, section 6). Of a reply over 32 KiB only the members that are needed are kept.
 */
BF_MUST_USE enum bfabric_status bf_token_from_reply(json_t *reply, int64_t now,
	const struct bf_secret *previous_refresh, struct bf_token *ret, struct bfabric_error *err);

/*
 * Fresh: valid for longer than the leeway, min(min_ttl, expires_in / 5), and not obtained in the
 * future by more than 300 s (the clock was set back). Without any expiry: fresh.
 */
bool bf_token_fresh(const struct bf_token *token, int64_t now, int64_t min_ttl);
/* Not yet expired, as far as we know. */
bool bf_token_unexpired(const struct bf_token *token, int64_t now);

/* `exp` of a JWT access token, NOT verified; 0 when it is opaque or does not say. */
int64_t bf_token_claimed_expiry(const struct bf_token *token);

/* `sub` of a JWT access token (RFC 7519, section 4.1.2), NOT verified: for showing and comparing.
 * NULL when opaque or absent. `exp` likewise, 0 when unknown. Free with free(). */
char *bf_token_subject(const struct bf_token *token);
/* The same where "it does not say" must not be confused with NO_MEMORY. Owned, NULL as above. */
BF_MUST_USE enum bfabric_status bf_token_read_subject(
	const struct bf_token *token, char **ret_subject, struct bfabric_error *err);

#endif
