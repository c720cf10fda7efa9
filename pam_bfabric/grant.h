/*
 * grant.h - what a device login brings that the module itself gets: who approved, and the tokens.
 *
 * It is held for as short as possible, erased when it is released, and always ends in one of two
 * ways: the user's own child stores it (adopt.h), or the server takes it back (revoke.h).
 */
#ifndef PAM_BFABRIC_GRANT_H
#define PAM_BFABRIC_GRANT_H

#include "../libbfabric/base/secret.h"

struct bf_pam_grant {
	char *name;             /* who approved, by the claim; NULL: nobody said */
	struct bf_secret token; /* reply of the token endpoint (JSON); empty: the child stored it */
};

#define BF_PAM_GRANT_INIT                                                                          \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_PAM_GRANT BF_CLEANUP(bf_pam_grant_release)
void bf_pam_grant_release(struct bf_pam_grant *grant); /* a zeroed one is fine */

#endif
