/* The application is somebody else's process: what is its own stays as it was. */
#include "unit.h"
#include "pam_scene.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pam_state.h"

static struct process_state before;

static void handler(int number)
{
	(void)number; /* that it is set is enough */
}

/* As unlike the defaults as an application may be. */
static void make_unusual(void)
{
	const struct sigaction ours = {.sa_handler = handler, .sa_flags = SA_RESTART};
	sigset_t some;

	sigemptyset(&some);
	sigaddset(&some, SIGUSR2);
	sigaddset(&some, SIGTERM);
	sigaction(SIGINT, &ours, NULL);
	sigaction(SIGCHLD, &ours, NULL);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &some, NULL);
	umask(0137);
	assert_int_equal(chdir("/tmp"), 0);
}

static void make_usual(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGCHLD, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
}

static void go_through(void)
{
	scene_start("login", scene_user());
	process_state(&before);
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_state_is(&before, "authenticate");
	assert_int_equal(pam_acct_mgmt(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(scene.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
	assert_state_is(&before, "setcred");
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	assert_state_is(&before, "open_session");
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_state_is(&before, "close_session");
	scene_end();
}

/* The child sees none of it. */
static void test_state_stays(void **state)
{
	(void)state;
	scene_program("bfabric-full",
		"while read -r line; do echo \"$line\"; done </proc/$$/status >\"$out/signals\"; "
		"echo status=NOT_LOGGED_IN");
	scene_program("bfabric-pam-login", "printf 'stored\\talice\\n'");
	scene_default("login");
	make_unusual();
	go_through();
	assert_has(scene.shown, "stored: \"alice\"");
	assert_has(scratch_content(scratch("out/signals")), "SigBlk:\t0000000000000000\n");
	assert_has(scratch_content(scratch("out/signals")), "SigIgn:\t0000000000000000\n");
	scene_program("bfabric-pam-login", "exit 1");
	go_through();
	scene_program("bfabric-pam-login", "exec sleep 60");
	scene_conf("env = \xff\n");
	go_through();
	make_usual();
}

/* An application that wants to know of no child has ours reaped by the kernel. */
static void test_ignored_children(void **state)
{
	(void)state;
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_default("login");
	signal(SIGCHLD, SIG_IGN);
	go_through();
	assert_string_equal(scene.log, "");
	signal(SIGCHLD, SIG_DFL);
}

/* A child of the application is its own. */
static void test_other_children_are_not_reaped(void **state)
{
	pid_t other = fork();
	int status = 0;

	(void)state;
	if (other == 0)
		_exit(7);
	assert_true(other > 0);
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_default("login");
	go_through();
	assert_int_equal(waitpid(other, &status, 0), other);
	assert_int_equal(WEXITSTATUS(status), 7);
}

/* Standard descriptors that an application has closed are not ours to fill. */
static int without_descriptors(void *unused)
{
	(void)unused; /* the scene is inherited */
	CHECK(pam_start_confdir("login", scene_user(), &(struct pam_conv){0}, scratch("pam.d"),
		      &scene.pamh) == PAM_SUCCESS);
	close(0);
	close(1);
	close(2);
	CHECK(pam_open_session(scene.pamh, 0) == PAM_SUCCESS);
	CHECK(fcntl(0, F_GETFD) == -1 && fcntl(1, F_GETFD) == -1 && fcntl(2, F_GETFD) == -1);
	pam_end(scene.pamh, PAM_SUCCESS);
	return strstr(scene_asked("bfabric-full"), "operation=refresh") ? 0 : __LINE__;
}

static void test_without_descriptors(void **state)
{
	(void)state;
	scene_program("bfabric-full", "echo status=OK; echo valid=yes");
	scene_default("login");
	assert_int_equal(in_child(without_descriptors, NULL), 0);
}

static int lines_of(const char *path)
{
	FILE *f = fopen(path, "r");
	int count = 0;

	assert_non_null(f);
	for (int c; (c = fgetc(f)) != EOF;)
		count += c == '\n';
	fclose(f);
	return count;
}

static void test_loaded_and_unloaded(void **state)
{
	int maps = 0;

	(void)state;
	for (int i = 0; i < 100; i++) {
		void *module = dlopen(BF_PAM_MODULE, RTLD_NOW);

		if (!module)
			fail_msg("%s", dlerror());
		assert_non_null(dlsym(module, "pam_sm_open_session"));
		assert_int_equal(dlclose(module), 0);
		assert_null(dlopen(BF_PAM_MODULE, RTLD_NOW | RTLD_NOLOAD));
		if (i == 10)
			maps = lines_of("/proc/self/maps");
	}
	assert_in_range(lines_of("/proc/self/maps"), 1, maps + 2);
}

static void test_early_exits(void **state)
{
	const struct leftovers start = leftovers();

	(void)state;
	scene_default("login");
	for (int i = 0; i < 200; i++) {
		scene_start("login", i % 2 ? "root" : "bfabric-no-such-user");
		for (int j = 0; j < 50; j++) {
			(void)pam_authenticate(scene.pamh, 0); /* by their stack */
			(void)pam_open_session(scene.pamh, 0);
			(void)pam_close_session(scene.pamh, 0);
		}
		scene_end();
	}
	assert_nothing_left(start);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_state_stays),
		unit_in_scene(test_ignored_children),
		unit_in_scene(test_other_children_are_not_reaped),
		unit_in_scene(test_without_descriptors),
		unit_in_scene(test_loaded_and_unloaded),
		unit_in_scene(test_early_exits),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
