/*
 * pam_user.h - what the PAM module starts is the user whom it let in, wholly, and nothing of what
 * that user put into the environment counts: it may come from ~/.pam_environment.
 */
#ifndef BF_PAM_USER_H
#define BF_PAM_USER_H

#include "../libbfabric/base/error.h"

/* FORBIDDEN: this is root, or ids differ, so that what is done would not be the user's alone. */
BF_MUST_USE enum bfabric_status bf_pam_check_user(struct bfabric_error *err);

/*
 * Leave only where files are: HOME, XDG_RUNTIME_DIR (where a service does not say it, the place
 * that systemd-logind gives every user), and the site's configuration, which has to be root's.
 * What these name is checked where it is used.
 */
BF_MUST_USE enum bfabric_status bf_pam_clean_environment(struct bfabric_error *err);

#endif
