/*
 * pam_stash_scene.h - tokens that are kept between authentication and session (keep.h): a stash, a
 * module that keeps one (pam_keeper.c), stand-ins for the children, and files planted in the stash.
 *
 * Include after pam_scene.h.
 */
#ifndef TESTS_PAM_STASH_SCENE_H
#define TESTS_PAM_STASH_SCENE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define STASH_CANARY "canary-2f6b"
#define STASH_TOKEN                                                                                \
	"{\"access_token\":\"" STASH_CANARY "\",\"refresh_token\":\"r-" STASH_CANARY "\"}"
#define STASH_HANDLE  "0123456789abcdef0123456789abcdef"
#define STASH_PLANTED "run/" STASH_HANDLE

int stash_setup(void **state); /* scene_setup, with a stash and children that do as they are told */

/* The stack of a service: keeps STASH_TOKEN, and then our module in the session. */
void stash_stack(const char *service);

/* What planted files say; NULL and negative: what fits. */
struct stash_planted {
	const char *service, *boot, *base_url, *client_id, *more;
	int64_t uid, age_ms;
};
/* Write such a file, 0600. Returns its path. */
const char *stash_plant(const char *name, const struct stash_planted *planted);

int stash_files(void); /* in the stash, but for what flow_limit.h has there */

/* How many times it was asked this. */
int stash_asked(const char *program, const char *line);

/* Open a session with this handle in PAM's environment (NULL: none), as sshd's monitor does. */
void stash_open_session(const char *service, const char *handle);

/* Nothing was delivered, no token is in the log or on the screen, no handle in the environment. */
void assert_not_delivered(void);
void assert_delivered_once(void);

#define unit_in_stash(f) cmocka_unit_test_setup_teardown(f, stash_setup, scene_teardown)

#endif
