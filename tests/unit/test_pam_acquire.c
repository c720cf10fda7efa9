/*
 * A login that is offered after the normal authentication (`acquire`): who does not know the
 * password is not even asked, nothing is requested before the answer, and nobody is let in or kept
 * out by it.
 */
#include "unit.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define ACQUIRE                                                                                    \
	"auth [success=1 default=ignore] %s\nauth requisite pam_deny.so\nauth optional @ "         \
	"acquire\nauth required pam_permit.so\n"                                                   \
	"account required pam_permit.so\nsession required pam_permit.so\nsession optional @\n"
#define NO_LOGIN "echo status=OK; echo valid=no; echo stored=yes"

#define FLOW                                                                                       \
	"printf 'code\\tABCD-EFGH\\thttps://h.example.org/d\\t-\\t60\\n'\n"                        \
	"printf 'identity\\talice\\tid_token\\n'\n"                                                \
	"printf '%s\\n' 'token\t" STASH_TOKEN "'"

static int setup(void **state)
{
	int rc = stash_setup(state);

	scene_program("bfabric-full", NO_LOGIN);
	scene_program("bfabric-pam-login", FLOW);
	scene.typed = "";
	return rc;
}

static void make_stack(const char *service, const char *password)
{
	char lines[1024];

	snprintf(lines, sizeof(lines), ACQUIRE, password);
	scene_stack(service, lines);
}

static int authenticate(const char *service, int flags)
{
	int rc;

	scene_start(service, scene_user());
	rc = pam_authenticate(scene.pamh, flags);
	return rc;
}

static void assert_nobody_asked(void)
{
	assert_int_equal(scene.prompts, 0);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_from_question_to_session(void **state)
{
	static const char *const services[] = {"sshd", "login"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		scene.typed = "";
		make_stack(services[i], "pam_permit.so");
		assert_int_equal(authenticate(services[i], 0), PAM_SUCCESS);
		assert_has(scene.shown, "B-Fabric login? [Enter/n]");
		assert_has(scene.shown, "ABCD-EFGH");
		assert_int_equal(stash_asked("bfabric-pam-login", "mode=auth\n"), i + 1);
		assert_int_equal(stash_asked("bfabric-full", "operation=valid\n"), i + 1);
		assert_int_equal(stash_files(), i == 0);
		assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
		assert_int_equal(stash_asked("bfabric-full", "operation=adopt\n"), i + 1);
		assert_int_equal(stash_asked("bfabric-full", "token=" STASH_TOKEN "\n"), i + 1);
		assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
		scene_end();
	}
	assert_int_equal(stash_asked("bfabric-pam-login", "mode=revoke\n"), 0);
	assert_lacks(scene.log, STASH_CANARY);
	assert_lacks(scene.shown, STASH_CANARY);
}

static void test_wrong_password(void **state)
{
	(void)state;
	make_stack("sshd", "pam_deny.so");
	assert_int_equal(authenticate("sshd", 0), PAM_AUTH_ERR);
	scene_end();
	assert_nobody_asked();
	assert_string_equal(scene_asked("bfabric-full"), "");
	assert_string_equal(scene.log, "");
}

/* A login that is there, or a store that does not say: nobody is asked. */
static void test_no_question(void **state)
{
	static const char *const bodies[] = {"echo status=OK; echo valid=yes",
		"echo status=FORBIDDEN; echo message=other", "echo status=BAD_CONFIG", "exit 1",
		"echo status=OK", "echo nonsense"};

	(void)state;
	make_stack("sshd", "pam_permit.so");
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		scene_program("bfabric-full", bodies[i]);
		assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
		scene_end();
		assert_nobody_asked();
	}
	scene_program("bfabric-full", NO_LOGIN);
	assert_int_equal(authenticate("sshd", PAM_SILENT), PAM_SUCCESS);
	scene_end();
	assert_nobody_asked();
	assert_int_equal(unlink(scratch("pam.conf")), 0);
	assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
	scene_end();
	assert_nobody_asked();
}

static void test_answers(void **state)
{
	static const char *const nos[] = {"n", "N", "no", NULL};

	(void)state;
	make_stack("sshd", "pam_permit.so");
	for (size_t i = 0; i < 4; i++) {
		scene.typed = nos[i];
		assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
		scene_end();
		assert_int_equal(scene.prompts, (int)i + 1);
	}
	scene.mood = SCENE_FAILS;
	assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
	scene_end();
	scene.mood = SCENE_NOBODY;
	scene_start("sshd", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
	assert_int_equal(stash_files(), 0);
}

/* Somebody else approved: nothing is kept, and the orphan is given back. */
static void test_somebody_else(void **state)
{
	char lines[256];

	(void)state;
	snprintf(lines, sizeof(lines), "run_dir = %s\nsame_names = yes\n", scratch("run"));
	scene_conf(lines);
	make_stack("sshd", "pam_permit.so");
	assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
	assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_int_equal(stash_files(), 0);
	assert_not_delivered();
	assert_int_equal(stash_asked("bfabric-pam-login", "mode=revoke\n"), 1);
	assert_int_equal(stash_asked("bfabric-pam-login", "token=" STASH_TOKEN "\n"), 1);
	assert_has(scene.log, "alice");
}

static void test_no_stash(void **state)
{
	(void)state;
	make_stack("sshd", "pam_permit.so");
	scene_program("bfabric-pam-login", "chmod 755 \"$out/../run\"\n" FLOW);
	assert_int_equal(authenticate("sshd", 0), PAM_SUCCESS);
	scene_end();
	assert_int_equal(stash_asked("bfabric-pam-login", "mode=revoke\n"), 1);
	assert_has(scene.log, "the login is not kept");
	assert_lacks(scene.log, STASH_CANARY);
}

/* Alone in a stack, it is nobody's yes. */
static void test_always_ignored(void **state)
{
	(void)state;
	scene_alone("sshd", "acquire");
	assert_int_equal(authenticate("sshd", 0), PAM_PERM_DENIED);
	scene_end();
	scene_program("bfabric-pam-login", "printf 'failed\\tDENIED\\tno\\n'");
	assert_int_equal(authenticate("sshd", 0), PAM_PERM_DENIED);
	scene_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			test_from_question_to_session, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_wrong_password, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_no_question, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_answers, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_somebody_else, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_no_stash, setup, scene_teardown),
		cmocka_unit_test_setup_teardown(test_always_ignored, setup, scene_teardown),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
