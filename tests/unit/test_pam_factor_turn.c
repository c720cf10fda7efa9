/* What turns while somebody is asked: the time, the user, the rules; and what was not ours to end.
 */
#include "unit.h"
#include "pam_factor_scene.h"

#include <errno.h>
#include <fcntl.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOUR 3600

/* ---- time ------------------------------------------------------------------------------------ */

static time_t passed; /* seconds that the module's clocks are ahead */

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, struct timespec *ret);
int clock_gettime(clockid_t clock, struct timespec *ret)
{
	const int rc = (int)syscall(SYS_clock_gettime, clock, ret);

	ret->tv_sec += passed;
	return rc;
}

static void hesitate(int count)
{
	(void)count;
	passed = HOUR;
}

static void hesitate_at_the_second(int count)
{
	if (count == 2) {
		scratch_file("out/go", "", 0644);
		passed = HOUR;
	}
}

/* Who approved is not who presses Enter an hour later; their token was given back meanwhile. */
static void test_an_answer_that_comes_too_late(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	scene.at_prompt = hesitate;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "TIMEOUT");
	passed = 0;
	factor_child(CODE WAIT_FOR("go") APPROVED);
	scene.at_prompt = hesitate_at_the_second;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_int_equal(scene.prompts, 2);
	assert_has(scene.log, "TIMEOUT");
	passed = 0;
	scene.at_prompt = NULL;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
}

/* ---- user and rules -------------------------------------------------------------------------- */

static void become_root(int count)
{
	(void)count;
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, "root"), PAM_SUCCESS);
}

/* What was approved is a login of who logged in then. */
static void test_another_user_meanwhile(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	scene.at_prompt = become_root;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "another user");
	assert_int_equal(factor_revoked(), 1);
}

/* The groups of one line were asked for, not those of the other. */
static void test_other_groups_in_account(void **state)
{
	char lines[1024];

	(void)state;
	factor_conf("allowed_groups = everybody\n");
	rename(scratch("pam.conf"), scratch("easy.conf"));
	factor_conf("allowed_groups = lab\n");
	snprintf(lines, sizeof(lines),
		"auth required %s unprivileged config=%s\naccount required @\n", BF_PAM_MODULE,
		scratch("easy.conf"));
	scene_stack("gdm-password", lines);
	factor_child(CODE APPROVED);
	scene_start("gdm-password", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_acct_mgmt(scene.pamh, 0), PAM_PERM_DENIED);
	scene_end();
	snprintf(lines, sizeof(lines),
		"auth required @\naccount required %s unprivileged config=%s\n", BF_PAM_MODULE,
		scratch("easy.conf"));
	scene_stack("gdm-password", lines);
	factor_child(CODE APPROVED); /* the one before was asked to give back */
	scene_start("gdm-password", scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	factor_conf("");
	rename(scratch("pam.conf"), scratch("easy.conf"));
	assert_int_equal(
		pam_acct_mgmt(scene.pamh, 0), PAM_SUCCESS); /* nothing is asked for there */
	scene_end();
}

/* ---- the log --------------------------------------------------------------------------------- */

/* Names are chosen by whoever registers: they cannot write a line that looks like ours. */
static void test_a_name_stays_quoted(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("login", "");
	factor_child(CODE IDENTITY("x: login stored for user \"root\"") TOKEN);
	assert_int_equal(factor_ask("login", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "\"x: login stored for user 'root'\"");
	assert_lacks(scene.log, "user \"root\"");
}

/* ---- descriptors and processes --------------------------------------------------------------- */

static bool clean; /* the file of pending logins is no standard stream */

static void look_at_streams(int count)
{
	struct stat file = {0}, stream = {0};

	(void)count;
	assert_int_equal(stat(scratch("run/flows"), &file), 0);
	clean = true;
	for (int fd = 0; fd < 3; fd++)
		if (fstat(fd, &stream) == 0 && stream.st_ino == file.st_ino &&
			stream.st_dev == file.st_dev)
			clean = false;
}

/* What the application prints then does not get into a file of ours. */
static void test_streams_that_are_closed(void **state)
{
	int saved[3];
	int rc;

	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	scene.at_prompt = look_at_streams;
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++) {
		saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		close(fd);
	}
	rc = factor_ask("gdm-password", NULL, 0);
	for (int fd = 0; fd < 3; fd++)
		if (saved[fd] >= 0) {
			dup2(saved[fd], fd);
			close(saved[fd]);
		}
	assert_int_equal(rc, PAM_SUCCESS);
	assert_true(clean);
}

static pid_t killed;

__attribute__((visibility("default"))) int kill(pid_t pid, int number);
int kill(pid_t pid, int number)
{
	killed = pid;
	return (int)syscall(SYS_kill, pid, number);
}

static void wait_for_its_end(int count)
{
	(void)count;
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
}

/* Where the application lets the kernel reap, the number of a child may be somebody else's. */
static void test_nobody_else_is_stopped(void **state)
{
	void (*before)(int) = signal(SIGCHLD, SIG_IGN);

	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE FAILED("DENIED", "no"));
	scene.at_prompt = wait_for_its_end;
	killed = 0;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	signal(SIGCHLD, before);
	assert_int_equal(killed, 0);
}

/* Who starts a setuid program chooses its limits, but not those of a child that asks the server. */
static void test_few_descriptors(void **state)
{
	struct rlimit before = {0}, few;
	const char *said;
	int rc;

	(void)state;
	factor_conf("");
	scene_alone("login", "");
	factor_child("ulimit -n >\"$out/limit\"; " CODE APPROVED);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = before;
	few.rlim_cur = 24;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	rc = factor_ask("login", NULL, 0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	assert_int_equal(rc, PAM_SUCCESS);
	said = scratch_content(scratch("out/limit"));
	assert_non_null(said);
	assert_true(atoi(said) >= 64);
}

/* As a second factor, a service that is left out lets everybody in: not without a word. */
static void test_a_service_that_is_left_out(void **state)
{
	(void)state;
	factor_conf("services = sshd\n");
	scene_stack("xrdp", "auth required pam_permit.so\n" SECOND);
	factor_child(CODE APPROVED);
	assert_int_equal(factor_ask("xrdp", NULL, 0), PAM_SUCCESS);
	assert_has(scene.log, "`services` lacks \"xrdp\"");
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_an_answer_that_comes_too_late),
		unit_in_scene(test_another_user_meanwhile),
		unit_in_scene(test_other_groups_in_account),
		unit_in_scene(test_a_name_stays_quoted),
		unit_in_scene(test_streams_that_are_closed),
		unit_in_scene(test_nobody_else_is_stopped),
		unit_in_scene(test_few_descriptors),
		unit_in_scene(test_a_service_that_is_left_out),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
