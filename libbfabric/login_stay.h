/*
 * login_stay.h - a login that goes with the session of the machine that brought it.
 *
 * On an account that several people use, who logs in brings a login that must not stay behind for
 * the next: it lies in the runtime directory only (local/paths.h), and its record names the session
 * (record.h, `session`). So does a login that waits in that directory for its home (login_wait.h),
 * where the administrator wishes that nothing of a session outlives it there. When the session
 * ends, what it brought is given back to the server and erased; what another session brought
 * meanwhile, what a person made by hand, and what has come to a home are left alone.
 */
#ifndef BF_LOGIN_STAY_H
#define BF_LOGIN_STAY_H

#include "session.h"

/*
 * End the login of `session` (its name, of the PAM module; NULL: of whichever it is) in the runtime
 * directory. *ret_ended false: there is none. OK also when the server could not be told, which is
 * in *ret_left then
 * ("": it was; owned by the caller's buffer of 256 bytes): it is erased all the same. SYSTEM,
 * LOCK_TIMEOUT: something is left. `deadline`: CLOCK_BOOTTIME ms, for the lock and the server.
 * Signals are held back meanwhile.
 */
BF_MUST_USE enum bfabric_status bf_login_end(struct bfabric_session *s, const char *session,
	int64_t deadline, bool *ret_ended, char ret_left[256], struct bfabric_error *err);

#endif
