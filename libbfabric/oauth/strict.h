/*
 * strict.h - JSON on which a decision about access rests.
 *
 * Two readers that take different members of {"aud":"a","aud":"b"} disagree about who a token is
 * for, so a duplicate is an error (RFC 7515, section 4; RFC 7519, section 4), as is anything after
 * the object, a NUL in a string, and deep nesting.
 */
#ifndef BF_STRICT_H
#define BF_STRICT_H

#include <jansson.h>
#include "../base/secret.h"

/*
 * `text` as one JSON object of at most `levels` levels. On failure NULL, and *ret_why says why ("is
 * not a JSON object"), a constant; *ret_why NULL: out of memory.
 */
BF_MUST_USE json_t *bf_strict_object(
	const char *text, size_t len, unsigned levels, const char **ret_why);

/* Is every member at most `levels` deep? jansson itself parses at most 2,048 levels. */
bool bf_json_shallow(const json_t *value, unsigned levels);

#endif
