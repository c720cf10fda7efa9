/*
 * value.h - what the secret of an item holds.
 *
 * Ours is the line that was stored. git's is the password, and below it `key=value` lines with what
 * else git learned about it, as git-credential-libsecret keeps it since git 2.41.
 */
#ifndef BF_VALUE_H
#define BF_VALUE_H

#include "answer.h"
#include "request.h"

/* What to keep for a request that stores. */
void bf_value_make(const struct bf_request *request, struct bf_secret *ret_value);

/* The lines of a reply. `user`: of git's item, NULL when it has none. */
BF_MUST_USE enum bf_outcome bf_value_answer(const struct bf_request *request, const char *user,
	const struct bf_secret *value, struct bf_answer *answer);

/* Is it what the request has as password? */
bool bf_value_has_password(const struct bf_request *request, const struct bf_secret *value);

#endif
