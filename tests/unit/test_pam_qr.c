/* The picture of a code: where it is asked for, what of it is shown, and that nothing else is. */
#include "unit.h"
#include "pam_factor_scene.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ROWS    "printf 'qr\\t \342\226\210\342\226\200\\nqr\\t\342\226\204  \\n'; "
#define PICTURE " \342\226\210\342\226\200\n\342\226\204  \n"

struct terminal {
	int master, slave;
	const char *name;
};

static void open_terminal(struct terminal *ret, bool utf8, unsigned short columns)
{
	const struct winsize size = {.ws_row = 50, .ws_col = columns};
	struct termios modes;

	ret->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(ret->master >= 0);
	assert_int_equal(grantpt(ret->master), 0);
	assert_int_equal(unlockpt(ret->master), 0);
	ret->name = ptsname(ret->master);
	assert_non_null(ret->name);
	ret->slave = open(ret->name, O_RDWR | O_NOCTTY);
	assert_true(ret->slave >= 0);
	assert_int_equal(tcgetattr(ret->slave, &modes), 0);
	modes.c_iflag = utf8 ? modes.c_iflag | IUTF8 : modes.c_iflag & ~(tcflag_t)IUTF8;
	assert_int_equal(tcsetattr(ret->slave, TCSANOW, &modes), 0);
	assert_int_equal(ioctl(ret->slave, TIOCSWINSZ, &size), 0);
}

static int ask_on(const char *service, const char *tty)
{
	int rc;

	scene_forget();
	scene_start(service, scene_user());
	if (tty)
		assert_int_equal(pam_set_item(scene.pamh, PAM_TTY, tty), PAM_SUCCESS);
	rc = pam_authenticate(scene.pamh, 0);
	scene_end();
	return rc;
}

static void test_where(void **state)
{
	static const struct {
		const char *service, *arguments;
		bool tty, utf8;
		const char *room; /* NULL: none is asked for */
	} cases[] = {
		{"login", "", true, true, "qr_columns=100\nqr_rows=44\n"},
		{"login", "qr=auto", true, true, "qr_columns=100\nqr_rows=44\n"},
		{"login", "", true, false, NULL},
		{"login", "", false, false, NULL},
		{"login", "qr=off", true, true, NULL},
		{"login", "qr=on", false, false, "qr_columns=80\nqr_rows=50\n"},
		{"gdm-password", "", true, true, NULL},
		{"sshd", "remote=second-factor", true, true, NULL},
		{"sshd", "remote=second-factor qr=on", true, false, "qr_columns=100\nqr_rows=44\n"},
	};
	struct terminal terminals[2];

	(void)state;
	factor_conf("");
	open_terminal(&terminals[0], false, 100);
	open_terminal(&terminals[1], true, 100);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char name[64];

		snprintf(name, sizeof(name), "%s", ptsname(terminals[cases[i].utf8].master));
		factor_child(CODE APPROVED);
		scene_alone(cases[i].service, cases[i].arguments);
		/* as /dev/pts/0 and as pts/0 */
		assert_int_equal(
			ask_on(cases[i].service,
				cases[i].tty ? name + (i % 2 ? strlen("/dev/") : 0) : NULL),
			PAM_SUCCESS);
		if (cases[i].room)
			assert_has(scene_asked("bfabric-pam-login"), cases[i].room);
		else
			assert_lacks(scene_asked("bfabric-pam-login"), "qr_");
	}
	for (size_t i = 0; i < 2; i++) {
		close(terminals[i].slave);
		close(terminals[i].master);
	}
}

static void test_what_is_shown(void **state)
{
	(void)state;
	factor_conf("");
	factor_child(ROWS CODE APPROVED);
	scene_alone("login", "qr=on");
	assert_int_equal(ask_on("login", NULL), PAM_SUCCESS);
	assert_has(scene.shown, "code: WDJB-MJHT\n" PICTURE);
	factor_child(ROWS CODE APPROVED);
	scene_alone("gdm-password", "qr=on"); /* before the question: behind it is nothing */
	assert_int_equal(ask_on("gdm-password", NULL), PAM_SUCCESS);
	assert_int_equal(strncmp(scene.shown, PICTURE, strlen(PICTURE)), 0);
	assert_int_equal(scene.prompts, 1);
}

/* Pictures that nobody asked for, too large, too late, or of something else. */
static void test_lies(void **state)
{
	static const struct {
		const char *arguments, *body;
	} cases[] = {
		{"qr=off", ROWS CODE APPROVED},
		{"qr=auto", ROWS CODE APPROVED},
		{"qr=on", CODE ROWS APPROVED},
		{"qr=on", "printf 'qr\\t\033[2J\\n'; " CODE APPROVED},
		{"qr=on", "printf 'qr\\thello\\n'; " CODE APPROVED},
		{"qr=on", "printf 'qr\\t%%0200d\\n' 0 | tr 0 ' '; " CODE APPROVED},
		{"qr=on", "i=0; while [ $i -lt 51 ]; do printf 'qr\\t \\n'; i=$((i+1)); done; " CODE
				  APPROVED},
	};

	(void)state;
	factor_conf("");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		factor_child(cases[i].body);
		scene_alone("login", cases[i].arguments);
		assert_int_equal(ask_on("login", NULL), PAM_AUTH_ERR);
		assert_has(scene.log, "BAD_REPLY");
		assert_lacks(scene.shown, "\033");
		assert_lacks(scene.shown, "\342");
	}
}

/* What is no terminal is not opened, or not believed. */
static void test_names_of_terminals(void **state)
{
	static const char *const names[] = {"", "ssh", ":0", "null", "/dev/null", "../etc/passwd",
		"/etc/passwd", "/dev/../etc/passwd", "/dev//etc/passwd", "pts/9999999"};

	(void)state;
	factor_conf("");
	scene_alone("login", "qr=auto");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		factor_child(CODE APPROVED);
		assert_int_equal(ask_on("login", names[i]), PAM_SUCCESS);
		assert_lacks(scene_asked("bfabric-pam-login"), "qr_");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scene(test_where),
		unit_in_scene(test_what_is_shown),
		unit_in_scene(test_lies),
		unit_in_scene(test_names_of_terminals),
	};

	scene_unprivileged();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
