/*
 * bearer.h - a file with the current token for the programs of one command: what BEARER_TOKEN_FILE
 * names in WLCG bearer token discovery, read again for every request by those who know it.
 *
 * The file (0600, replaced by rename, the token without line end) lies alone in a folder of its own
 * (0700) below $XDG_RUNTIME_DIR/bfabric or, where there is none or it cannot be written,
 * ~/.bfabric/run. The folder's name tells whose it is: "exec-<machine>-<pid>-<start time>", machine
 * being a hash of the boot and the PID namespace. Whoever opens one first removes those that died
 * without doing so. A folder of another machine (a home on a network file system, a container)
 * counts as dead when nobody touched it for a day: see bf_bearer_touch.
 */
#ifndef BF_BEARER_H
#define BF_BEARER_H

#include "../libbfabric/base/secret.h"

struct bf_bearer {
	char *dir;
	char *path;
	bool holds; /* there is a token in it */
};

#define BF_BEARER_INIT                                                                             \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_BEARER BF_CLEANUP(bf_bearer_release)

/* Remove what is dead, make the folder. SYSTEM: neither place can be written; the text names both.
 */
BF_MUST_USE enum bfabric_status bf_bearer_open(struct bf_bearer *bearer, struct bfabric_error *err);

/* Replace the content; a folder that was removed meanwhile is made anew. */
BF_MUST_USE enum bfabric_status bf_bearer_write(
	struct bf_bearer *bearer, const struct bf_secret *token, struct bfabric_error *err);

/* The token expired or was taken back: the file goes, the folder stays. */
void bf_bearer_empty(struct bf_bearer *bearer);

/* Say that it is alive, at least every hour. */
void bf_bearer_touch(const struct bf_bearer *bearer);

/* Remove file and folder. False: the file is still there (somebody took the permission away). */
bool bf_bearer_remove(const struct bf_bearer *bearer);

/* The same, as far as it goes. */
void bf_bearer_release(struct bf_bearer *bearer);

#endif
