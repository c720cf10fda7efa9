/* move_private.h - what the files of store_move.h share; for store_move.c and move_carry.c only. */
#ifndef BF_MOVE_PRIVATE_H
#define BF_MOVE_PRIVATE_H

#include <string.h>

#include "apart.h"
#include "store_move.h"

struct bf_mover {
	const struct bf_move *move;
	const struct bf_sys *sys;
	const struct bfabric_cancel *cancel;
	int64_t deadline;
	char *name, *note;
	struct bf_lock lock, login_lock;
	struct bfabric_session *from, *to; /* the environment as it is, and as it is to be */
	struct bf_state state;             /* of an oauth login */
	struct bf_stored found;            /* what the old place has */
	struct bf_stored wanted;           /* what the new place is to have */
	bool noted, put;                   /* note and new place may have been written */
	struct bf_secret warning;
	struct bf_moved result;
};

static inline bool bf_move_is_login(const struct bf_mover *m)
{
	return m->from->env.method == BFABRIC_AUTH_OAUTH;
}

static inline bool bf_move_to_apart(const struct bf_mover *m)
{
	return bf_store_apart(&m->to->store);
}

static inline bool bf_move_from_file(const struct bf_mover *m)
{
	return !bf_store_apart(&m->from->store);
}

static inline bool bf_move_same_place(const struct bf_mover *m)
{
	return strcmp(bf_store_name(&m->from->store), bf_store_name(&m->to->store)) == 0;
}

/* ---- move_carry.c ---- */

/*
 * Under the lock of the login: into the new place, read back and compared, then the configuration.
 * Whatever fails, the old place is what counts, as before.
 */
BF_MUST_USE enum bfabric_status bf_move_carry(struct bf_mover *m, struct bfabric_error *err);

#endif
