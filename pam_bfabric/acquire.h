/*
 * acquire.h - the argument `acquire`: after somebody was authenticated otherwise, and where no
 * session can ask them (sshd), they are offered a B-Fabric login.
 *
 *	a login is there, or nobody knows ---> nothing
 *	"B-Fabric login? [Enter/n]" ---- n, or nobody answers ---> nothing
 *	a device login (flow.h) by the account of the network ---> kept for the session (keep.h)
 *
 * It stands behind what authenticates in its stack, so that who does not know the password gets not
 * even the question. No request leaves before the answer.
 */
#ifndef PAM_BFABRIC_ACQUIRE_H
#define PAM_BFABRIC_ACQUIRE_H

#include "call.h"

/* Whatever happens, it is no reason to let somebody in or to keep them out. */
void bf_pam_acquire(const struct bf_pam_call *call);

#endif
