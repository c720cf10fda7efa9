/*
 * scope.h - what a login may do (RFC 6749, section 3.3).
 */
#ifndef BF_SCOPE_H
#define BF_SCOPE_H

#include "../libbfabric/base/secret.h"

#define BF_SCOPE_DEFAULT "read-only"

/*
 * A preset (read-only, read-write, upload) becomes its scope; anything else must be a scope: words
 * of printable ASCII without quote and backslash, separated by one space. BAD_CALL otherwise.
 */
BF_MUST_USE enum bfabric_status bf_scope_expand(
	const char *typed, char **ret_scope, struct bfabric_error *err);

/*
 * Append the words of `requested` that `granted` lacks, separated by spaces; api:write implies
 * api:read.
 */
void bf_scope_missing(const char *requested, const char *granted, struct bf_secret *out);

#endif
