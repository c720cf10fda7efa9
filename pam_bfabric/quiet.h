/*
 * quiet.h - a login that can still be refreshed is: by the child pam-store, as its user, without a
 * word to anybody, and for two seconds, after which it is left to finish.
 */
#ifndef PAM_BFABRIC_QUIET_H
#define PAM_BFABRIC_QUIET_H

#include "call.h"

enum bf_pam_login {
	BF_PAM_LOGIN_THERE,
	BF_PAM_LOGIN_NONE,    /* there is none, or it lapsed: only a person helps */
	BF_PAM_LOGIN_UNKNOWN, /* what stands in the way is in the log */
};

BF_MUST_USE enum bf_pam_login bf_pam_refresh(const struct bf_pam_call *call,
	const struct bf_pam_conf *conf, const struct bf_pam_user *user);

#endif
