/*
 * reply.h - what all replies of an authorization server have in common: a JSON object within
 * limits, OAuth's error members (RFC 6749, section 5.2), and statuses that mean "later".
 *
 * What a server says is foreign text: shown to a person only when cleaned and shortened, and with
 * every run that looks like a token taken out, should a server echo what it refuses.
 */
#ifndef BF_REPLY_H
#define BF_REPLY_H

#include <jansson.h>
#include "../base/http.h"

#define BF_REPLY_MAX       ((size_t)1 << 20)
#define BF_REPLY_DEPTH_MAX 16
#define BF_SECONDS_MAX     INT64_C(3155760000) /* a hundred years: more is nonsense */

#define BF_AUTO_JSON BF_CLEANUP(bf_json_release)
void bf_json_release(json_t **json);

/*
 * The body as a JSON object, at most 1 MiB and 16 levels deep. BAD_REPLY (text begins with `what`:
 * "the token endpoint"), NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_reply_object(const char *what, const struct bf_reply *reply,
	json_t **ret_object, struct bfabric_error *err);

/*
 * Is this member what the text says? jansson leaves bytes of a name or string out when its buffer
 * cannot grow, and reports success: a token that was cut like this must not be kept. False: memory
 * ran out. (Where the text has escapes it cannot be told: true.) `object`: from bf_reply_object.
 */
bool bf_reply_whole(const struct bf_reply *reply, const json_t *object, const char *name);

/* 5xx, 429, 408, no reply at all: the same request may work later. */
bool bf_reply_busy(const struct bf_reply *reply);

/* RETRY_LATER: `what` cannot answer now; says what the server said about when. */
enum bfabric_status bf_fail_later(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err);

/* BAD_REPLY for a status that nobody expects: a redirect, a success that is none, ... */
enum bfabric_status bf_fail_odd(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err);

/* The `error` member of an OAuth error reply, NULL when the object is none. Borrowed. */
const char *bf_oauth_error(const json_t *object);

/* "`what` says: invalid_grant (description)", for a person. */
enum bfabric_status bf_fail_oauth(struct bfabric_error *err, enum bfabric_status status,
	const char *what, const json_t *object);

/* A member that is null or missing: NULL. */
json_t *bf_member(const json_t *object, const char *name);

/*
 * A duration of 1 second to a hundred years as an integer, a real, or a string of digits. False:
 * missing or nonsense.
 */
bool bf_member_seconds(const json_t *object, const char *name, int64_t *ret_seconds);

/* Non-empty and printable ASCII (RFC 6749, appendix A: VSCHAR), from `first` on: ' ' or '!'. */
bool bf_printable(const char *text, char first);

#endif
