/*
 * launch.h - what a web application learns from the token that it was started with.
 *
 * B-Fabric opens `weburl?jwt=<launch token>`; the application exchanges that token (RFC 8693) and
 * finds in the claims of what it gets who looks at which entity. Older servers open
 * `weburl?token=<token>`, which only they can read: launch_old.h.
 */
#ifndef BF_LAUNCH_H
#define BF_LAUNCH_H

#include <jansson.h>
#include "../base/secret.h"

/* What is absent is NULL, 0 or "". Strings and groups live in `claims`. */
struct bf_launch {
	int64_t entity_id;
	char entity_id_text[24]; /* the same, for a web service, which wants strings */
	const char *entity_class;
	int64_t application_id, job_id;
	const char *client_id, *subject, *email, *name, *issuer;
	const json_t *groups; /* a list of strings */
	int64_t expires_at;   /* Unix seconds */
	json_t *claims;       /* everything, these included; owned */
};

#define BF_AUTO_LAUNCH BF_CLEANUP(bf_launch_release)
void bf_launch_release(struct bf_launch *launch);

/*
 * From claims; whether they were verified is what the caller knows. `claims` is kept (a reference)
 * and must not be changed afterwards. `ret` must be initialised (zeroed is fine): what it held is
 * released. BAD_REPLY: no object, or a claim above is of a type that makes no sense; numbers may be
 * written as strings.
 */
BF_MUST_USE enum bfabric_status bf_launch_from_claims(
	json_t *claims, struct bf_launch *ret, struct bfabric_error *err);

/*
 * From a token, UNVERIFIED: for showing what one was started with, never for a decision. Its server
 * or bf_jwt_check vouches for it. As bf_jwt_parse: DENIED, UNSUPPORTED for no JWT.
 */
BF_MUST_USE enum bfabric_status bf_launch_peek(
	const struct bf_secret *token, struct bf_launch *ret, struct bfabric_error *err);

enum bf_launch_kind {
	BF_LAUNCH_JWT, /* to be exchanged */
	BF_LAUNCH_OLD, /* to be validated: launch_old.h */
};

/*
 * Find the token in what a person pasted or a server handed over: a URL with `jwt=` or `token=` in
 * its query, or the JWT alone; white space around it is dropped. BAD_CALL: there is none, or more
 * than one, or it cannot be one; the text quotes nothing.
 */
BF_MUST_USE enum bfabric_status bf_launch_find(const char *text, enum bf_launch_kind *ret_kind,
	struct bf_secret *ret_token, struct bfabric_error *err);

#endif
