/*
 * jwks_cache.h - the server's keys, kept between runs: ~/.bfabric/jwks/<h>.json, where h is the
 * first 16 hexadecimal digits of SHA-256 of the canonical base URL.
 *
 * The keys are public, yet whoever can write this file decides whose tokens are believed: folder
 * and file are ours alone, as those of the tokens are. What it holds is read like any foreign
 * bytes; a file that is damaged counts as none.
 *
 *	{"version":1,"jwks_uri":"https://...","fetched":1800000000,"asked":1800000000,"jwks":{...}}
 */
#ifndef BF_JWKS_CACHE_H
#define BF_JWKS_CACHE_H

#include <jansson.h>
#include "../base/url.h"

#define BF_JWKS_FILE_MAX ((size_t)512 << 10) /* bytes */

struct bf_jwks_cache {
	char *jwks_uri;   /* where it came from, owned; NULL: none kept */
	json_t *document; /* the set as the server sent it; NULL: none kept */
	int64_t fetched;  /* when, Unix seconds */
	int64_t asked;    /* when the server was last asked, with or without success */
};

#define BF_AUTO_JWKS_CACHE BF_CLEANUP(bf_jwks_cache_release)
void bf_jwks_cache_release(struct bf_jwks_cache *cache);

/* The name of the file, owned. */
BF_MUST_USE enum bfabric_status bf_jwks_cache_path(
	const struct bf_url *base, char **ret_path, struct bfabric_error *err);

/*
 * What is kept; nothing kept is OK with `document` NULL. SYSTEM: the file is not
 * safe to read (foreign, writable by others, a link); text names it. `ret` must be initialised.
 */
BF_MUST_USE enum bfabric_status bf_jwks_cache_read(
	const char *path, struct bf_jwks_cache *ret, struct bfabric_error *err);

/*
 * Keep it, making the folder if needed. Among several processes the one that holds the lock writes;
 * LOCK_TIMEOUT for the others, who may go on without having written.
 */
BF_MUST_USE enum bfabric_status bf_jwks_cache_write(
	const char *path, const struct bf_jwks_cache *cache, struct bfabric_error *err);

#endif
