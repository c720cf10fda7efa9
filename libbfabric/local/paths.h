/*
 * paths.h - where the files of one login lie.
 *
 * ~/.bfabric/tokens/<h>.json is shared with bfabricPy: h is the first 16 hexadecimal digits of
 * SHA-256 of base URL, NUL, client id, NUL, environment name. What we keep besides has the same
 * stem.
 *
 * A login may stay in $XDG_RUNTIME_DIR/bfabric instead: one that a session of the machine brought
 * into an account that is used by several people, and that must leave nothing in its home. All its
 * files lie there then, under the same names, and its record says so by being there: whoever looks
 * for this login finds that one and not what the home has. Nothing moves it, and bfabricPy does not
 * see it.
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
	bool stays;           /* all of it lies in the runtime directory */
};

#define BF_PATHS_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_PATHS BF_CLEANUP(bf_paths_release)

/*
 * Computes names only; nothing is created, except that a runtime directory is looked for. Where the
 * login stays in that, these are its files there.
 */
BF_MUST_USE enum bfabric_status bf_paths_init(const struct bf_url *base_url, const char *client_id,
	const char *environment, bool with_runtime, struct bf_paths *ret,
	struct bfabric_error *err);
/*
 * Those of a login that stays in the runtime directory, whether it is there yet or not. SYSTEM:
 * there is no such directory.
 */
BF_MUST_USE enum bfabric_status bf_paths_init_staying(const struct bf_url *base_url,
	const char *client_id, const char *environment, struct bf_paths *ret,
	struct bfabric_error *err);
void bf_paths_release(struct bf_paths *paths);

#endif
