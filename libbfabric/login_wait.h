/*
 * login_wait.h - a login that comes when its home may not be able to take it.
 *
 * Who logs in to the machine brings a login while nobody can be asked, and before a home is mounted
 * or decrypted, or into one that is read-only, full, or full of traps. It is written where any
 * login goes; where that is not possible it waits in the runtime directory, as a rescue copy that
 * says which login it replaces (record.h, `replaces`), and the next call for a token that finds the
 * home in order puts it there, as `bfabric auth refresh --pending` does at once.
 *
 * A login that should lie in a store of its own waits in the same way until the store's program may
 * be run again (session.h, no_programs).
 */
#ifndef BF_LOGIN_WAIT_H
#define BF_LOGIN_WAIT_H

#include "login_save.h"

/*
 * ~/.bfabric and its folder of tokens are ours and no links, so that nothing is written elsewhere;
 * permissions of others are taken off. `make`: they are made where they are missing, else missing
 * ones are OK. SYSTEM: what is in the way.
 */
BF_MUST_USE enum bfabric_status bf_login_check_home(
	const struct bfabric_session *session, bool make, struct bfabric_error *err);

/*
 * Keep the login, or let it wait: ret->warning then says where, and for what. `not_now` (NULL: try)
 * is a reason to let it wait in any case. Nobody is asked anything: FORBIDDEN where the login
 * before is another person's. What can neither be kept nor wait is given back (login_undo.h).
 * Signals are held back meanwhile, as during a refresh.
 */
BF_MUST_USE enum bfabric_status bf_login_hand_over(struct bfabric_session *session,
	const struct bf_login_grant *grant, const char *not_now, struct bf_login_result *ret,
	struct bfabric_error *err);

#endif
