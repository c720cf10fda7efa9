/*
 * The stash, as somebody might have arranged it: what is not exactly a file of ours, for this user
 * and service and of the last two minutes, is ignored, and what nobody comes for is given back.
 */
#include "unit.h"
#include "pam_scene.h"
#include "pam_stash_scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHER_BOOT "00000000-0000-0000-0000-000000000000"
#define ZEROS      "00000000000000000000000000000000"

static const struct stash_planted good;

static void test_the_good_one(void **state)
{
	(void)state;
	scene_default("sshd");
	stash_plant(STASH_PLANTED, &good);
	stash_open_session("sshd", STASH_HANDLE);
	assert_delivered_once();
	assert_int_equal(stash_files(), 0);
}

/* It lies there, as good as it can be; the name leads to it by no detour. */
static void test_names(void **state)
{
	static const char *const names[] = {"", "/", ".", "..", "0",
		"0123456789ABCDEF0123456789ABCDEF", STASH_HANDLE "0", STASH_HANDLE "/",
		"./" STASH_HANDLE, "../run/" STASH_HANDLE, "0123456789abcdef0123456789abcde",
		"0123456789abcdef0123456789abcdeg", STASH_HANDLE ".new", ZEROS, "%s%n", "\xff",
		" " STASH_HANDLE, "/../../../../../../etc/../passwd"};
	char absolute[512];

	(void)state;
	scene_default("sshd");
	stash_plant(STASH_PLANTED, &good);
	stash_plant(STASH_PLANTED ".new", &good);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		stash_open_session("sshd", names[i]);
	snprintf(absolute, sizeof(absolute), "%s", scratch(STASH_PLANTED));
	stash_open_session("sshd", absolute);
	assert_not_delivered();
	assert_has(scene.log, "that is no name of ours");
	assert_int_equal(stash_files(), 2);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

/* Not to a service that has no stash. */
static void test_other_services(void **state)
{
	(void)state;
	scene_default("login");
	scene_default("sshd");
	stash_plant(STASH_PLANTED, &(struct stash_planted){.service = "login"});
	stash_open_session("login", STASH_HANDLE);
	stash_open_session("sshd", STASH_HANDLE);
	assert_not_delivered();
	assert_int_equal(stash_files(), 1);
}

static void test_for_somebody_else(void **state)
{
	static const struct stash_planted planted[] = {
		{.uid = 54321},
		{.service = "gdm-password"},
		{.base_url = "https://other.example.org/bfabric"},
		{.client_id = "OTHER"},
	};

	(void)state;
	scene_default("sshd");
	for (size_t i = 0; i < sizeof(planted) / sizeof(planted[0]); i++) {
		scene_forget();
		stash_plant(STASH_PLANTED, &planted[i]);
		stash_open_session("sshd", STASH_HANDLE);
		assert_not_delivered();
		assert_has(scene.log, "for another user, service or server");
		assert_int_equal(stash_files(), 1);
	}
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_not_a_file_of_ours(void **state)
{
	static const mode_t modes[] = {0644, 0640, 0660, 0602, 0400, 0700, 04600, 0};

	(void)state;
	scene_default("sshd");
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(stash_plant(STASH_PLANTED, &good), modes[i]), 0);
		stash_open_session("sshd", STASH_HANDLE);
		assert_int_equal(unlink(scratch(STASH_PLANTED)), 0);
	}
	stash_plant(STASH_PLANTED, &good);
	assert_int_equal(link(scratch(STASH_PLANTED), scratch("second")), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_int_equal(unlink(scratch(STASH_PLANTED)), 0);
	assert_int_equal(symlink(scratch("second"), scratch(STASH_PLANTED)), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_has(scene.log, "is a symbolic link");
	assert_int_equal(unlink(scratch(STASH_PLANTED)), 0);
	assert_int_equal(mkfifo(scratch(STASH_PLANTED), 0600), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_int_equal(unlink(scratch(STASH_PLANTED)), 0);
	assert_int_equal(mkdir(scratch(STASH_PLANTED), 0600), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_not_delivered();
	assert_has(scene.log, "is not a file that pam_bfabric wrote");
}

static void test_damaged(void **state)
{
	const size_t whole = strlen(scratch_content(stash_plant(STASH_PLANTED, &good)));
	char *zeros = calloc(1, 100001);

	(void)state;
	scene_default("sshd");
	assert_non_null(zeros);
	for (size_t len = 0; len < whole; len += len + 8 < whole && len > 8 ? 7 : 1) {
		stash_plant(STASH_PLANTED, &good);
		assert_int_equal(truncate(scratch(STASH_PLANTED), (off_t)len), 0);
		stash_open_session("sshd", STASH_HANDLE);
	}
	stash_plant(STASH_PLANTED, &(struct stash_planted){.more = "version=1\n"});
	stash_open_session("sshd", STASH_HANDLE);
	stash_plant(STASH_PLANTED, &(struct stash_planted){.more = "future=1\n"});
	stash_open_session("sshd", STASH_HANDLE);
	stash_plant(STASH_PLANTED, &(struct stash_planted){.more = "\n"});
	stash_open_session("sshd", STASH_HANDLE);
	memset(zeros, 'a', 100000);
	scratch_file(STASH_PLANTED, zeros, 0600);
	stash_open_session("sshd", STASH_HANDLE);
	free(zeros);
	assert_not_delivered();
	assert_int_equal(stash_files(), 1); /* young: it may be somebody's who is writing */
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_the_directory(void **state)
{
	static const mode_t modes[] = {0755, 0750, 0701, 01700, 0500};

	(void)state;
	scene_default("sshd");
	stash_plant(STASH_PLANTED, &good);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		assert_int_equal(chmod(scratch("run"), modes[i]), 0);
		stash_open_session("sshd", STASH_HANDLE);
	}
	assert_has(scene.log, "with mode 0700");
	assert_int_equal(chmod(scratch("run"), 0700), 0);
	assert_int_equal(rename(scratch("run"), scratch("elsewhere")), 0);
	assert_int_equal(symlink(scratch("elsewhere"), scratch("run")), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_int_equal(unlink(scratch("run")), 0);
	stash_open_session("sshd", STASH_HANDLE);
	assert_has(scene.log, "systemd-tmpfiles");
	assert_not_delivered();
}

static void assert_given_back(int times)
{
	assert_int_equal(stash_asked("bfabric-pam-login", "mode=revoke\n"), times);
	assert_int_equal(stash_asked("bfabric-pam-login", "token=" STASH_TOKEN "\n"), times);
	assert_int_equal(stash_asked("bfabric-pam-login",
				 "base_url=https://h.example.org/bfabric\nclient_id=CLI\n"),
		times);
}

static void test_too_old(void **state)
{
	static const struct stash_planted planted[] = {
		{.age_ms = 121000},
		{.age_ms = -5000},
		{.boot = OTHER_BOOT},
	};

	(void)state;
	scene_default("sshd");
	for (int i = 0; i < 3; i++) {
		scene_forget();
		stash_plant(STASH_PLANTED, &planted[i]);
		stash_open_session("sshd", STASH_HANDLE);
		assert_has(scene.log, "it is too old");
		assert_has(scene.log, "a login that reached nobody was revoked");
		assert_int_equal(stash_files(), 0);
		assert_given_back(i + 1);
	}
	assert_not_delivered();
	stash_plant(STASH_PLANTED, &(struct stash_planted){.age_ms = 100000});
	stash_open_session("sshd", STASH_HANDLE);
	assert_delivered_once();
}

/* A few at each call, and nothing of others. */
static void test_swept_in_passing(void **state)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	char name[64];

	(void)state;
	scene_default("sshd");
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "run/%032d", i + 1);
		stash_plant(name, &(struct stash_planted){.boot = OTHER_BOOT});
	}
	scratch_file("run/limits", "somebody's", 0600);
	scratch_file("run/" ZEROS "x", "somebody's", 0600);
	stash_plant(STASH_PLANTED, &good);
	stash_open_session("sshd", STASH_HANDLE);
	assert_delivered_once();
	assert_given_back(4);
	assert_int_equal(stash_files(), 4);
	stash_open_session("sshd", STASH_HANDLE);
	assert_given_back(6);
	assert_int_equal(stash_files(), 2);
	/* what a crash left: half a file, and a whole one that never got its name */
	utimensat(AT_FDCWD, scratch_file(STASH_PLANTED ".new", "version=1\nuid=10", 0600), old, 0);
	stash_plant("run/" ZEROS ".new", &(struct stash_planted){.age_ms = 200000});
	stash_open_session("sshd", ZEROS);
	assert_given_back(7);
	assert_has(scene.log, "a damaged file was removed");
	assert_int_equal(stash_files(), 2);
	assert_lacks(scene.log, STASH_CANARY);
}

/* Which server it would be given back to is not known any more. */
static void test_configuration_changed(void **state)
{
	(void)state;
	scene_default("sshd");
	stash_plant(
		STASH_PLANTED, &(struct stash_planted){.boot = OTHER_BOOT, .client_id = "BEFORE"});
	stash_open_session("sshd", ZEROS);
	assert_has(scene.log, "stays valid at the server");
	assert_given_back(0);
	assert_int_equal(stash_files(), 0);
}

/* The server is away, or the child is not what it should be: said once, and the session opens. */
static void test_not_given_back(void **state)
{
	static const char *const bodies[] = {
		"printf 'failed\\tRETRY_LATER\\tno server\\n'", "exit 1", "echo token"};

	(void)state;
	scene_default("sshd");
	for (size_t i = 0; i < 3; i++) {
		scene_forget();
		scene_program("bfabric-pam-login", bodies[i]);
		stash_plant(STASH_PLANTED, &(struct stash_planted){.boot = OTHER_BOOT});
		stash_open_session("sshd", ZEROS);
		assert_has(scene.log, "could not be revoked and may stay valid");
		assert_int_equal(stash_files(), 0);
	}
}

/* By the timer: everything, and nothing that somebody may still come for. */
static void test_swept_by_the_program(void **state)
{
	char command[1024], name[64];

	(void)state;
	for (int i = 0; i < 6; i++) {
		snprintf(name, sizeof(name), "run/%032d", i + 1);
		stash_plant(name, &(struct stash_planted){.age_ms = 130000});
	}
	stash_plant(STASH_PLANTED, &good);
	snprintf(command, sizeof(command), BF_PAM_SWEEP " %s 2>%s", scratch("pam.conf"),
		scratch("said"));
	assert_int_equal(system(command), 0);
	assert_int_equal(stash_files(), 1);
	assert_given_back(6);
	assert_has(scratch_content(scratch("said")), "a login that reached nobody was revoked\n");
	assert_lacks(scratch_content(scratch("said")), STASH_CANARY);
	assert_int_equal(chmod(scratch("run"), 0755), 0);
	assert_int_not_equal(system(command), 0);
	assert_has(scratch_content(scratch("said")), "with mode 0700");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_stash(test_the_good_one),
		unit_in_stash(test_names),
		unit_in_stash(test_other_services),
		unit_in_stash(test_for_somebody_else),
		unit_in_stash(test_not_a_file_of_ours),
		unit_in_stash(test_damaged),
		unit_in_stash(test_the_directory),
		unit_in_stash(test_too_old),
		unit_in_stash(test_swept_in_passing),
		unit_in_stash(test_swept_by_the_program),
		unit_in_stash(test_configuration_changed),
		unit_in_stash(test_not_given_back),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
