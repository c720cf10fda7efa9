/*
 * A token on its way from the device login to its user, while each allocation and each call of the
 * module fails once, or from there on: nobody is let in or kept out by that, and the token is
 * neither lost nor there twice.
 */
#include "unit.h"
#include "pam_fault_scene.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"
#include "pam_token_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include "pam_state.h"

/* What a child of the test hands over, as sshd's does, and what the test wishes to know besides. */
static struct passed {
	int rc;
	bool failed;
	char handle[64], differs[64], name[64], log[sizeof(scene.log)];
} * passed;

static int load(void **state)
{
	passed = mmap(
		NULL, sizeof(*passed), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return passed == MAP_FAILED ? -1 : pam_fault_load(state);
}

/* ---- sshd: two processes --------------------------------------------------------------------- */

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text ? text : "");
}

static int acquire_apart(void *unused)
{
	static struct process_state before, after;

	(void)unused; /* the scene is inherited */
	scene_start("sshd", scene_user());
	process_state(&before);
	pam_fault_arm();
	passed->rc = pam_authenticate(scene.pamh, 0);
	passed->failed = pam_fault_end();
	while (wait(NULL) > 0)
		;
	process_state(&after);
	copy(passed->differs, sizeof(passed->differs), process_state_difference(&before, &after));
	copy(passed->handle, sizeof(passed->handle), pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	copy(passed->name, sizeof(passed->name), pam_fault_name());
	copy(passed->log, sizeof(passed->log), scene.log);
	return 0;
}

/* What no session can come for is removed at once, unless that is what failed. */
static void assert_no_orphan(void)
{
	if (stash_files() > 0 && !*passed->handle && !pam_fault_stays() &&
		strcmp(passed->name, "unlinkat") != 0)
		fail_msg("round %u (%s): a file stays in the stash: %s", pam_fault_round(),
			passed->name, passed->log);
}

static bool acquire_and_open(void)
{
	token_forget();
	memset(passed, 0, sizeof(*passed));
	assert_int_equal(in_child(acquire_apart, NULL), 0);
	if (passed->rc != PAM_SUCCESS) /* of the stack: ours was not PAM_IGNORE */
		fail_msg("round %u (%s): %d", pam_fault_round(), passed->name, passed->rc);
	assert_string_equal(passed->differs, "");
	assert_no_orphan();
	copy(scene.log, sizeof(scene.log), passed->log);
	if (*passed->handle)
		stash_open_session("sshd", passed->handle);
	token_end();
	token_judge(token_approved());
	if (!passed->failed)
		assert_delivered_once();
	return passed->failed;
}

static void test_acquire(void **state)
{
	(void)state;
	scene_stack("sshd", "auth [ignore=1 default=die] @ acquire\nauth requisite pam_deny.so\n"
			    "auth required pam_permit.so\nsession required @\n");
	token_try_all(acquire_and_open, 80);
}

/* The token waits in a file; what fails is the session of the other process. */
static bool open_planted(void)
{
	const struct leftovers before = leftovers();
	bool failed, told;

	token_forget();
	stash_plant(STASH_PLANTED, &(const struct stash_planted){0});
	scene_start("sshd", scene_user());
	assert_int_equal(pam_putenv(scene.pamh, "BFABRIC_PAM_HANDLE=" STASH_HANDLE), PAM_SUCCESS);
	pam_fault_arm();
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	failed = pam_fault_end();
	if (pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"))
		assert_has(scene.log, "stays in the environment");
	told = *scene.log;
	scene_end();
	if (token_end() > 0 && !told)
		fail_msg("round %u (%s): it stays in the stash without a word", pam_fault_round(),
			pam_fault_name());
	assert_nothing_stays(before);
	token_judge(/* handed= */ true);
	if (!failed)
		assert_delivered_once();
	return failed;
}

static void test_open_session(void **state)
{
	(void)state;
	scene_stack("sshd", "session required @\n");
	token_try_all(open_planted, 50);
}

/* ---- one process ----------------------------------------------------------------------------- */

static int authenticate_and_open(void)
{
	const int rc = pam_authenticate(scene.pamh, 0);

	if (rc != PAM_SUCCESS)
		return rc;
	assert_int_equal(pam_setcred(scene.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	return rc;
}

/* Yes is for who approved; and no for everybody else ends a stack: it does not go on. */
static void judge_answer(int rc, bool failed)
{
	if (rc == PAM_SUCCESS &&
		(!token_approved() || !strstr(scene.log, "approved it, by \"id_token\"")))
		fail_msg("round %u (%s): yes to nobody", pam_fault_round(), pam_fault_name());
	if (rc == PAM_IGNORE || rc == PAM_AUTHINFO_UNAVAIL || (!failed && rc != PAM_SUCCESS))
		fail_msg("round %u (%s): %d", pam_fault_round(), pam_fault_name(), rc);
}

static struct process_state before;

static void assert_nothing_changed(void)
{
	static struct process_state after;
	const char *differs = NULL;

	assert_int_equal(token_end(), 0); /* no file, where one process does both */
	process_state(&after);
	differs = process_state_difference(&before, &after);
	if (differs)
		fail_msg("round %u (%s) changed: %s", pam_fault_round(), pam_fault_name(), differs);
}

static bool log_in(void)
{
	bool failed;
	int rc;

	token_forget();
	process_state(&before);
	scene_start("login", scene_user());
	pam_fault_arm();
	rc = authenticate_and_open();
	scene_end();
	failed = pam_fault_end();
	assert_nothing_changed();
	token_judge(token_approved());
	judge_answer(rc, failed);
	if (!failed)
		assert_delivered_once();
	return failed;
}

static void test_one_process(void **state)
{
	(void)state;
	scene_alone("login", "");
	token_try_all(log_in, 80);
}

/* The application refuses for a reason of its own: what fails is the end of the handle. */
static bool leave(void)
{
	bool failed;

	token_forget();
	process_state(&before);
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	pam_fault_arm();
	scene_end();
	failed = pam_fault_end();
	assert_nothing_changed();
	token_judge(/* handed= */ true);
	assert_not_delivered();
	if (!failed)
		assert_int_equal(token_revoked(), 1);
	return failed;
}

static void test_no_session(void **state)
{
	(void)state;
	scene_alone("login", "");
	token_try_all(leave, 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_with_token(test_acquire),
		unit_with_token(test_open_session),
		unit_with_token(test_one_process),
		unit_with_token(test_no_session),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, load, NULL);
}
