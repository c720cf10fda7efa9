/*
 * Each allocation and system call of the module fails once: it never says yes to who somebody is,
 * the session opens, and nothing is left behind.
 */
#include "unit.h"
#include "pam_fault_scene.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>

#define KINDS                                                                                      \
	(FAULT_MEMORY | FAULT_BIT(FAULT_OPEN) | FAULT_BIT(FAULT_READ) | FAULT_BIT(FAULT_STAT) |    \
		FAULT_BIT(FAULT_PROCESS) | FAULT_BIT(FAULT_LOCK))

static int authenticate(void)
{
	return pam_authenticate(scene.pamh, 0);
}

static int manage_account(void)
{
	return pam_acct_mgmt(scene.pamh, 0);
}

static int open_session(void)
{
	return pam_open_session(scene.pamh, 0);
}

/* Returns how many rounds something failed in; `rc` of each is handed to `judge`. */
static unsigned try_all(unsigned kinds, int error, int (*call)(void), void (*judge)(int rc))
{
	return pam_fault_calls("login", kinds, error, call, judge);
}

static void never_yes(int rc)
{
	assert_int_not_equal(rc, PAM_SUCCESS);
}

static void always_opens(int rc)
{
	assert_int_equal(rc, PAM_SUCCESS);
}

static void test_authenticate(void **state)
{
	(void)state;
	scene_alone("login", "");
	assert_in_range(try_all(KINDS, ENOMEM, authenticate, never_yes), 5, 100);
	assert_in_range(try_all(KINDS | FAULT_STAYS, ENOMEM, authenticate, never_yes), 5, 100);
	scene_alone("login", "mark");
	assert_in_range(try_all(KINDS, ENOMEM, authenticate, never_yes), 3, 100);
	scene_alone("login", "");
	assert_in_range(try_all(KINDS, EIO, manage_account, never_yes), 5, 100);
}

static void test_open_session(void **state)
{
	(void)state;
	scene_default("login");
	scene_program("bfabric-full", "echo status=NOT_LOGGED_IN");
	assert_in_range(try_all(KINDS, ENOMEM, open_session, always_opens), 20, 200);
	assert_in_range(try_all(KINDS | FAULT_STAYS, EMFILE, open_session, always_opens), 20, 200);
}

static int authenticate_and_open(void)
{
	int rc = pam_authenticate(scene.pamh, 0);

	return rc == PAM_SUCCESS ? pam_open_session(scene.pamh, 0) : rc;
}

static void test_device_flow(void **state)
{
	(void)state;
	scene_default("login");
	scene_program("bfabric-full", "echo status=NOT_LOGGED_IN");
	scene_program("bfabric-pam-login",
		"printf 'code\\tAAAA\\thttps://h.example.org/d\\t-\\t60\\nstored\\talice\\n'");
	assert_in_range(try_all(KINDS, ENOMEM, authenticate_and_open, always_opens), 30, 200);
	assert_has(scene.shown, "stored: \"alice\"");
}

static int open_and_close(void)
{
	int rc = authenticate_and_open();

	return rc == PAM_SUCCESS ? pam_close_session(scene.pamh, 0) : rc;
}

/* An account of several people: no login without a session that can be closed. */
static void test_a_shared_account(void **state)
{
	char line[300];

	(void)state;
	snprintf(line, sizeof(line), "shared_accounts = %s\n", scene_user());
	scene_conf(line);
	scene_default("login");
	scene_program("bfabric-full", "echo status=OK; echo valid=yes; echo ended=yes");
	assert_in_range(try_all(KINDS, ENOMEM, open_and_close, always_opens), 30, 300);
	assert_has(scene.log, "given back with the session");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_authenticate),
		unit_in_scene(test_open_session),
		unit_in_scene(test_device_flow),
		unit_in_scene(test_a_shared_account),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, pam_fault_load, NULL);
}
