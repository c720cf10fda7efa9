/* Who is none of ours, and what is answered where nobody was asked: never yes. */
#include "unit.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Alone in a stack, PAM_IGNORE leaves nobody who said yes. */
#define IGNORED PAM_PERM_DENIED

static const int all_flags[] = {
	0, PAM_SILENT, PAM_DISALLOW_NULL_AUTHTOK, PAM_SILENT | PAM_DISALLOW_NULL_AUTHTOK};
#define FLAGS (sizeof(all_flags) / sizeof(all_flags[0]))

static int authenticate(const char *service, const char *user, int flags)
{
	int rc;

	scene_start(service, user);
	rc = pam_authenticate(scene.pamh, flags);
	scene_end();
	return rc;
}

/* It is not configured who is who, and from elsewhere not even that is looked at. */
static void test_without_configuration_nobody_is_asked(void **state)
{
	static const char *const services[] = {"login", "sshd", "gdm-password", "lightdm"};

	(void)state;
	scene_program("bfabric-pam-login", "exit 1");
	for (size_t s = 0; s < 4; s++) {
		const bool remote = strcmp(services[s], "sshd") == 0;

		scene_alone(services[s], "");
		for (size_t i = 0; i < FLAGS; i++) {
			scene_forget();
			assert_int_equal(authenticate(services[s], scene_user(), all_flags[i]),
				remote ? PAM_AUTH_ERR : PAM_SERVICE_ERR);
			assert_has(scene.log, remote ? "remote=second-factor" : "set map_file");
			assert_string_equal(scene.shown, "");
		}
	}
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
}

static void test_mark_and_acquire_say_nothing(void **state)
{
	(void)state;
	scene_alone("login", "mark");
	for (size_t i = 0; i < FLAGS; i++)
		assert_int_equal(authenticate("login", scene_user(), all_flags[i]), IGNORED);
	assert_string_equal(scene.log, "");
	scene_alone("login", "acquire");
	assert_int_equal(authenticate("login", scene_user(), 0), IGNORED);
	assert_string_equal(scene.shown, "");
	assert_int_equal(scene.prompts, 0);
}

/* The stacks of the manual, not configured: the password decides, the second factor fails closed.
 */
static void test_documented_stacks(void **state)
{
	static const char primary[] =
		"auth [success=done authinfo_unavail=ignore service_err=ignore ignore=ignore "
		"user_unknown=ignore default=die] @\nauth required %s\n";
	static const char second[] = "auth required pam_permit.so\n"
				     "auth [success=ok ignore=ignore default=die] @\n";
	char lines[512];

	(void)state;
	snprintf(lines, sizeof(lines), primary, "pam_permit.so");
	scene_stack("login", lines);
	assert_int_equal(authenticate("login", scene_user(), 0), PAM_SUCCESS);
	snprintf(lines, sizeof(lines), primary, "pam_deny.so");
	scene_stack("login", lines);
	assert_int_equal(authenticate("login", scene_user(), 0), PAM_AUTH_ERR);
	scene_stack("login", second);
	assert_int_equal(authenticate("login", scene_user(), 0), PAM_SERVICE_ERR);
	assert_int_equal(authenticate("login", "root", 0), PAM_SUCCESS);
}

/* Debian: common-auth is included, ours is behind what decided. RHEL: a substack. */
static void test_wrong_password(void **state)
{
	static const char *const layouts[] = {
		"auth include $common-auth\nsession include $common-session\n",
		"auth substack $common-auth\nauth required pam_permit.so\n"
		"session include $common-session\n",
	};

	(void)state;
	scene_program("bfabric-full", "echo status=OK");
	scene_program("bfabric-pam-login", "echo");
	scene_stack("common-session", "session required pam_permit.so\nsession optional @\n");
	scene_stack("common-auth", "auth [success=1 default=ignore] pam_deny.so\n"
				   "auth requisite pam_deny.so\nauth required pam_permit.so\n"
				   "auth optional @ mark\n");
	for (size_t i = 0; i < 2; i++) {
		scene_stack("login", layouts[i]);
		assert_int_equal(authenticate("login", scene_user(), 0), PAM_AUTH_ERR);
		assert_string_equal(scene_asked("bfabric-full"), "");
		assert_string_equal(scene_asked("bfabric-pam-login"), "");
		assert_string_equal(scene.log, "");
	}
}

