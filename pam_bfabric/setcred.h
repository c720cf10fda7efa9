/*
 * setcred.h - what pam_setcred(3) means here.
 *
 *	PAM_ESTABLISH_CRED      nothing: a login is made, or handed over, when the session opens
 *	PAM_REINITIALIZE_CRED   a screen is unlocked (gdm): the login is refreshed quietly
 *	PAM_REFRESH_CRED        the same
 *	PAM_DELETE_CRED         what the session brought ends, as when it closes (close.h)
 *
 * It may come without authentication, several times, in another process than authentication, and
 * for another user than that. It never fails: whether the session goes on is not decided here.
 */
#ifndef PAM_BFABRIC_SETCRED_H
#define PAM_BFABRIC_SETCRED_H

#include "call.h"

void bf_pam_set_credentials(const struct bf_pam_call *call);

#endif
