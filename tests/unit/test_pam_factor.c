/* B-Fabric as a factor of authentication: who is asked, how, and what each stack makes of it. */
#include "unit.h"
#include "pam_factor_scene.h"

#include <fcntl.h>
#include <security/pam_modules.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pam_state.h"

static const int all_flags[] = {0, PAM_DISALLOW_NULL_AUTHTOK};

static void assert_nothing_leaks(void)
{
	assert_lacks(scene.log, "WDJB");
	assert_lacks(scene.log, "CANARY");
	assert_lacks(scene.shown, "CANARY");
}

static void test_approved(void **state)
{
	static const struct {
		const char *service, *arguments;
		int prompts;
	} cases[] = {{"gdm-password", "", 1}, {"lightdm", "", 1}, {"login", "", 0},
		{"login", "prompt=enter", 1}, {"gdm-password", "prompt=info", 0},
		{"sshd", "remote=second-factor", 1}};
	const struct leftovers before = leftovers();
	char wanted[512];

	(void)state;
	factor_conf("");
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		factor_child(CODE "printf 'wait\\t4\\n'; " APPROVED);
		scene_alone(cases[i / 2].service, cases[i / 2].arguments);
		assert_int_equal(
			factor_ask(cases[i / 2].service, NULL, all_flags[i % 2]), PAM_SUCCESS);
		assert_int_equal(scene.prompts, cases[i / 2].prompts);
		snprintf(wanted, sizeof(wanted), "B-Fabric login for %s on ", scene_user());
		assert_has(scene.shown, wanted);
		snprintf(wanted, sizeof(wanted), " (%s): open this page", cases[i / 2].service);
		assert_has(scene.shown, wanted);
		assert_has(scene.shown, "  https://h.example.org/bfabric/device\n");
		assert_has(scene.shown, "and enter this code: WDJB-MJHT\n");
		assert_has(scene.shown, "Approve only a login that you began yourself");
		assert_has(scene.log, "code shown to user");
		assert_has(scene.log, "approved it, by \"id_token\"");
		assert_nothing_leaks();
	}
	assert_nothing_stays(before);
}

static void test_what_the_child_is_asked(void **state)
{
	char wanted[512];

	(void)state;
	factor_conf("allowed_groups = lab  staff\nenv = LAB\nscope = api:read\n");
	factor_child(CODE APPROVED);
	scene_alone("gdm-password", "remote=second-factor");
	assert_int_equal(factor_ask("gdm-password", "10.0.0.7", 0), PAM_SUCCESS);
	snprintf(wanted, sizeof(wanted),
		"mode=auth\nbase_url=https://h.example.org/bfabric\nclient_id=CLI\nscope=api:read\n"
		"claim=preferred_username\nexpect[]=%s\ngroup[]=lab\ngroup[]=staff\ntimeout=5\n"
		"user=%s\nservice=gdm-password\nhost=10.0.0.7\n",
		scene_user(), scene_user());
	assert_int_equal(strncmp(scene_asked("bfabric-pam-login"), wanted, strlen(wanted)), 0);
	assert_has(scene.shown, "(gdm-password), asked for from 10.0.0.7: open");
	/* what a remote name service says cannot draw on a screen, or break a line */
	factor_child(CODE APPROVED);
	assert_int_equal(factor_ask("gdm-password", "evil\033[2J\nuser=root\"", 0), PAM_SUCCESS);
	assert_has(scene.shown, "asked for from evil?[2J?user=root': open");
	assert_has(scene_asked("bfabric-pam-login"), "host=evil?[2J?user=root'\n");
	/* the token was kept for a session that never came, and is given back */
	assert_int_equal(factor_revoked(), 1);
}

static void test_silence_starts_nothing(void **state)
{
	(void)state;
	factor_conf("");
	factor_child(CODE APPROVED);
	scene_alone("gdm-password", "");
	assert_int_equal(factor_ask("gdm-password", NULL, PAM_SILENT), PAM_AUTH_ERR);
	assert_int_equal(factor_ask("gdm-password", NULL, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK),
		PAM_AUTH_ERR);
	scene.mood = SCENE_NOBODY;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "CANCELLED \"no code could be shown\"");
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
	assert_string_equal(scene.shown, "");
}

/* ---- Enter ----------------------------------------------------------------------------------- */

static void go_at_the_second(int count)
{
	if (count == 2)
		scratch_file("out/go", "", 0644);
}

static void test_enter_too_early(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE WAIT_FOR("go") APPROVED);
	scene.at_prompt = go_at_the_second;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
	assert_int_equal(scene.prompts, 2);
	assert_has(scene.shown, "has not seen an approval yet");
	assert_nothing_leaks();
	scene.at_prompt = NULL;
	factor_child(CODE "exec sleep 20");
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_int_equal(scene.prompts, 2);
	assert_has(scene.log, "CANCELLED \"it was skipped\"");
}

