/*
 * session.h - what happens when a session opens: a login that can still be refreshed is, quietly;
 * where there is none, the person is helped to one where they can see that, and else told how.
 *
 *	open: child pam-store, as the user, two seconds --- refreshed, or nobody knows ---> done
 *	        | there is no login, or it lapsed
 *	        |--- a person sits here, the service shows text ---> device flow, then done
 *	        '--- else: one line that names the command
 *
 * Nothing here ever keeps a session from opening.
 */
#ifndef PAM_BFABRIC_SESSION_H
#define PAM_BFABRIC_SESSION_H

#include "call.h"

/* PAM_SUCCESS; PAM_IGNORE where the configuration leaves this service or user alone. */
BF_MUST_USE int bf_pam_open_session(const struct bf_pam_call *call, const struct bf_pam_user *user);

/* Remember, for the session of the same user, that a person was authenticated here. */
void bf_pam_mark(const struct bf_pam_call *call, const struct bf_pam_user *user);

/*
 * A login with a device code (RFC 8628), shown by PAM_TEXT_INFO, for at most `seconds`; the child
 * that runs it is the user and stores it. True: there is a login now. Else it said why, as far as
 * it could.
 */
BF_MUST_USE bool bf_pam_device_login(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, unsigned seconds);

/* Has `url` the scheme, host and port of `base` (canonical)? A code shown elsewhere is refused. */
BF_MUST_USE bool bf_pam_same_place(const char *base, const char *url);

#endif
