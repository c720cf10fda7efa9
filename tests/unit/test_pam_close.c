/* What a session brought goes with it: accounts of several people, and revoke_on_close. */
#include "unit.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "pam_state.h"

#define NAME_LEN 32
#define NO_HINT  "There is no valid B-Fabric login.\n"
#define STORED   "printf 'stored\\talice\\n'"

/* Each question of the store in its own file: refresh, adopt, close. */
#define ANSWERS(close)                                                                             \
	"o=$(sed -n 's/^operation=//p' \"$out/bfabric-full\"); "                                   \
	"mv \"$out/bfabric-full\" \"$out/$o\"; echo one >>\"$out/$o-count\"; "                     \
	"case $o in close) " close ";; *) echo status=LOGIN_REQUIRED;; esac"
#define ENDED "echo status=OK; echo ended=yes"

static void share(const char *more)
{
	char text[600];

	snprintf(text, sizeof(text), "shared_accounts = ms1 %s\n%s", scene_user(), more);
	scene_conf(text);
}

static const char *asked(const char *operation)
{
	static char text[2048];
	char name[64];
	const char *found = NULL;

	snprintf(name, sizeof(name), "out/%s", operation);
	found = scratch_exists(scratch(name)) ? scratch_content(scratch(name)) : "";
	snprintf(text, sizeof(text), "%s", found);
	return text;
}

static size_t times_asked(const char *operation)
{
	char name[64];

	snprintf(name, sizeof(name), "%s-count", operation);
	return strlen(asked(name)) / strlen("one\n");
}

/* The value of session= in what was asked, "" when there is none. Valid until the next call. */
static const char *name_in(const char *text)
{
	static char name[NAME_LEN + 1];
	const char *at = strstr(text, "session=");

	snprintf(name, sizeof(name), "%s", at && at != text && at[-1] == '\n' ? at + 8 : "");
	return name;
}

