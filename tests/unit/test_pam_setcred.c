/* pam_setcred: a login is refreshed when a screen is unlocked; whatever else, nothing fails. */
#include "unit.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pam_state.h"

#define COUNTS "echo one >>\"$out/count\"; "

static const struct {
	int flags;
	bool refreshes;
} matrix[] = {
	{PAM_ESTABLISH_CRED, false},
	{PAM_ESTABLISH_CRED, false},
	{PAM_REINITIALIZE_CRED, true},
	{PAM_REINITIALIZE_CRED | PAM_SILENT, true},
	{PAM_REFRESH_CRED, true},
	{PAM_REFRESH_CRED, true},
	{PAM_DELETE_CRED, false},
	{PAM_DELETE_CRED, false},
	{PAM_ESTABLISH_CRED | PAM_SILENT, false},
	{0, false},
};
#define ROWS (sizeof(matrix) / sizeof(matrix[0]))

/* How often the store was asked since the last time. */
static size_t times_asked(void)
{
	const char *path = scratch("out/count");
	const char *found = scratch_exists(path) ? scratch_content(path) : "";
	const size_t count = strlen(found) / strlen("one\n");

	(void)unlink(path); /* is not there when nobody was asked */
	return count;
}

static void go_through(bool ours)
{
	struct process_state before;

	for (size_t i = 0; i < ROWS; i++) {
		process_state(&before);
		assert_int_equal(pam_setcred(scene.pamh, matrix[i].flags), PAM_SUCCESS);
		assert_state_is(&before, "setcred");
		assert_int_equal(times_asked(), ours && matrix[i].refreshes);
	}
	assert_string_equal(scene.shown, "");
	assert_int_equal(scene.prompts, 0);
}

static void test_matrix(void **state)
{
	(void)state;
	scene_program("bfabric-full", COUNTS "echo status=OK; echo valid=yes");
	scene_default("gdm-password");
	scene_start("gdm-password", scene_user());
	go_through(true); /* without authenticate */
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	go_through(true);
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, "root"), PAM_SUCCESS);
	go_through(false);
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, "bfabric-no-such-user"), PAM_SUCCESS);
	go_through(false);
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, scene_user()), PAM_SUCCESS);
	go_through(true);
	assert_string_equal(scene.log, "");
	scene_end();
	assert_has(scene_asked("bfabric-full"), "operation=refresh\n");
}

/* Nobody hears of it: a person who unlocks a screen has not asked for anything. */
static void test_quiet_whatever_the_answer(void **state)
{
	static const struct {
		const char *body, *log;
	} cases[] = {
		{"echo status=LOGIN_REQUIRED", ""},
		{"echo status=NOT_LOGGED_IN", ""},
		{"echo status=OK; echo valid=no", ""},
		{"echo status=RETRY_LATER; echo message=down", "\"RETRY_LATER\" \"down\""},
		{"exit 1", "\"no answer\""},
		{"kill -9 $$", "\"no answer\""},
	};

	(void)state;
	scene_program("bfabric-pam-login", "echo one >\"$out/flow\"");
	scene_default("login");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_program("bfabric-full", cases[i].body);
		scene_forget();
		scene_start("login", scene_user());
		assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
		assert_int_equal(pam_setcred(scene.pamh, PAM_REINITIALIZE_CRED), PAM_SUCCESS);
		scene_end();
		assert_string_equal(scene.shown, "");
		assert_has(scene.log, cases[i].log);
		assert_int_equal(scene.log[0] != '\0', cases[i].log[0] != '\0');
	}
	assert_false(scratch_exists(scratch("out/flow")));
}

static void set_once(const char *service)
{
	scene_forget();
	scene_start(service, scene_user());
	assert_int_equal(pam_setcred(scene.pamh, PAM_REINITIALIZE_CRED), PAM_SUCCESS);
	scene_end();
	assert_int_equal(times_asked(), 0);
}

static void test_what_is_not_ours(void **state)
{
	char lines[1024];

	(void)state;
	scene_program("bfabric-full", COUNTS "echo status=OK; echo valid=yes");
	scene_default("sudo");
	set_once("sudo");
	scene_conf("services = login\n");
	scene_default("gdm-password");
	set_once("gdm-password");
	assert_string_equal(scene.log, "");
	/* a locker: nobody gave it the argument of a person's own stacks */
	snprintf(lines, sizeof(lines), "auth required %s config=%s\n", BF_PAM_MODULE,
		scratch("pam.conf"));
	scene_stack("login", lines);
	set_once("login");
	assert_string_equal(scene.log, "");
}

static void test_mistakes_of_the_administrator(void **state)
{
	(void)state;
	scene_program("bfabric-full", COUNTS "echo status=OK; echo valid=yes");
	scene_stack("login", "auth required @ mark timeout=soon\n");
	set_once("login");
	assert_has(scene.log, "timeout=");
	scene_default("login");
	assert_int_equal(chmod(scratch("pam.conf"), 0664), 0);
	set_once("login");
	assert_has(scene.log, "can be written by others");
}

static void test_two_seconds_are_all(void **state)
{
	const struct leftovers before = leftovers();

	(void)state;
	scene_program("bfabric-full", "i=0; while [ ! -e \"$out/go\" ] && [ $i -lt 600 ]; do "
				      "sleep 0.05; i=$((i+1)); done");
	scene_default("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_setcred(scene.pamh, PAM_REFRESH_CRED), PAM_SUCCESS);
	assert_has(scene.log, "left to finish in the background");
	assert_int_equal(leftovers().children, before.children + 1);
	scratch_file("out/go", "", 0644);
	for (int i = 0; i < 500 && leftovers().children > before.children; i++) {
		usleep(20000);
		assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	}
	assert_nothing_left(before);
	scene_end();
}

static int set_and_end(void *unused)
{
	(void)unused; /* the scene is inherited */
	for (size_t i = 0; i < ROWS; i++)
		CHECK(pam_setcred(scene.pamh, matrix[i].flags) == PAM_SUCCESS);
	CHECK(pam_end(scene.pamh, PAM_SUCCESS | PAM_DATA_SILENT) == PAM_SUCCESS);
	return 0;
}

/* sshd sets credentials again in the user's process, login ends its copy silently. */
static void test_fork_in_between(void **state)
{
	(void)state;
	scene_program("bfabric-full", COUNTS "echo status=OK; echo valid=yes");
	scene_default("sshd");
	scene_start("sshd", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(in_child(set_and_end, NULL), 0);
	assert_int_equal(times_asked(), 4);
	assert_int_equal(pam_setcred(scene.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	assert_int_equal(pam_end(scene.pamh, PAM_SUCCESS | PAM_DATA_SILENT), PAM_SUCCESS);
	scene.pamh = NULL;
	assert_string_equal(scene.log, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_matrix),
		unit_in_scene(test_quiet_whatever_the_answer),
		unit_in_scene(test_what_is_not_ours),
		unit_in_scene(test_mistakes_of_the_administrator),
		unit_in_scene(test_two_seconds_are_all),
		unit_in_scene(test_fork_in_between),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
