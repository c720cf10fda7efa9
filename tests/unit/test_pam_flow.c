/* The device flow of a console login, with a child that says what the test wants. */
#include "unit.h"
#include "pam_scene.h"

#include <security/pam_modules.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>
#include "pam_state.h"

#define HINT "There is no valid B-Fabric login. To make one: bfabric login\n"
#define CODE                                                                                       \
	"printf 'code\\tWDJB-MJHT\\thttps://h.example.org/bfabric/device\\t"                       \
	"https://h.example.org/bfabric/device?user_code=WDJB-MJHT\\t600\\n'; "

static const char *machine(void)
{
	static char name[256];

	assert_int_equal(gethostname(name, sizeof(name) - 1), 0);
	return name;
}

/* Authenticate, open. The user is `user` in the session. */
static void run(const char *service, const char *user, int flags)
{
	scene_forget();
	scene_start(service, scene_user());
	assert_int_equal(pam_authenticate(scene.pamh, 0), PAM_SUCCESS);
	assert_int_equal(pam_set_item(scene.pamh, PAM_USER, user), PAM_SUCCESS);
	assert_int_equal(pam_open_session(scene.pamh, flags), PAM_SUCCESS);
	scene_end();
	assert_int_equal(scene.prompts, 0);
}

static void prepare(const char *body)
{
	scene_program("bfabric-full", "echo status=LOGIN_REQUIRED");
	scene_program("bfabric-pam-login", body);
	scene_default("login");
}

static void test_a_login_is_made(void **state)
{
	const struct leftovers before = leftovers();
	char wanted[1024];

	(void)state;
	scene_conf("timeout = 20\nscope = api:read\nissuer = https://h.example.org\n");
	prepare(CODE "printf 'wait\\t19\\nnote\\tthe clock is off\\nstored\\talice\\n'");
	run("login", scene_user(), 0);
	snprintf(wanted, sizeof(wanted),
		"B-Fabric login for %s on %s (login): open this page on any device, for instance a "
		"phone,\n"
		"  https://h.example.org/bfabric/device\n"
		"and enter this code: WDJB-MJHT\n"
		"Waiting for at most 20 seconds; the session opens in any case.\n"
		"B-Fabric login stored: \"alice\".\n",
		scene_user(), machine());
	assert_string_equal(scene.shown, wanted);
	assert_lacks(scene.log, "WDJB");
	assert_has(scene.log, "device login: \"the clock is off\"");
	assert_has(scene.log, "B-Fabric knows \"alice\"");
	snprintf(wanted, sizeof(wanted),
		"mode=session\nbase_url=https://h.example.org/bfabric\nclient_id=CLI\n"
		"scope=api:read\nenv=PRODUCTION\nissuer=https://h.example.org\ntimeout=20\n"
		"user=%s\nservice=login\n",
		scene_user());
	assert_string_equal(scene_asked("bfabric-pam-login"), wanted);
	assert_nothing_stays(before);
}

static void test_who_may_approve(void **state)
{
	char wanted[300];

	(void)state;
	scene_conf("claim = preferred_username\nsame_names = yes\n");
	prepare(CODE "printf 'stored\\t-\\n'");
	run("login", scene_user(), 0);
	snprintf(wanted, sizeof(wanted), "claim=preferred_username\nexpect[]=%s\n", scene_user());
	assert_has(scene_asked("bfabric-pam-login"), wanted);
	assert_has(scene.shown, "B-Fabric login stored.\n");
}

static void test_a_map_says_who_may_approve(void **state)
{
	char text[600];

	(void)state;
	snprintf(text, sizeof(text), "Alice Li = %s\nbob = %s x\n", scene_user(), scene_user());
	scratch_file("map", text, 0644);
	snprintf(text, sizeof(text), "map_file = %s\nsame_names = yes\nclaim = name\n",
		scratch("map"));
	scene_conf(text);
	prepare(CODE "printf 'stored\\t-\\n'");
	run("login", scene_user(), 0);
	assert_has(scene.shown, "No B-Fabric login was made");
	assert_has(scene.log, "has somebody already, in line 1");
	assert_string_equal(scene_asked("bfabric-pam-login"), "");
	snprintf(text, sizeof(text), "Alice Li = %s\nbob = x\n", scene_user());
	scratch_file("map", text, 0644);
	run("login", scene_user(), 0);
	assert_has(scene_asked("bfabric-pam-login"), "claim=name\nexpect[]=Alice Li\n");
	assert_lacks(scene_asked("bfabric-pam-login"), "bob");
	scratch_file("map", "bob = x\n", 0644);
	run("login", scene_user(), 0);
	assert_has(scene.log, "has nobody for this user");
	assert_has(scene.shown, HINT);
}

