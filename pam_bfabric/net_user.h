/*
 * net_user.h - the account that talks to the server where it is not the user's own login yet:
 * neither root, which has no business there, nor the user, who must not reach into the decision.
 */
#ifndef PAM_BFABRIC_NET_USER_H
#define PAM_BFABRIC_NET_USER_H

#include "call.h"

#define BF_PAM_NET_USER "_bfabric" /* of sysusers.d; the key net_user replaces it */

/*
 * Where we are not root, ourselves. BAD_CONFIG: there is no such account, or it is root; NO_MEMORY,
 * SYSTEM.
 */
BF_MUST_USE enum bfabric_status bf_pam_net_user(
	const struct bf_pam_conf *conf, struct bf_pam_user *ret, struct bfabric_error *err);

#endif
