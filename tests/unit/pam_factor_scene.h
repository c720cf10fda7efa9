/*
 * pam_factor_scene.h - B-Fabric as a factor of authentication in the scene of pam_scene.h: what the
 * stand-in for bfabric-pam-login says, line by line.
 *
 *	factor_conf("");
 *	factor_child(CODE APPROVED);
 *	scene_alone("gdm-password", "");
 *	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
 */
#ifndef TESTS_PAM_FACTOR_SCENE_H
#define TESTS_PAM_FACTOR_SCENE_H

#include "pam_scene.h"

#define CODE                 "printf 'code\\tWDJB-MJHT\\thttps://h.example.org/bfabric/device\\t-\\t600\\n'; "
#define IDENTITY(n)          "printf 'identity\\t" n "\\tid_token\\n'; "
#define TOKEN                "printf 'token\\t{\"access_token\":\"CANARY\"}\\n'; "
#define US                   IDENTITY("'\"$me\"'")
#define APPROVED             US TOKEN
#define FAILED(status, text) "printf 'failed\\t" status "\\t" text "\\n'; "
#define WAIT_FOR(file)                                                                             \
	"i=0; while [ ! -e \"$out/" file "\" ] && [ $i -lt 500 ]; do sleep 0.02; i=$((i+1)); "     \
	"done; "

#define PRIMARY                                                                                    \
	"auth [success=done authinfo_unavail=ignore service_err=ignore ignore=ignore "             \
	"user_unknown=ignore default=die] @\n"
#define SECOND "auth [success=ok ignore=ignore default=die] @\n"

/* same_names, a directory for places and tokens, a short time (Enter waits a tenth of it). */
void factor_conf(const char *more);
/* A child that gives tokens back when it is asked to, and else does this; "$me" is the user. */
void factor_child(const char *body);
/* Authenticate; `host` may be NULL. */
int factor_ask(const char *service, const char *host, int flags);
/* How many tokens were given back. */
int factor_revoked(void);

#endif
