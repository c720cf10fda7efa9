/*
 * login_place.h - where a login is kept that a session brings: an environment of the user who logs
 * in.
 *
 * Their own configuration chooses nothing here, neither server nor client; but it can say no: what
 * it has under the same name for something else is not overwritten. What it keeps in a keyring is
 * not weakened by logging in to a machine either: that is not opened here, and a new login waits in
 * the runtime directory until it is (libbfabric/login_wait.h).
 */
#ifndef PAM_BFABRIC_LOGIN_PLACE_H
#define PAM_BFABRIC_LOGIN_PLACE_H

#include "../libbfabric/local/config.h"

/*
 * Before anybody is asked for anything. *ret_missing: the configuration has no such environment, so
 * that no tool would find the login; what keeps its secrets in a store of its own says so in `env`
 * from then on. FORBIDDEN: it has one for another server, client or method; BAD_CONFIG and others:
 * it cannot be read, or an entry not be written.
 */
BF_MUST_USE enum bfabric_status bf_login_place_check(
	struct bf_environment *env, bool *ret_missing, struct bfabric_error *err);

/* Write the entry that was missing. */
BF_MUST_USE enum bfabric_status bf_login_place_write(
	const struct bf_environment *env, struct bfabric_error *err);

#endif