/* lightdm answers with nothing; sshd's method `password` fails: the code is shown once at most. */
static void test_conversations_without_a_person(void **state)
{
	static const enum scene_mood moods[] = {SCENE_SHOWS, SCENE_DROPS, SCENE_FAILS};

	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	scene.typed = NULL;
	for (size_t i = 0; i < 3; i++) {
		factor_child(CODE APPROVED);
		scene.mood = moods[i];
		assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
		assert_int_equal(scene.prompts, moods[i] == SCENE_FAILS ? 0 : 1);
		assert_has(scene.log, "CANCELLED \"no code could be shown\"");
		assert_nothing_leaks();
		factor_child(CODE "exec sleep 20");
		assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	}
}

static void wait_for_said(int count)
{
	(void)count;
	for (int i = 0; i < 1000 && !scratch_exists(scratch("out/said")); i++)
		usleep(10000);
}

/* Handed over while the question was open, which nobody answers: nobody else has it. */
static void test_a_token_that_nobody_wants(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED "echo >\"$out/said\"");
	scene.typed = NULL;
	scene.at_prompt = wait_for_said;
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_int_equal(factor_revoked(), 1);
	assert_has(scene_asked("bfabric-pam-login"), "token={\"access_token\":\"CANARY\"}\n");
	assert_nothing_leaks();
}

/* ---- from where ------------------------------------------------------------------------------ */

static void test_remote(void **state)
{
	static const struct {
		const char *service, *host, *arguments;
		bool asked;
	} cases[] = {{"gdm-password", NULL, "", true}, {"gdm-password", "", "", true},
		{"gdm-password", "localhost", "", true}, {"gdm-password", "127.1.2.3", "", true},
		{"gdm-password", "::1", "", true}, {"gdm-password", "10.0.0.7", "", false},
		{"gdm-password", "127.0.0.1.evil.org", "", false},
		{"gdm-password", "localhost.evil.org", "", false},
		{"gdm-password", "::2", "", false}, {"gdm-password", "127.1", "", false},
		{"sshd", NULL, "", false}, {"sshd", "127.0.0.1", "", false},
		{"sshd", "10.0.0.7", "remote=refuse", false},
		{"sshd", "10.0.0.7", "remote=second-factor", true}};

	(void)state;
	factor_conf("");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		factor_child(CODE APPROVED);
		scene_alone(cases[i].service, cases[i].arguments);
		assert_int_equal(factor_ask(cases[i].service, cases[i].host, 0),
			cases[i].asked ? PAM_SUCCESS : PAM_AUTH_ERR);
		if (!cases[i].asked) {
			assert_has(scene.log, "set remote=second-factor");
			assert_string_equal(scene_asked("bfabric-pam-login"), "");
		}
	}
}

/* ---- stacks ---------------------------------------------------------------------------------- */

static void test_documented_stacks(void **state)
{
	static const char *const bodies[] = {CODE APPROVED, CODE FAILED("DENIED", "no"),
		FAILED("RETRY_LATER", "no route"), FAILED("BAD_CONFIG", "no such client")};
	static const struct {
		const char *stack;
		int wanted[4]; /* by what the child says */
	} cases[] = {
		{PRIMARY "auth required pam_permit.so\n",
			{PAM_SUCCESS, PAM_AUTH_ERR, PAM_SUCCESS, PAM_SUCCESS}},
		{PRIMARY "auth required pam_deny.so\n",
			{PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTH_ERR}},
		{"auth required pam_permit.so\n" SECOND,
			{PAM_SUCCESS, PAM_AUTH_ERR, PAM_AUTHINFO_UNAVAIL, PAM_SERVICE_ERR}},
		{"auth required pam_deny.so\n" SECOND,
			{PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTH_ERR, PAM_AUTH_ERR}},
	};

	(void)state;
	factor_conf("");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scene_stack("gdm-password", cases[i].stack);
		for (size_t k = 0; k < 4; k++) {
			factor_child(bodies[k]);
			assert_int_equal(factor_ask("gdm-password", NULL, 0), cases[i].wanted[k]);
			assert_nothing_leaks();
		}
	}
	/* a wrong password before it: nobody is asked for anything */
	factor_child(CODE APPROVED);
	scene_stack("gdm-password", "auth requisite pam_deny.so\n" SECOND);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static int manage(const char *user_then)
{
	int rc;

	scene_forget();
	scene_start("gdm-password", scene_user());
	rc = pam_authenticate(scene.pamh, 0);
	if (user_then)
		assert_int_equal(pam_set_item(scene.pamh, PAM_USER, user_then), PAM_SUCCESS);
	(void)rc; /* an application may go on after whatever it was told */
	rc = pam_acct_mgmt(scene.pamh, 0);
	scene_end();
	return rc;
}

