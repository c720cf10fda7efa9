/*
 * pending.h - what waits to be put where it belongs (settle.h): a rescue copy that the keyring was
 * locked for, or a refresh token that bfabricPy put into the cache.
 */
#ifndef BF_PENDING_H
#define BF_PENDING_H

#include "../libbfabric/session.h"

enum bf_pending {
	BF_PENDING_NONE,
	BF_PENDING_ADOPT,  /* a refresh token in the cache of an environment with a store */
	BF_PENDING_RESCUE, /* a login that is nowhere else */
};

/* Looks at files only; nothing is pending where there is no login. */
enum bf_pending bf_pending_look(const struct bf_environment *environment);

/*
 * Settle a session that lies in files, if something is pending; no network. *ret_moved: it was, and
 * lies where it belongs now. OK also where there is no login.
 */
BF_MUST_USE enum bfabric_status bf_pending_settle(
	struct bfabric_session *session, bool *ret_moved, struct bfabric_error *err);

#endif
