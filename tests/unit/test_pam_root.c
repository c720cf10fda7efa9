/*
 * As root, as the module really runs: its children are the user, in every respect, and nothing of
 * ours can lock root out. Elsewhere there is nothing to see.
 */
#include "unit.h"
#include "pam_scene.h"

#include <grp.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pam_state.h"

#define PRIMARY                                                                                    \
	"auth [success=done authinfo_unavail=ignore service_err=ignore ignore=ignore "             \
	"user_unknown=ignore default=die] @\n"

#define LEAVE_UNLESS_ROOT                                                                          \
	do {                                                                                       \
		if (geteuid() != 0)                                                                \
			LEAVE_BECAUSE("this is about what root does");                             \
	} while (0)

static int number_of(const char *text, const char *key, unsigned ret[4])
{
	const char *at = strstr(text, key);

	return at ? sscanf(at + strlen(key), " %u %u %u %u", &ret[0], &ret[1], &ret[2], &ret[3])
		  : 0;
}

static void assert_is_user(const char *file)
{
	const char *text = scratch_content(scratch(file));
	unsigned ids[4] = {0};

	assert_non_null(text);
	assert_int_equal(number_of(text, "Uid:", ids), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ids[i], 65534);
	assert_int_equal(number_of(text, "Gid:", ids), 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(ids[i], 65534);
	assert_has(text, "Groups:\t65534 \n");
	assert_has(text, "CapPrm:\t0000000000000000\n");
	assert_has(text, "CapEff:\t0000000000000000\n");
}

static void test_children_are_the_user(void **state)
{
	const gid_t groups[] = {0, 4, 42};
	static struct process_state before;

	(void)state;
	LEAVE_UNLESS_ROOT;
	if (setgroups(3, groups) != 0)
		LEAVE_BECAUSE("groups cannot be set here");
	scene_program("bfabric-full",
		"cat /proc/$$/status >\"$out/store\"; env >\"$out/environment\"; "
		"echo status=NOT_LOGGED_IN");
	scene_program("bfabric-pam-login",
		"cat /proc/$$/status >\"$out/login\"; printf 'stored\\talice\\n'");
	scene_default("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	process_state(&before);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_state_is(&before, "open_session");
	scene_end();
	assert_has(scene.shown, "stored: \"alice\"");
	assert_is_user("out/store");
	assert_is_user("out/login");
	assert_has(scratch_content(scratch("out/environment")), "USER=nobody\n");
	assert_int_equal(setgroups(0, NULL), 0);
}

/* It has to be root's, and so have the programs. */
static void test_who_owns_what(void **state)
{
	(void)state;
	LEAVE_UNLESS_ROOT;
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_default("login");
	assert_int_equal(chown(scratch("libexec/bfabric-full"), 65534, 0), 0);
	scene_start("login", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "must be a program of root");
	scene_forget();
	assert_int_equal(chown(scratch("pam.conf"), 65534, 0), 0);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "must be root's");
	scene_end();
	assert_string_equal(scene_asked("bfabric-full"), "");
}

/* The stacks of the manual with the worst configuration: root logs in. */
static void test_root_is_never_locked_out(void **state)
{
	static const char *const stacks[] = {
		"auth required pam_permit.so\nauth optional @ mark\n",
		"auth required pam_permit.so\nauth optional @ acquire\n",
		PRIMARY "auth required pam_permit.so\n",
		"auth required pam_permit.so\nauth [success=ok ignore=ignore default=die] @\n",
	};
	char lines[1024];

	(void)state;
	LEAVE_UNLESS_ROOT;
	assert_int_equal(chmod(scratch("pam.conf"), 0664), 0);
	for (size_t i = 0; i < sizeof(stacks) / sizeof(stacks[0]); i++) {
		snprintf(lines, sizeof(lines),
			"%saccount required pam_permit.so\n"
			"account [success=ok ignore=ignore default=die] @\n"
			"session required pam_permit.so\nsession optional @\n",
			stacks[i]);
		scene_stack("login", lines);
		scene_start("login", "root");
		assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_acct_mgmt(scene.pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_setcred(scene.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
		assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
		scene_end();
	}
	assert_lacks(scene.log, "pam.conf");
}

/* A locker: root's process that became its user for the time of the call. */
static void test_effective_user(void **state)
{
	(void)state;
	LEAVE_UNLESS_ROOT;
	scene_alone("login", "");
	scene_start("login", scene_user());
	assert_int_equal(setresuid(-1, 65534, -1), 0);
	assert_int_equal(pam_setcred(scene.pamh, PAM_REINITIALIZE_CRED), PAM_SUCCESS);
	assert_int_equal(setresuid(-1, 0, -1), 0);
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_children_are_the_user),
		unit_in_scene(test_who_owns_what),
		unit_in_scene(test_root_is_never_locked_out),
		unit_in_scene(test_effective_user),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
