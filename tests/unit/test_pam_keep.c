/*
 * A token between authenticate and open_session: it reaches its user exactly once, in one process
 * and in sshd's two, or is given back.
 */
#include "unit.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pam_state.h"

/* sshd's child: it hands PAM's environment over and ends without a word. */
static int authenticate_apart(void *unused)
{
	FILE *file = fopen(scratch("out/passed-on"), "w");
	char **variables = NULL;

	(void)unused; /* the scene is inherited */
	scene_start("sshd", scene_user());
	CHECK(pam_authenticate(scene.pamh, 0) == PAM_SUCCESS);
	variables = pam_getenvlist(scene.pamh);
	CHECK(file && variables);
	for (char **at = variables; *at; at++)
		CHECK(fprintf(file, "%s\n", *at) > 0);
	CHECK(fclose(file) == 0);
	return 0;
}

/* The handle that it named; valid until the next call. */
static const char *authenticated_apart(void)
{
	static char handle[64];
	const char *content = NULL;

	assert_int_equal(in_child(authenticate_apart, NULL), 0);
	content = scratch_content(scratch("out/passed-on"));
	assert_non_null(content);
	assert_int_equal(sscanf(content, "BFABRIC_PAM_HANDLE=%60s", handle), 1);
	assert_int_equal(strspn(handle, "0123456789abcdef"), 32);
	assert_int_equal(strlen(handle), 32);
	return handle;
}