static void test_it_ends_badly(void **state)
{
	static const struct {
		const char *body, *shown, *log;
	} cases[] = {
		{CODE "printf 'failed\\tDENIED\\tit was refused\\n'",
			"No B-Fabric login was made: \"it was refused\"",
			"DENIED \"it was refused\""},
		{CODE "printf 'failed\\tTIMEOUT\\tover\\n'",
			"The time for the B-Fabric login is over.", "TIMEOUT \"over\""},
		{"printf 'failed\\tRETRY_LATER\\tno route\\n'",
			"No B-Fabric login was made: \"no route\"", "RETRY_LATER"},
		{CODE, "No B-Fabric login was made: \"the child ended without a word\"",
			"without a word"},
		{"exit 127", "the child ended without a word", "without a word"},
		{"kill -9 $$", "the child ended without a word", "without a word"},
		{"echo hello", "No B-Fabric login was made", "BAD_REPLY"},
		{CODE CODE "exec sleep 20", "enter this code: WDJB-MJHT", "refused"},
		{"printf 'token\\t{\"access_token\":\"CANARY\"}\\n'", "what it was not asked",
			"BAD_REPLY"},
		{"printf 'valid\\tyes\\n'", "what it was not asked", "BAD_REPLY"},
		{"printf 'stored'", "ended within a line", "ended within a line"},
		{"head -c 70000 /dev/zero | tr '\\0' x", "No B-Fabric login was made", "BAD_REPLY"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		prepare(cases[i].body);
		run("login", scene_user(), 0);
		assert_has(scene.shown, cases[i].shown);
		assert_has(scene.shown, HINT);
		assert_has(scene.log, cases[i].log);
		assert_lacks(scene.shown, "CANARY");
		assert_lacks(scene.log, "CANARY");
		assert_lacks(scene.log, "WDJB");
	}
}

/* A code that is shown elsewhere is somebody else's. */
static void test_pages_of_others_are_refused(void **state)
{
	static const char *const pages[] = {"https://evil.example.org/bfabric/device",
		"http://h.example.org/device", "https://h.example.org.evil.org/device",
		"https://h.example.org:8443/device", "https://h.example.org@evil.org/",
		"https://h.example.or", "https://h.example.org\\\\@evil.org/"};
	char body[512];

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		snprintf(body, sizeof(body), "printf 'code\\tAAAA\\t%s\\t-\\t60\\n'; sleep 20",
			pages[i]);
		prepare(body);
		run("login", scene_user(), 0);
		assert_lacks(scene.shown, "AAAA");
		assert_has(scene.shown, HINT);
		assert_has(scene.log, "refused: the page for the code is");
	}
}

static void test_nobody_is_asked(void **state)
{
	struct itimerval alarm = {.it_value.tv_sec = 15};

	(void)state;
	prepare("exit 1");
	/* login -f: nobody was authenticated here */
	scene_start("login", scene_user());
	assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
	scene_end();
	assert_string_equal(scene.shown, HINT);
	/* a service that does not show text */
	scene_default("sshd");
	run("sshd", scene_user(), 0);
	/* silence */
	run("login", scene_user(), PAM_SILENT);
	assert_string_equal(scene.shown, "");
	/* another user than was authenticated */
	run("login", "root", 0);
	assert_string_equal(scene.shown, "");
	/* no time: login(1) would end before */
	assert_int_equal(setitimer(ITIMER_REAL, &alarm, NULL), 0);
	run("login", scene_user(), 0);
	alarm.it_value.tv_sec = 0;
	assert_int_equal(setitimer(ITIMER_REAL, &alarm, NULL), 0);
	assert_string_equal(scene.shown, HINT);
}

static void test_an_alarm_shortens_it(void **state)
{
	struct itimerval alarm = {.it_value.tv_sec = 50};
	unsigned timeout = 0;

	(void)state;
	prepare(CODE "printf 'stored\\talice\\n'");
	assert_int_equal(setitimer(ITIMER_REAL, &alarm, NULL), 0);
	run("login", scene_user(), 0);
	alarm.it_value.tv_sec = 0;
	assert_int_equal(setitimer(ITIMER_REAL, &alarm, NULL), 0);
	assert_non_null(strstr(scene_asked("bfabric-pam-login"), "timeout="));
	assert_int_equal(sscanf(strstr(scene_asked("bfabric-pam-login"), "timeout="), "timeout=%u",
				 &timeout),
		1);
	assert_in_range(timeout, 20, 40);
}

/* One that hangs gets no more than its time; what it shows then is that the time is over. */
static void test_a_hanging_child(void **state)
{
	const struct leftovers before = leftovers();

	(void)state;
	scene_conf("timeout = 5\n");
	prepare(CODE "exec sleep 60");
	run("login", scene_user(), 0);
	assert_has(scene.shown, "The time for the B-Fabric login is over.");
	assert_has(scene.log, "not done in time");
	assert_nothing_stays(before);
}

/* Where the code cannot be shown, nobody is waited for. */
static void test_nobody_can_be_shown_the_code(void **state)
{
	static const enum scene_mood moods[] = {SCENE_FAILS, SCENE_NOBODY};

	(void)state;
	prepare(CODE "exec sleep 60");
	for (size_t i = 0; i < 2; i++) {
		scene.mood = moods[i];
		run("login", scene_user(), 0);
		assert_has(scene.log, "no code could be shown");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_a_login_is_made),
		unit_in_scene(test_who_may_approve),
		unit_in_scene(test_a_map_says_who_may_approve),
		unit_in_scene(test_it_ends_badly),
		unit_in_scene(test_pages_of_others_are_refused),
		unit_in_scene(test_nobody_is_asked),
		unit_in_scene(test_an_alarm_shortens_it),
		unit_in_scene(test_a_hanging_child),
		unit_in_scene(test_nobody_can_be_shown_the_code),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
