/*
 * pam_scene.h - the module in the real libpam: stacks of the test's own (pam_start_confdir(3)), a
 * scripted conversation, the log, and stand-ins for the programs that the module starts.
 *
 *	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
 *	scene_default("login");
 *	scene_start("login", scene_user());
 *	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
 *	assert_string_equal(scene.shown, "");
 *	scene_end();
 *
 * A test program runs as an ordinary user (root becomes nobody), whose stacks say `unprivileged`.
 * The log is what libpam would have given to syslog(3). One thread only; include after unit.h.
 */
#ifndef TESTS_PAM_SCENE_H
#define TESTS_PAM_SCENE_H

#include <security/pam_appl.h>
#include <stdbool.h>

#define SCENE_CONF "base_url = https://h.example.org/bfabric\nclient_id = CLI\n"

enum scene_mood {
	SCENE_SHOWS,  /* as login(1) */
	SCENE_DROPS,  /* as lightdm after authentication: success, and nobody sees it */
	SCENE_FAILS,  /* as sshd without a terminal: PAM_CONV_ERR */
	SCENE_NOBODY, /* there is no conversation function */
};

struct scene {
	pam_handle_t *pamh;
	enum scene_mood mood;
	char shown[8192];             /* each message with a LF */
	char log[8192];               /* the same; no priorities */
	int prompts;                  /* messages that ask for something */
	const char *typed;            /* what they are answered; NULL: success, and no line */
	void (*at_prompt)(int count); /* called before the answer, if set */
};
extern struct scene scene;

void scene_unprivileged(void); /* first thing in main */
const char *scene_user(void);  /* the user we are (root: nobody) */

int scene_setup(void **state); /* a folder with SCENE_CONF as pam.conf, and no program */
int scene_teardown(void **state);

/* pam.conf: SCENE_CONF and these lines. */
void scene_conf(const char *more);
/*
 * A stack; "@" stands for our module with the arguments of every test, "$" for the folder of the
 * stacks (libpam looks for an included name in /etc).
 */
void scene_stack(const char *service, const char *lines);
void scene_default(const char *service);                 /* the default profile */
void scene_alone(const char *service, const char *more); /* only us, `required`: our own codes */

/* A shell script that takes the request and then does this. "$out" is a folder it may write to. */
void scene_program(const char *name, const char *body);
/* What it was asked, "" when never; valid until the next call. */
const char *scene_asked(const char *name);

void scene_start(const char *service, const char *user);
void scene_end(void);

/* What pam_end and the next call forget: texts and prompts. */
void scene_forget(void);

#define assert_has(text, part)                                                                     \
	do {                                                                                       \
		if (!strstr(text, part))                                                           \
			fail_msg("\"%s\" does not say \"%s\"", text, part);                        \
	} while (0)
#define assert_lacks(text, part)                                                                   \
	do {                                                                                       \
		if (strstr(text, part))                                                            \
			fail_msg("\"%s\" says \"%s\"", text, part);                                \
	} while (0)

#define unit_in_scene(f) cmocka_unit_test_setup_teardown(f, scene_setup, scene_teardown)

#endif