static void test_account(void **state)
{
	(void)state;
	scene_alone("gdm-password", "");
	factor_conf("allowed_groups = lab\n");
	factor_child(CODE APPROVED);
	assert_int_equal(manage(NULL), PAM_SUCCESS);
	factor_child(CODE FAILED("FORBIDDEN", "in none of the groups"));
	assert_int_equal(manage(NULL), PAM_PERM_DENIED);
	assert_has(scene.log, "FORBIDDEN \"in none of the groups\"");
	assert_has(scene.log, "allowed_groups: refused");
	factor_conf("");
	assert_int_equal(manage(NULL), PAM_PERM_DENIED); /* alone in a stack: PAM_IGNORE */
	assert_lacks(scene.log, "allowed_groups");
	factor_child(CODE APPROVED);
	assert_int_equal(manage("root"), PAM_PERM_DENIED); /* PAM_IGNORE as well */
	assert_int_equal(manage("bfabric-no-such-user"), PAM_USER_UNKNOWN);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static struct {
	int depth, refused;
	bool one_host;
} crowd;

/* One more person comes while the one before is still waited for. */
static void one_more(int count)
{
	const struct pam_conv *conv = NULL;
	pam_handle_t *pamh = NULL;
	const void *item = NULL;
	char host[32];

	(void)count;
	snprintf(host, sizeof(host), "10.0.0.%d", crowd.one_host ? 1 : crowd.depth);
	crowd.depth++;
	assert_int_equal(pam_get_item(scene.pamh, PAM_CONV, &item), PAM_SUCCESS);
	conv = item;
	assert_int_equal(
		pam_start_confdir("gdm-password", scene_user(), conv, scratch("pam.d"), &pamh),
		PAM_SUCCESS);
	assert_int_equal(pam_set_item(pamh, PAM_RHOST, host), PAM_SUCCESS);
	if (pam_authenticate(pamh, 0) == PAM_AUTH_ERR)
		crowd.refused++;
	assert_int_equal(pam_end(pamh, PAM_SUCCESS), PAM_SUCCESS);
}

static void test_limits(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "remote=second-factor");
	for (int one_host = 0; one_host < 2; one_host++) {
		crowd.depth = crowd.refused = 0;
		crowd.one_host = one_host;
		scene.at_prompt = one_more;
		factor_child(CODE APPROVED);
		assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
		/* the local one, and as many as there may be besides; one more is refused */
		assert_int_equal(crowd.depth, one_host ? 3 : 4);
		assert_int_equal(crowd.refused, 1);
		assert_has(scene.log, one_host ? "too many are pending already for \"10.0.0.1\""
					       : "too many are pending already for this machine");
		scene.at_prompt = NULL;
		factor_child(CODE APPROVED);
		assert_int_equal(factor_ask("gdm-password", "10.0.0.1", 0), PAM_SUCCESS);
	}
}

static int hold_all(void *ready)
{
	const struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_len = 4};
	int fd = open(scratch("run/flows"), O_RDWR | O_CLOEXEC);

	CHECK(fd >= 0 && fcntl(fd, F_OFD_SETLK, &lock) == 0);
	CHECK(write(*(int *)ready, "x", 1) == 1);
	pause();
	return 0;
}

/* A place is the process that holds it: killed, it leaves nothing that somebody would clean up. */
static void test_a_place_goes_with_its_process(void **state)
{
	int ends[2];
	char byte;
	pid_t pid;

	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		_exit(hold_all(&ends[1]));
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "too many are pending");
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	factor_child(CODE APPROVED);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_SUCCESS);
	close(ends[0]);
	close(ends[1]);
}

static void test_a_directory_that_is_not_ours(void **state)
{
	(void)state;
	factor_conf("");
	scene_alone("gdm-password", "");
	factor_child(CODE APPROVED);
	assert_int_equal(chmod(scratch("run"), 0750), 0);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_int_equal(rmdir(scratch("run")), 0);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_has(scene.log, "systemd-tmpfiles");
	assert_int_equal(mkdir(scratch("run"), 0700), 0);
	assert_int_equal(symlink(scratch("pam.conf"), scratch("run/flows")), 0);
	assert_int_equal(factor_ask("gdm-password", NULL, 0), PAM_AUTH_ERR);
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_approved),
		unit_in_scene(test_what_the_child_is_asked),
		unit_in_scene(test_silence_starts_nothing),
		unit_in_scene(test_enter_too_early),
		unit_in_scene(test_conversations_without_a_person),
		unit_in_scene(test_a_token_that_nobody_wants),
		unit_in_scene(test_remote),
		unit_in_scene(test_documented_stacks),
		unit_in_scene(test_account),
		unit_in_scene(test_limits),
		unit_in_scene(test_a_place_goes_with_its_process),
		unit_in_scene(test_a_directory_that_is_not_ours),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