static void open_session(const char *service)
{
	scene_forget();
	scene_start(service, scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
}

static void test_a_shared_account(void **state)
{
	char name[NAME_LEN + 1];

	(void)state;
	share("");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_has(scene_asked("bfabric-pam-login"), "\nplace=runtime\nsession=");
	snprintf(name, sizeof(name), "%s", name_in(scene_asked("bfabric-pam-login")));
	assert_int_equal(strspn(name, "0123456789abcdef"), NAME_LEN);
	assert_lacks(asked("refresh"), "session=");
	scene_forget();
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_string_equal(name_in(asked("close")), name);
	assert_has(asked("close"), "client_id=CLI\nenv=PRODUCTION\n");
	assert_string_equal(scene.shown, "");
	assert_has(scene.log, "was given back with the session");
	/* once */
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(scene.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	scene_end();
	assert_int_equal(times_asked("close"), 1);
}

static void test_each_session_has_its_name(void **state)
{
	char name[NAME_LEN + 1];

	(void)state;
	share("");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_int_equal(pam_setcred(scene.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	snprintf(name, sizeof(name), "%s", name_in(asked("close")));
	scene_end();
	open_session("login");
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_int_equal(times_asked("close"), 2);
	assert_int_equal(strlen(name), NAME_LEN);
	assert_string_not_equal(name, name_in(asked("close")));
}

/* What is made by hand on such an account stays behind. */
static void test_no_hint_for_those(void **state)
{
	(void)state;
	share("");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_default("sshd");
	open_session("sshd");
	assert_string_equal(scene.shown, NO_HINT);
	scene_end();
}

static void test_an_account_of_one_person(void **state)
{
	(void)state;
	scene_conf("shared_accounts = ms1\n");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_lacks(scene_asked("bfabric-pam-login"), "place=");
	assert_lacks(scene_asked("bfabric-pam-login"), "session=0");
	assert_string_equal(name_in(scene_asked("bfabric-pam-login")), "");
	assert_int_equal(unlink(scratch("pam.conf")), 0); /* nothing is opened to close it */
	scene_forget();
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_setcred(scene.pamh, PAM_DELETE_CRED), PAM_SUCCESS);
	assert_string_equal(scene.log, "");
	scene_end();
	assert_int_equal(times_asked("close"), 0);
}

static void test_revoke_on_close(void **state)
{
	(void)state;
	scene_conf("revoke_on_close = yes\n");
	scene_program("bfabric-full", ANSWERS("echo status=OK; echo ended=no"));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_lacks(scene_asked("bfabric-pam-login"), "place=");
	assert_int_equal(strlen(name_in(scene_asked("bfabric-pam-login"))), NAME_LEN);
	scene_forget();
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_int_equal(times_asked("close"), 1);
	assert_string_equal(scene.log, ""); /* it came home, and stays */
	assert_string_equal(scene.shown, "");
}

static void test_trouble_is_logged_only(void **state)
{
	static const struct {
		const char *body, *log;
	} cases[] = {
		{ANSWERS("echo status=OK; echo ended=yes; echo message=down"),
			"may be valid at the server: \"down\""},
		{ANSWERS("echo status=SYSTEM; echo message=why"), "not ended: \"SYSTEM\" \"why\""},
		{ANSWERS("exit 1"), "not ended: \"no answer\""},
		{ANSWERS("kill -9 $$"), "not ended: \"no answer\""},
		{ANSWERS("echo nonsense"), "not ended: "},
	};

	(void)state;
	share("");
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct process_state before;

		scene_program("bfabric-full", cases[i].body);
		open_session("login");
		scene_forget();
		process_state(&before);
		assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
		assert_state_is(&before, "close_session");
		scene_end();
		assert_has(scene.log, cases[i].log);
		assert_string_equal(scene.shown, "");
		assert_int_equal(scene.prompts, 0);
	}
}

/* It has two seconds, and then goes on by itself. */
static void test_a_slow_server(void **state)
{
	const struct leftovers before = leftovers();

	(void)state;
	share("");
	scene_program("bfabric-pam-login", STORED);
	scene_program("bfabric-full",
		ANSWERS("i=0; trap : TERM; while [ ! -e \"$out/go\" ] && [ $i -lt 600 ]; do sleep "
			"0.05; i=$((i+1)); done; echo done >\"$out/end\""));
	scene_default("login");
	open_session("login");
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "not ended yet: it is left to finish");
	scratch_file("out/go", "", 0644);
	for (int i = 0; i < 500 && !scratch_exists(scratch("out/end")); i++)
		usleep(20000);
	assert_true(scratch_exists(scratch("out/end")));
	assert_nothing_stays(before);
	scene_end();
}

/* Another user than the one whose session it was: nobody's login is ended for somebody else. */
static void test_changed_meanwhile(void **state)
{
	(void)state;
	share("");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, "root"), PAM_SUCCESS);
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "not the one that opened");
	scene_end();
	open_session("login");
	assert_int_equal(chmod(scratch("pam.conf"), 0664), 0);
	assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
	assert_has(scene.log, "can be written by others");
	scene_end();
	assert_int_equal(times_asked("close"), 0);
}

/* Who only ends a handle, as login(1) does in its child, has not ended the session. */
static void test_the_end_of_a_handle(void **state)
{
	(void)state;
	share("");
	scene_program("bfabric-full", ANSWERS(ENDED));
	scene_program("bfabric-pam-login", STORED);
	scene_default("login");
	open_session("login");
	assert_int_equal(pam_end(scene.pamh, PAM_SUCCESS | PAM_DATA_SILENT), PAM_SUCCESS);
	scene.pamh = NULL;
	assert_int_equal(times_asked("close"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_a_shared_account),
		unit_in_scene(test_each_session_has_its_name),
		unit_in_scene(test_no_hint_for_those),
		unit_in_scene(test_an_account_of_one_person),
		unit_in_scene(test_revoke_on_close),
		unit_in_scene(test_trouble_is_logged_only),
		unit_in_scene(test_a_slow_server),
		unit_in_scene(test_changed_meanwhile),
		unit_in_scene(test_the_end_of_a_handle),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
