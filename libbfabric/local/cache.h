/*
 * cache.h - the token cache shared with bfabricPy, and the marker of a token that was refused.
 *
 * This is the hot path: the front program reads these two files and nothing else of ours.
 */
#ifndef BF_CACHE_H
#define BF_CACHE_H

#include "../base/file.h"
#include "paths.h"
#include "token.h"

/*
 * OK with ret_info->found false: there is no cache (logged out). BAD_REPLY: damaged (empty, cut,
 * wrong types), text names the file. SYSTEM: not readable, foreign, writable by others, a link.
 */
BF_MUST_USE enum bfabric_status bf_cache_read(const struct bf_paths *paths, struct bf_token *ret,
	struct bf_file_info *ret_info, struct bfabric_error *err);

/*
 * May others write in the folder (bfabricPy makes it with the default umask)? They could rename one
 * token over another, which then would go to another server. The full program closes it.
 */
bool bf_cache_exposed(const struct bf_paths *paths);

/* The text to write for a token. BAD_REPLY if it has no expires_at. */
BF_MUST_USE enum bfabric_status bf_cache_encode(
	const struct bf_token *token, struct bf_secret *ret_text, struct bfabric_error *err);

/* Is this the access token that a server refused? A damaged or missing marker: no. */
bool bf_cache_rejected(const struct bf_paths *paths, const struct bf_token *token);

/*
 * The hot path in one: *ret_served says whether a fresh, unrefused token was in the cache. Not
 * served is no error; any trouble counts as not served, because the full program will say what is
 * wrong. Of `ret` only `access`, `expires_at` and `expires_in` are sure to be filled.
 */
BF_MUST_USE enum bfabric_status bf_cache_serve(const struct bf_paths *paths, int64_t now,
	int64_t min_ttl, bool *ret_served, struct bf_token *ret, struct bfabric_error *err);

#endif
