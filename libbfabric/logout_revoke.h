/*
 * logout_revoke.h - telling the server about each token of a login that ends.
 */
#ifndef BF_LOGOUT_REVOKE_H
#define BF_LOGOUT_REVOKE_H

#include "logout.h"
#include "policy.h"

/* All of one login that may still be valid: record, cache, cache under its other name, store. */
#define BF_HELD_MAX 4

struct bf_held {
	struct bf_token tokens[BF_HELD_MAX];
	size_t count;
};

/*
 * Revoke what `held` has, refresh tokens first, each once; no answer from the server is an error.
 * `record` says where and how. CANCELLED: the wish of `cancel` (NULL: nobody's) came before
 * anything was sent.
 */
BF_MUST_USE enum bfabric_status bf_logout_revoke(struct bfabric_session *s,
	const struct bf_record *record, const struct bf_held *held,
	const struct bfabric_cancel *cancel, int64_t deadline, struct bf_logout_result *result,
	struct bfabric_error *err);

#endif
