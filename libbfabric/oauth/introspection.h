/*
 * introspection.h - asking the server what a token is worth (RFC 7662).
 *
 * The only way to learn anything about a token that is no JWT, and the only one that knows of a
 * revocation. An inactive token is a refusal, not an error: the answer then says nothing else.
 */
#ifndef BF_INTROSPECTION_H
#define BF_INTROSPECTION_H

#include <jansson.h>
#include "token_query.h"

/* Strings are borrowed from `claims`, NULL where the server does not say; 0: no such date. */
struct bf_introspection {
	bool active;
	json_t *claims; /* the whole answer; owned */
	const char *subject, *username, *client_id, *scope, *issuer, *token_type;
	int64_t expires_at, issued_at, not_before; /* Unix seconds */
};

#define BF_AUTO_INTROSPECTION BF_CLEANUP(bf_introspection_release)
void bf_introspection_release(struct bf_introspection *introspection);

/* See bf_token_query_build. B-Fabric wants Basic, as the RFC does: the endpoint is no oracle. */
BF_MUST_USE enum bfabric_status bf_introspection_build(const char *endpoint,
	const struct bf_secret *token, enum bf_token_hint hint,
	const struct bf_grant_params *client, struct bf_request *ret_request,
	struct bfabric_error *err);

/*
 * `ret` must be initialised (zeroed is fine): what it held is released. OK also for a token that is
 * not active; then no member but `claims` is read. BAD_REPLY: `active` is missing or no boolean, or
 * a member above has another type. Everything else as bf_fail_refused has it.
 */
BF_MUST_USE enum bfabric_status bf_introspection_accept(
	const struct bf_reply *reply, struct bf_introspection *ret, struct bfabric_error *err);

/* Is this one of the words of `scope`? */
bool bf_introspection_has_scope(const struct bf_introspection *introspection, const char *word);

/* Is the token meant for `audience` (`aud`, a string or a list)? False when it does not say. */
bool bf_introspection_is_for(const struct bf_introspection *introspection, const char *audience);

#endif
