/*
 * adopt.h - a token that was kept becomes the login of its user: the child pam-store writes it, as
 * that user.
 *
 * It is given two seconds, and then left to finish: what it writes belongs to the user by then.
 */
#ifndef PAM_BFABRIC_ADOPT_H
#define PAM_BFABRIC_ADOPT_H

#include "call.h"
#include "grant.h"

/*
 * True: it is stored, now or soon, where the home can take it, or the child has it and nobody heard
 * what became of it: then it stores it or gives it back by itself. False: it is not, and was given
 * back to the server. All is logged, and told where somebody can be told.
 */
BF_MUST_USE bool bf_pam_adopt(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const struct bf_pam_grant *grant);

#endif
