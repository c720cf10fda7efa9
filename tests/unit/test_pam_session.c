/* The default profile: refreshed quietly, or one line; the session always opens. */
#include "unit.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include "leftovers.h"

#define IGNORED PAM_PERM_DENIED
#define HINT    "There is no valid B-Fabric login. To make one: bfabric login\n"
#define NO_FLOW "echo a flow was started >\"$out/flow\""

static int64_t now_ms(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The whole life of a session; `marked`: a person was authenticated before. */
static void run(const char *service, bool marked, int flags)
{
	scene_forget();
	scene_start(service, scene_user());
	if (marked)
		assert_int_equal(pam_authenticate(scene.pamh, flags), PAM_SUCCESS);
	assert_int_equal(pam_setcred(scene.pamh, PAM_ESTABLISH_CRED | flags), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, flags), PAM_SUCCESS);
	assert_int_equal(pam_close_session(scene.pamh, flags), PAM_SUCCESS);
	assert_int_equal(pam_setcred(scene.pamh, PAM_DELETE_CRED | flags), PAM_SUCCESS);
	scene_end();
	assert_int_equal(scene.prompts, 0);
}

static void test_a_login_is_refreshed_quietly(void **state)
{
	char wanted[512];

	(void)state;
	scene_conf("scope = api:read\nca_file = /ca.pem\nproxy = http://p:1\nenv = LAB\n");
	scene_program("bfabric-full",
		"echo \"$*\" >\"$out/arguments\"; echo status=OK; echo valid=yes; echo name=alice");
	scene_program("bfabric-pam-login", NO_FLOW);
	scene_default("login");
	run("login", true, 0);
	assert_string_equal(scene.shown, "");
	assert_string_equal(scene.log, "");
	snprintf(wanted, sizeof(wanted),
		"operation=refresh\nbase_url=https://h.example.org/bfabric\nclient_id=CLI\n"
		"env=LAB\nscope=api:read\nca_file=/ca.pem\nproxy=http://p:1\n");
	assert_string_equal(scene_asked("bfabric-full"), wanted);
	assert_string_equal(scratch_content(scratch("out/arguments")), "pam-store\n");
	assert_false(scratch_exists(scratch("out/flow")));
}

static void test_one_line_where_there_is_none(void **state)
{
	static const char *const answers[] = {"echo status=NOT_LOGGED_IN",
		"echo status=LOGIN_REQUIRED; echo 'message=it lapsed'", "echo status=DENIED",
		"echo status=OK; echo valid=no"};
	static const struct {
		const char *service;
		bool marked;
	} cases[] = {{"login", false}, {"sshd", true}, {"sshd", false}, {"gdm-password", true}};

	(void)state;
	scene_program("bfabric-pam-login", NO_FLOW);
	for (size_t i = 0; i < 4; i++) {
		scene_program("bfabric-full", answers[i]);
		scene_default(cases[i].service);
		run(cases[i].service, cases[i].marked, 0);
		assert_string_equal(scene.shown, HINT);
		run(cases[i].service, cases[i].marked, PAM_SILENT);
		assert_string_equal(scene.shown, "");
		assert_false(scratch_exists(scratch("out/flow")));
		assert_string_equal(scene.log, "");
	}
	assert_has(scene_asked("bfabric-full"), "env=PRODUCTION\n");
}

/* What nobody can know is not said to a person. */
static void test_trouble_is_logged_only(void **state)
{
	static const struct {
		const char *answer, *log;
	} cases[] = {
		{"echo status=RETRY_LATER; echo 'message=connection refused'",
			"not refreshed: \"RETRY_LATER\" \"connection refused\""},
		{"echo status=STORE_UNAVAILABLE", "STORE_UNAVAILABLE"},
		{"printf 'status=\\033[31m\\302\\233X\\n'", "not refreshed: \"?[31m?X\""},
		{"printf 'status=SYSTEM\\nmessage=%0999d\\n' 7", "000...\""},
		{"exit 3", "\"no answer\""},
		{"echo nonsense", "not key=value"},
		{"kill -9 $$", "\"no answer\""},
		{"head -c 100000 /dev/zero | tr '\\0' x; sleep 1", "says too much"},
	};

	(void)state;
	scene_program("bfabric-pam-login", NO_FLOW);
	scene_default("login");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_program("bfabric-full", cases[i].answer);
		run("login", true, 0);
		assert_string_equal(scene.shown, "");
		assert_has(scene.log, cases[i].log);
		assert_false(scratch_exists(scratch("out/flow")));
	}
}

static void test_programs_that_cannot_run(void **state)
{
	(void)state;
	scene_default("login");
	run("login", true, 0);
	assert_has(scene.log, "cannot find");
	assert_string_equal(scene.shown, "");
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	assert_int_equal(chmod(scratch("libexec/bfabric-full"), 0775), 0);
	run("login", true, 0);
	assert_has(scene.log, "that nobody else can write");
	assert_string_equal(scene_asked("bfabric-full"), "");
	assert_int_equal(chmod(scratch("libexec/bfabric-full"), 0644), 0);
	run("login", true, 0);
	assert_has(scene.log, "\"no answer\"");
}

