/*
 * keep.h - a token between authenticate, where it came, and open_session, where its user gets it.
 *
 * In login and the display managers both happen in one process, and it stays in that process's
 * memory. sshd authenticates in a child that ends without a word, so that only PAM's environment
 * comes through: there, and in whatever is not known to be otherwise, it waits in a file of root's
 * as well (stash.h), and BFABRIC_PAM_HANDLE names that file. That variable can be written by the
 * user (pam_env) and is looked at as a stranger's word.
 *
 * A token is taken out once. One that nobody takes is given back to the server: when the handle
 * ends, else when its file is swept.
 */
#ifndef PAM_BFABRIC_KEEP_H
#define PAM_BFABRIC_KEEP_H

#include "call.h"
#include "grant.h"

#define BF_PAM_HANDLE "BFABRIC_PAM_HANDLE"

/*
 * Keep it for the session of this user; `grant` is taken over when that worked, and stays the
 * caller's (to revoke) when not. SYSTEM, NO_MEMORY, BAD_CONFIG: the directory is not what it has to
 * be; BAD_REPLY: too large.
 */
BF_MUST_USE enum bfabric_status bf_pam_keep(const struct bf_pam_call *call,
	const struct bf_pam_conf *conf, const struct bf_pam_user *user, struct bf_pam_grant *grant,
	struct bfabric_error *err);

/* Was one kept for this user, service and server? Then *ret is the only copy that is left. */
BF_MUST_USE bool bf_pam_kept(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *ret);

/*
 * Take the name of the file out of PAM's environment, from where it would go to the user's shell.
 * The last thing when a session opens, for whomever and however that went.
 */
void bf_pam_forget_handle(const struct bf_pam_call *call);

#endif