static void test_sshd(void **state)
{
	char path[64];
	const char *handle = NULL;

	(void)state;
	stash_stack("sshd");
	handle = authenticated_apart();
	assert_int_equal(stash_files(), 1);
	snprintf(path, sizeof(path), "run/%s", handle);
	assert_int_equal(scratch_mode(scratch(path)), 0600);
	stash_open_session("sshd", handle);
	assert_delivered_once();
	assert_has(scene.shown, "B-Fabric login stored");
	assert_has(scene.log, "approved by \"alice\"");
	assert_int_equal(stash_files(), 0);
	assert_int_equal(stash_asked("bfabric-full", "operation="), 1); /* and no refresh */
	/* the handle is spent */
	stash_open_session("sshd", handle);
	assert_delivered_once();
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_two_logins_at_once(void **state)
{
	char first[64];

	(void)state;
	stash_stack("sshd");
	snprintf(first, sizeof(first), "%s", authenticated_apart());
	assert_string_not_equal(first, authenticated_apart());
	assert_int_equal(stash_files(), 2);
	stash_open_session("sshd", first);
	assert_delivered_once();
	assert_int_equal(stash_files(), 1);
}

/* Everybody but sshd: nothing is written down. */
static void test_one_process(void **state)
{
	static struct process_state before;

	(void)state;
	assert_int_equal(rmdir(scratch("run")), 0);
	stash_stack("login");
	scene_start("login", scene_user());
	process_state(&before);
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_delivered_once();
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_state_is(&before, "open_session");
	scene_end();
	assert_delivered_once();
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_both_places_are_one_token(void **state)
{
	(void)state;
	stash_stack("sshd");
	scene_start("sshd", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(stash_files(), 1);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	scene_end();
	assert_delivered_once();
	assert_int_equal(stash_files(), 0);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static int open_and_end(void *unused)
{
	(void)unused; /* the scene is inherited */
	CHECK(pam_open_session(scene.pamh, 0) == PAM_SUCCESS);
	CHECK(pam_end(scene.pamh, PAM_SUCCESS) == PAM_SUCCESS);
	return 0;
}

/* A copy of the process has a copy of the token, which is not its own. */
static void test_after_fork(void **state)
{
	(void)state;
	stash_stack("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(in_child(open_and_end, NULL), 0);
	assert_not_delivered();
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_delivered_once();
}

/* Where there is a file, whoever takes that has it, and nobody else. */
static void test_after_fork_in_sshd(void **state)
{
	(void)state;
	stash_stack("sshd");
	scene_start("sshd", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(in_child(open_and_end, NULL), 0);
	assert_delivered_once();
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_delivered_once();
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void assert_given_back(int times)
{
	assert_int_equal(stash_asked("bfabric-pam-login", "mode=revoke\n"), times);
	assert_int_equal(stash_asked("bfabric-pam-login", "token=" STASH_TOKEN "\n"), times);
	assert_lacks(scene.log, STASH_CANARY);
}

static void test_no_session(void **state)
{
	static const char *const services[] = {"login", "sshd"};

	(void)state;
	for (int i = 0; i < 2; i++) {
		stash_stack(services[i]);
		scene_start(services[i], scene_user());
		assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
		scene_end();
		assert_given_back(i + 1);
		assert_int_equal(stash_files(), 0);
	}
	assert_has(scene.log, "a login that reached nobody was revoked");
	assert_not_delivered();
}

static void test_authenticated_again(void **state)
{
	(void)state;
	stash_stack("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_given_back(1);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_delivered_once();
	scene_end();
	assert_given_back(1);
}

static void test_silent_end(void **state)
{
	(void)state;
	stash_stack("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_end(scene.pamh, PAM_SUCCESS | PAM_DATA_SILENT), PAM_SUCCESS);
	scene.pamh = NULL;
	assert_given_back(0);
}

/* Whatever the user's child says, or that it says nothing: the session opens. */
static void test_not_stored(void **state)
{
	static const struct {
		const char *body, *log;
	} cases[] = {
		{"echo status=DENIED; echo message=because",
			"login not stored: \"DENIED\" \"because\""},
		{"exit 1", "login not stored: \"no answer\""},
		{"echo nonsense", "login not stored: \"BAD_CALL\""},
		{"head -c 70000 /dev/zero", "login not stored: \"BAD_REPLY\""},
	};
	const int count = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	stash_stack("login");
	for (int i = 0; i < count; i++) {
		scene_forget();
		scene_program("bfabric-full", cases[i].body);
		scene_start("login", scene_user());
		assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
		scene_end();
		assert_has(scene.log, cases[i].log);
		assert_has(scene.shown, "could not be stored");
		assert_given_back(i + 1);
	}
}

static void test_stored_later(void **state)
{
	(void)state;
	stash_stack("login");
	scene_program("bfabric-full", "sleep 3; : >\"$out/done\"");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "left to finish in the background");
	assert_has(scene.shown, "still being stored");
	for (int i = 0; i < 2000 && !scratch_exists(scratch("out/done")); i++)
		usleep(10000);
	assert_true(scratch_exists(scratch("out/done")));
	scene_end();
	assert_given_back(0);
	scene_program("bfabric-full", "echo status=OK; echo stored=waits; echo message=full");
	scene_start("login", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_has(scene.log, "waits in the runtime directory: \"full\"");
	assert_has(scene.shown, "bfabric auth refresh --pending");
	assert_given_back(0);
}

static void test_no_stash(void **state)
{
	(void)state;
	stash_stack("sshd");
	assert_int_equal(chmod(scratch("run"), 0750), 0);
	scene_start("sshd", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_AUTH_ERR);
	assert_null(pam_getenv(scene.pamh, "BFABRIC_PAM_HANDLE"));
	scene_end();
	assert_has(scene.log, "with mode 0700");
	assert_given_back(1);
	assert_int_equal(stash_files(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_stash(test_sshd),
		unit_in_stash(test_two_logins_at_once),
		unit_in_stash(test_one_process),
		unit_in_stash(test_both_places_are_one_token),
		unit_in_stash(test_after_fork),
		unit_in_stash(test_after_fork_in_sshd),
		unit_in_stash(test_no_session),
		unit_in_stash(test_authenticated_again),
		unit_in_stash(test_silent_end),
		unit_in_stash(test_not_stored),
		unit_in_stash(test_stored_later),
		unit_in_stash(test_no_stash),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
