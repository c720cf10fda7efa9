/*
 * members.h - a JSON object of ours that lives long: what we know is taken out of it, what we do
 * not know is kept, and what a later version wrote is left alone.
 */
#ifndef BF_MEMBERS_H
#define BF_MEMBERS_H

#include <jansson.h>
#include "../base/hash.h"
#include "../base/secret.h"

/* `version` is an integer from 1 to `known`. Else BAD_REPLY; UNSUPPORTED: it is greater. */
BF_MUST_USE enum bfabric_status bf_members_version(
	const json_t *object, json_int_t known, struct bfabric_error *err);

/* Owned; NULL where it is absent or null. BAD_REPLY: it is something else than a string. */
BF_MUST_USE enum bfabric_status bf_members_string(
	const json_t *object, const char *name, char **ret, struct bfabric_error *err);

/* Is it a string that is a digest in lower-case hexadecimal? Then that is *ret_hex. */
bool bf_members_is_digest(const json_t *value, char ret_hex[BF_SHA256_HEX]);
/* That of a member; "" where it is absent or something else. */
void bf_members_digest(const json_t *object, const char *name, char ret_hex[BF_SHA256_HEX]);

/* A copy to be changed, an empty one for NULL. NULL: no memory. */
BF_MUST_USE json_t *bf_members_copy(const json_t *object);

/* The value is stolen. False: no memory, or the value was NULL. */
BF_MUST_USE bool bf_members_set(json_t *object, const char *name, json_t *value);

/* NULL text: the member goes away. */
BF_MUST_USE bool bf_members_set_string(json_t *object, const char *name, const char *text);

#endif
