/*
 * login_harden.h - what bfabric-pam-login does before anything else: it cannot be looked into and
 * leaves no core, has no descriptor but the socket it talks over, dies of no write, is not run with
 * more rights than its user has, and of its environment keeps what says where the user's files are.
 */
#ifndef PAM_BFABRIC_LOGIN_HARDEN_H
#define PAM_BFABRIC_LOGIN_HARDEN_H

#include "../libbfabric/base/error.h"

/* For main, once. Ends the process where a promise above cannot be kept. */
void bf_login_harden(void);

/* BAD_CALL: it runs as root, or could become somebody else. */
BF_MUST_USE enum bfabric_status bf_login_check_ids(struct bfabric_error *err);

/*
 * From now on INT, TERM and HUP wish to stop instead of ending the process, and so does the end of
 * the parent (prctl(2), PR_SET_PDEATHSIG).
 */
void bf_login_stop_on_signals(struct bfabric_cancel *cancel);

#endif
