/*
 * store_move.h - the long-lived secrets of an environment from one store to another.
 *
 * Nothing is lost on the way: the new place is written, read back and compared; then the
 * configuration names it; then the old place is emptied. A login with a refresh token is refreshed
 * once afterwards, so that copies of the old place in backups are spent. Cut off in between, the
 * same call finishes it.
 */
#ifndef BF_STORE_MOVE_H
#define BF_STORE_MOVE_H

#include "session.h"

struct bf_move {
	const char *config_file; /* NULL: the default place */
	const char *environment; /* NULL: the one in effect */
	const char *store;       /* "file", "keyring" or an absolute path */
	const struct bf_session_seams *seams;
	int64_t deadline; /* CLOCK_BOOTTIME ms; 0: 60 s from now */
	/* As bf_session_trace_to; NULL: nobody listens. */
	void (*trace)(void *data, const char *text);
	void *trace_data;
};

struct bf_moved {
	bool was_there;  /* nothing had to be moved */
	unsigned count;  /* secrets that were moved */
	bool refreshed;  /* a new token was fetched afterwards */
	char *warning;   /* one line: what is done, but not as it should be; or NULL */
	char *old_place; /* where a person may have to look: a path, or the name of the store */
};

void bf_moved_release(struct bf_moved *moved);

/*
 * STORE_UNAVAILABLE: one of the two stores (the text says which, and what helps); nothing was moved
 * then. Otherwise as bf_config_write and bfabric_session_token; FORBIDDEN:
 * BFABRICPY_CONFIG_OVERRIDE is set; UNSUPPORTED: a password, which stays. Nobody is asked anything:
 * unlock before (bf_store_unlock).
 */
BF_MUST_USE enum bfabric_status bf_store_move(
	const struct bf_move *move, struct bf_moved *ret, struct bfabric_error *err);

#endif
