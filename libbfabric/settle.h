/*
 * settle.h - bring what lies on disk in order, without the network: for a timer, or after a keyring
 * was unlocked.
 *
 * A rescue copy (policy.h) goes to where its login belongs, and a refresh token that bfabricPy put
 * into the cache of an environment with a store of its own is moved there.
 */
#ifndef BF_SETTLE_H
#define BF_SETTLE_H

#include "session.h"

/*
 * OK also when there was nothing to do. STORE_UNAVAILABLE: it has to wait, nothing was changed;
 * NOT_LOGGED_IN: there is no login; BAD_CONFIG: its place is another one since the session was
 * opened. Nobody is asked anything.
 */
BF_MUST_USE enum bfabric_status bf_session_settle(
	struct bfabric_session *session, int64_t deadline, struct bfabric_error *err);

#endif