/* A child that holds a token in its hand is neither waited for nor killed. */
static void test_a_slow_refresh_is_left_to_finish(void **state)
{
	const int64_t begin = now_ms();
	const struct leftovers before = leftovers();

	(void)state;
	scene_program("bfabric-full",
		"trap : TERM; i=0; while [ ! -e \"$out/go\" ] && [ $i -lt 300 ]; do sleep 0.05; "
		"i=$((i+1)); done; echo done >\"$out/end\"");
	scene_default("login");
	scene_start("login", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_in_range(now_ms() - begin, 2000, 12000);
	assert_has(scene.log, "left to finish in the background");
	assert_string_equal(scene.shown, "");
	assert_int_equal(leftovers().children, before.children + 1);
	scratch_file("out/go", "", 0644);
	for (int i = 0; i < 200 && !scratch_exists(scratch("out/end")); i++)
		usleep(20000);
	assert_true(scratch_exists(scratch("out/end")));
	for (int i = 0; i < 200 && leftovers().children > before.children; i++) {
		usleep(20000);
		assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	}
	assert_nothing_left(before);
	scene_end();
}

static void test_conversations_that_show_nothing(void **state)
{
	static const enum scene_mood moods[] = {SCENE_DROPS, SCENE_FAILS, SCENE_NOBODY};

	(void)state;
	scene_program("bfabric-full", "echo status=NOT_LOGGED_IN");
	scene_default("sshd");
	for (size_t i = 0; i < 3; i++) {
		scene.mood = moods[i];
		run("sshd", true, 0);
		assert_string_equal(scene.shown, "");
	}
}

static void test_services(void **state)
{
	(void)state;
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_alone("xrdp", "");
	scene_start("xrdp", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
	scene_end();
	assert_string_equal(scene_asked("bfabric-full"), "");
	scene_conf("services = login xrdp\n");
	run("xrdp", false, 0);
	assert_has(scene_asked("bfabric-full"), "operation=refresh");
	scene_alone("xrdp", "services=login,sshd debug");
	scene_start("xrdp", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
	scene_end();
	assert_has(scene.log, "not in the list");
}

static void test_min_uid(void **state)
{
	(void)state;
	scene_conf("min_uid = 1999999999\n");
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_alone("login", "");
	scene_start("login", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
	scene_end();
	assert_string_equal(scene_asked("bfabric-full"), "");
}

static void test_a_configuration_that_cannot_be_used(void **state)
{
	(void)state;
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_default("login");
	assert_int_equal(chmod(scratch("pam.conf"), 0664), 0);
	run("login", true, 0);
	assert_has(scene.log, "can be written by others");
	scene_conf("future = 1\nenv\n");
	run("login", true, 0);
	assert_has(scene.log, "line 4 of the configuration: unknown key \"future\"");
	assert_has(scene.log, "line 5 is not: key = value");
	assert_int_equal(unlink(scratch("pam.conf")), 0);
	run("login", true, 0);
	assert_has(scene.log, "cannot open");
	assert_string_equal(scene_asked("bfabric-full"), "");
	assert_string_equal(scene.shown, "");
}

/* A user may have written it: it reaches nobody. */
static void test_environment_of_pam_and_process(void **state)
{
	const char *environment = NULL;

	(void)state;
	scene_program("bfabric-full", "env >\"$out/environment\"; pwd >\"$out/pwd\"; umask "
				      ">\"$out/umask\"; ls /proc/self/fd >\"$out/fds\"; echo "
				      "status=OK; echo valid=yes");
	scene_default("login");
	setenv("LD_PRELOAD_X", "CANARY", 1);
	scene_start("login", scene_user());
	assert_int_equal(pam_putenv(scene.pamh, "BFABRIC_LIBEXEC=/CANARY"), PAM_SUCCESS);
	assert_int_equal(pam_putenv(scene.pamh, "XDG_RUNTIME_DIR=/CANARY"), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	unsetenv("LD_PRELOAD_X");
	environment = scratch_content(scratch("out/environment"));
	assert_non_null(environment);
	assert_lacks(environment, "CANARY");
	assert_has(environment, "XDG_RUNTIME_DIR=/run/user/");
	assert_has(environment, "PATH=/usr/bin:/bin\n");
	assert_string_equal(scratch_content(scratch("out/pwd")), "/\n");
	assert_string_equal(scratch_content(scratch("out/umask")), "0077\n");
	assert_string_equal(scratch_content(scratch("out/fds")), "0\n1\n2\n3\n"); /* 3: ls reads */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_a_login_is_refreshed_quietly),
		unit_in_scene(test_one_line_where_there_is_none),
		unit_in_scene(test_trouble_is_logged_only),
		unit_in_scene(test_programs_that_cannot_run),
		unit_in_scene(test_a_slow_refresh_is_left_to_finish),
		unit_in_scene(test_conversations_that_show_nothing),
		unit_in_scene(test_services),
		unit_in_scene(test_min_uid),
		unit_in_scene(test_a_configuration_that_cannot_be_used),
		unit_in_scene(test_environment_of_pam_and_process),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
