/*
 * pam_own.h - what a user's own configuration has to say when a login is brought for them: whether
 * the environment means the same login there, and where its secrets lie. It chooses nothing else.
 */
#ifndef BF_PAM_OWN_H
#define BF_PAM_OWN_H

#include "../libbfabric/local/config.h"

/*
 * `env` is the login; store and file of the user's own environment of that name go into it, and
 * *ret_listed says that the user's file has it. FORBIDDEN: the name means another login there,
 * which is the user's choice, and tools would not find ours; others: it cannot be read.
 */
BF_MUST_USE enum bfabric_status bf_pam_look_at_own(
	struct bf_environment *env, bool *ret_listed, struct bfabric_error *err);

#endif
