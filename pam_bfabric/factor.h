/*
 * factor.h - B-Fabric decides who somebody is: a device login, proof of who approved it, and a
 * comparison with the user who logs in.
 *
 * Whatever is not sure is no. A stack that puts a password behind this (authinfo_unavail=ignore)
 * goes on there only when the server cannot be reached or the configuration cannot be used; what
 * fails on this machine is an AUTH_ERR, because whoever can exhaust a machine must not choose how
 * people are authenticated on it.
 */
#ifndef PAM_BFABRIC_FACTOR_H
#define PAM_BFABRIC_FACTOR_H

#include "call.h"

/*
 * `understood`: what bf_pam_begin() said. PAM_SUCCESS: this user approved, and nobody else.
 * PAM_AUTH_ERR: refused, another person, no time, nobody there, too many pending, a remote login
 * without remote=second-factor, trouble of this machine. PAM_AUTHINFO_UNAVAIL: no server.
 * PAM_SERVICE_ERR: configuration. PAM_IGNORE, PAM_USER_UNKNOWN and others: bf_pam_gate(),
 * bf_pam_configured().
 */
BF_MUST_USE int bf_pam_authenticate(const struct bf_pam_call *call, bool understood);

/*
 * Was this user the last whom bf_pam_authenticate() said yes to, with this handle, and were they
 * asked for the groups of this configuration, if it names any?
 */
BF_MUST_USE bool bf_pam_was_authenticated(const struct bf_pam_call *call,
	const struct bf_pam_conf *conf, const struct bf_pam_user *user);

/*
 * May they log in (account.c)? PAM_SUCCESS: authenticated as above, which includes the groups;
 * PAM_PERM_DENIED: not, and allowed_groups is set; PAM_IGNORE: not, and nothing is asked for;
 * PAM_SERVICE_ERR and others as above.
 */
BF_MUST_USE int bf_pam_account(const struct bf_pam_call *call, bool understood);

#endif