/* Nothing is opened for them: a configuration that would be complained about is not even seen. */
static void test_none_of_ours(void **state)
{
	static const struct {
		const char *service, *user;
	} cases[] = {{"login", "root"}, {"login", "daemon"}, {"sudo", NULL}, {"su", NULL},
		{"su-l", NULL}, {"cron", NULL}, {"crond", NULL}, {"systemd-user", NULL},
		{"polkit-1", NULL}, {"runuser", NULL}, {"gdm-autologin", NULL},
		{"lightdm-autologin", NULL}};

	(void)state;
	assert_int_equal(chmod(scratch("pam.conf"), 0666), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *user = cases[i].user ? cases[i].user : scene_user();

		scene_alone(cases[i].service, "");
		scene_start(cases[i].service, user);
		/* first: afterwards libpam goes by what authenticate said */
		assert_int_equal(pam_setcred(scene.pamh, PAM_ESTABLISH_CRED), PAM_SUCCESS);
		assert_int_equal(pam_authenticate(scene.pamh, 0), IGNORED);
		assert_int_equal(pam_acct_mgmt(scene.pamh, 0), IGNORED);
		assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
		assert_string_equal(scene.log, "");
		scene_end();
	}
}

/* Without the argument that only a person's own stacks have, an ordinary user gets nothing done. */
static void test_a_locker_is_left_alone(void **state)
{
	char lines[1024];

	(void)state;
	assert_int_equal(chmod(scratch("pam.conf"), 0666), 0);
	snprintf(lines, sizeof(lines),
		"auth required %s config=%s\naccount required %s\nsession required %s\n",
		BF_PAM_MODULE, scratch("pam.conf"), BF_PAM_MODULE, BF_PAM_MODULE);
	scene_stack("login", lines);
	scene_start("login", scene_user());
	assert_int_equal(pam_setcred(scene.pamh, PAM_REINITIALIZE_CRED), PAM_SUCCESS);
	assert_int_equal(pam_authenticate(scene.pamh, 0), IGNORED);
	assert_int_equal(pam_acct_mgmt(scene.pamh, 0), IGNORED);
	assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
	assert_string_equal(scene.log, "");
	scene_end();
}

static void test_unknown_user(void **state)
{
	(void)state;
	scene_alone("login", "");
	assert_int_equal(authenticate("login", "bfabric-no-such-user", 0), PAM_USER_UNKNOWN);
	scene_start("login", "bfabric-no-such-user");
	assert_int_equal(pam_open_session(scene.pamh, 0), IGNORED);
	scene_end();
}

static void test_broken_configuration(void **state)
{
	(void)state;
	scene_alone("login", "");
	assert_int_equal(chmod(scratch("pam.conf"), 0664), 0);
	assert_int_equal(authenticate("login", scene_user(), 0), PAM_SERVICE_ERR);
	assert_has(scene.log, "can be written by others");
	assert_int_equal(unlink(scratch("pam.conf")), 0);
	assert_int_equal(authenticate("login", scene_user(), 0), PAM_SERVICE_ERR);
	scene_conf("");
	scene_forget();
	scene_alone("login", "timeout=soon mark future");
	assert_int_equal(authenticate("login", scene_user(), 0) == PAM_SUCCESS, 0);
	assert_has(scene.log, "timeout=");
	scene_forget();
	scene_alone("login", "mark future");
	assert_int_equal(authenticate("login", scene_user(), 0), IGNORED);
	assert_has(scene.log, "unknown module argument \"future\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_without_configuration_nobody_is_asked),
		unit_in_scene(test_mark_and_acquire_say_nothing),
		unit_in_scene(test_documented_stacks),
		unit_in_scene(test_wrong_password),
		unit_in_scene(test_none_of_ours),
		unit_in_scene(test_a_locker_is_left_alone),
		unit_in_scene(test_unknown_user),
		unit_in_scene(test_broken_configuration),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
