/*
 * login_place.h - where a login is kept that a session brings: an environment of the user who logs
 * in.
 *
 * Their own configuration chooses nothing here, neither server nor client nor store; but it can
 * say no: what it has under the same name for something else, or in a keyring, is not overwritten
 * or weakened by logging in to a machine.
 */
#ifndef PAM_BFABRIC_LOGIN_PLACE_H
#define PAM_BFABRIC_LOGIN_PLACE_H

#include "../libbfabric/local/config.h"

/*
 * Before anybody is asked for anything. *ret_missing: the configuration has no such environment, so
 * that no tool would find the login. FORBIDDEN: it has one for another server, client or method;
 * STORE_UNAVAILABLE: one whose secrets lie in a store, which is not opened here; BAD_CONFIG and
 * others: it cannot be read, or an entry not be written.
 */
BF_MUST_USE enum bfabric_status bf_login_place_check(
	const struct bf_environment *env, bool *ret_missing, struct bfabric_error *err);

/* Write the entry that was missing. */
BF_MUST_USE enum bfabric_status bf_login_place_write(
	const struct bf_environment *env, struct bfabric_error *err);

#endif
