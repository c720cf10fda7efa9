/*
 * paths.h - where the files of one login lie.
 *
 * ~/.bfabric/tokens/<h>.json is shared with bfabricPy: h is the first 16 hexadecimal digits of
 * SHA-256 of base URL, NUL, client id, NUL, environment name. What we keep besides has the same
 * stem.
 */
#ifndef BF_PATHS_H
#define BF_PATHS_H

#include "../base/url.h"

struct bf_paths {
	char *home;
	char *dir;          /* ~/.bfabric/tokens */
	char *cache;        /* <h>.json */
	char *cache_port;   /* the same for a base URL that spells its default port, else NULL: read
			       only */
	char *record;       /* <h>.session */
	char *rejected;     /* <h>.rejected */
	char *lock;         /* <h>.json.lock */
	char *rescued;      /* <h>.rescued: rescue copy where there is no runtime directory */
	char *runtime_lock; /* in $XDG_RUNTIME_DIR/bfabric, else NULL */
	char *runtime_rescue; /* likewise */
};

#define BF_PATHS_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_PATHS BF_CLEANUP(bf_paths_release)

/* Computes names only; nothing is created, except that a runtime directory is looked for. */
BF_MUST_USE enum bfabric_status bf_paths_init(const struct bf_url *base_url, const char *client_id,
	const char *environment, bool with_runtime, struct bf_paths *ret,
	struct bfabric_error *err);
void bf_paths_release(struct bf_paths *paths);

#endif
