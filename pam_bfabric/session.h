/*
 * session.h - what happens when a session opens: a login that can still be refreshed is, quietly;
 * where there is none, the person is helped to one where they can see that, and else told how.
 *
 *	open: a token that was kept (keep.h) ---> adopted; done
 *	      child pam-store, as the user, two seconds --- refreshed, or nobody knows ---> done
 *	        | there is no login, or it lapsed
 *	        |--- a person sits here, the service shows text ---> device flow, then done
 *	        '--- else: one line that names the command
 *
 * On an account of several people all of it stays in the runtime directory, and goes when the
 * session closes (close.h).
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

#endif
