/*
 * close.h - what a session brought goes when it ends, where the administrator wishes that.
 *
 * A login of one of shared_accounts stays in the runtime directory, and its record says of which
 * session it is (libbfabric/login_stay.h); with revoke_on_close, so does any login that has to wait
 * there. When that session closes, the child pam-store, as the user, gives it back to the server
 * and erases it. What another session brought, what a person made by hand, and what lies in a home
 * stays.
 *
 * The name of a session is 128 random bits, kept in PAM's data from opening to closing: both happen
 * in one process in every application that we know.
 */
#ifndef PAM_BFABRIC_CLOSE_H
#define PAM_BFABRIC_CLOSE_H

#include "../libbfabric/base/secret.h"
#include "call.h"

/*
 * Put into `conf` where a login of the session that opens stays, and the name of that session,
 * where either matters. False: it has no name, which was logged: nothing may be brought.
 */
BF_MUST_USE bool bf_pam_name_session(
	const struct bf_pam_call *call, struct bf_pam_conf *conf, const struct bf_pam_user *user);

/* The lines of a request that brings a login to the user. */
void bf_pam_put_session(const struct bf_pam_conf *conf, struct bf_secret *request);

/*
 * The session ends. Does nothing, and opens no file, where it has no name, or was ended before.
 * Waits two seconds at most, and says nothing to anybody; trouble is logged.
 */
void bf_pam_end_session(const struct bf_pam_call *call);

#endif
