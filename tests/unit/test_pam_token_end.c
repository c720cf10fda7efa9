/*
 * Tokens that nobody came for, and the end of a session, while each allocation and each call fails
 * once, or from there on; and a token that comes when nobody waits for it any more.
 */
#include "unit.h"
#include "pam_fault_scene.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"
#include "pam_token_scene.h"

#include <fcntl.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <unistd.h>
#include "pam_bfabric/spawn.h"
#include "pam_bfabric/sweep.h"
#include "pam_state.h"

/* ---- the end of a session -------------------------------------------------------------------- */

static bool refresh_and_close(void)
{
	const struct leftovers before = leftovers();
	int rc[3];
	bool failed;

	token_forget();
	scene_start("login", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	pam_fault_arm();
	rc[0] = pam_setcred(scene.pamh, PAM_REINITIALIZE_CRED);
	rc[1] = pam_close_session(scene.pamh, 0);
	rc[2] = pam_setcred(scene.pamh, PAM_DELETE_CRED);
	failed = pam_fault_end();
	for (int i = 0; i < 3; i++)
		assert_int_equal(rc[i], PAM_SUCCESS);
	scene_end();
	assert_int_equal(token_end(), 0);
	assert_nothing_stays(before);
	if (stash_asked("bfabric-full", "operation=close\n") < 1)
		assert_has(scene.log, "the login of the session is not ended");
	return failed;
}

static void test_close(void **state)
{
	(void)state;
	scene_alone("login", "");
	token_try_all(refresh_and_close, 50);
}

/* ---- the sweep ------------------------------------------------------------------------------- */

static int warnings(void)
{
	int count = 0;

	for (const char *at = scene.log; (at = strstr(at, "valid at the server")); at++)
		count++;
	return count;
}

/* Two that nobody came for, and half a file. */
static void prepare_sweep(void)
{
	token_forget();
	token_make_old(stash_plant(STASH_PLANTED, &(const struct stash_planted){0}));
	token_make_old(stash_plant(
		"run/11111111111111111111111111111111", &(const struct stash_planted){0}));
	token_make_old(
		scratch_file("run/22222222222222222222222222222222.new", "version=1\n", 0600));
	scene_start("sshd", scene_user());
}

/* The test has the parts of the module itself here, and its own faults. */
static bool sweep_with_fault(unsigned kinds, unsigned n)
{
	const struct leftovers before = leftovers();
	const int dir = open(scratch("run"), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct bf_pam_call call = {0};
	bool failed;

	prepare_sweep();
	call.pamh = scene.pamh;
	fault_arm(kinds, n, ENOMEM);
	bf_pam_sweep(&call, dir, UINT32_MAX, bf_pam_now() + 60000);
	failed = fault_disarm();
	scene_end();
	close(dir);
	if (token_end() > 0 && !failed)
		fail_msg("files stay in the stash: %s", scene.log);
	assert_nothing_stays(before);
	assert_lacks(scene.log, STASH_CANARY);
	if (token_revoked() > 2 || token_revoked() + warnings() < 2)
		fail_msg("round %u (%s): revoked %d: %s", n, fault_name(), token_revoked(),
			scene.log);
	return failed;
}

static void try_sweep(unsigned kinds)
{
	const unsigned step = pam_fault_step(kinds);
	unsigned n = 1;

	while (n < 1000 && sweep_with_fault(kinds, n))
		n += step;
	assert_in_range(n, 50, 999);
}

static void test_sweep(void **state)
{
	(void)state;
	try_sweep(TOKEN_FAULTS);
	try_sweep(TOKEN_FAULTS | FAULT_STAYS);
}

/* ---- while a question is open ---------------------------------------------------------------- */

static void approve_and_go(int count)
{
	if (count < 2)
		return;
	remove(scratch("out/hold"));
	for (int i = 0; i < 3000 && !token_handed(); i++)
		usleep(10000);
	scene.typed = NULL;
}

/* The token came, and nobody is there any more who answers: the time of the child is over then. */
static void test_nobody_answers(void **state)
{
	(void)state;
	scene_alone("gdm-password", "");
	scratch_file("out/hold", "", 0666);
	scene.at_prompt = approve_and_go;
	scene_start("gdm-password", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_AUTH_ERR);
	scene_end();
	assert_int_equal(scene.prompts, 2);
	assert_true(token_handed());
	assert_int_equal(token_end(), 0);
	assert_int_equal(token_revoked(), 1);
	assert_not_delivered();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_with_token(test_close),
		unit_with_token(test_sweep),
		unit_with_token(test_nobody_answers),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, pam_fault_load, NULL);
}
