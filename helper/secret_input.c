#include "secret_input.h"
#include "../libbfabric/base/file.h"
#include "say.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* ---- typed ----------------------------------------------------------------------------------- */

/* Everything that may end or stop us while echo is off. */
static void hold_signals(sigset_t *ret_before)
{
	static const int numbers[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGALRM};
	sigset_t held;

	sigemptyset(&held);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		sigaddset(&held, numbers[i]);
	(void)sigprocmask(SIG_BLOCK, &held, ret_before); /* cannot fail */
}

/* Wait with the signals let in that become the wish to stop; the others come afterwards. */
static bool wait_for_line(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t waiting;

	(void)sigprocmask(SIG_BLOCK, NULL, &waiting); /* only reads */
	sigdelset(&waiting, SIGINT);
	sigdelset(&waiting, SIGTERM);
	sigdelset(&waiting, SIGHUP);
	return ppoll(&input, 1, /* timeout= */ NULL, &waiting) > 0;
}

static enum bfabric_status read_line(struct bf_secret *ret, struct bfabric_error *err)
{
	char *room = bf_secret_room(ret, BF_SECRET_INPUT_MAX + 96);
	ssize_t n = 0;

	if (!room)
		return bf_fail_nomem(err);
	if (!wait_for_line())
		return bf_fail(err, BFABRIC_CANCELLED, "interrupted");
	n = read(STDIN_FILENO, room, BF_SECRET_INPUT_MAX + 96);
	if (n <= 0)
		return bf_fail(err, BFABRIC_CANCELLED, "no answer");
	bf_secret_added(ret, (size_t)n);
	return BFABRIC_OK;
}

static enum bfabric_status type(
	const char *prompt, struct bf_secret *ret, struct bfabric_error *err)
{
	struct termios before, quiet;
	sigset_t mask;
	enum bfabric_status status;

	hold_signals(&mask);
	if (tcgetattr(STDIN_FILENO, &before) < 0) {
		status = bf_fail(err, BFABRIC_SYSTEM, "the terminal does not answer: %m");
		(void)sigprocmask(SIG_SETMASK, &mask, NULL); /* cannot fail */
		return status;
	}
	quiet = before;
	quiet.c_lflag &= ~(tcflag_t)ECHO;
	quiet.c_lflag |= ICANON | ISIG;
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) < 0) {
		status = bf_fail(err, BFABRIC_SYSTEM, "the terminal cannot hide what is typed: %m");
	} else {
		bf_say_raw(prompt, strlen(prompt));
		status = read_line(ret, err);
		/* Nothing more can be done for a terminal that is gone. */
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		bf_say_raw("\n", 1);
	}
	(void)sigprocmask(SIG_SETMASK, &mask, NULL); /* cannot fail */
	return status;
}

/* ---- from a file or pipe --------------------------------------------------------------------- */

static enum bfabric_status read_pipe(struct bf_secret *ret, struct bfabric_error *err)
{
	for (;;) {
		char *room = bf_secret_room(ret, 1024);
		ssize_t n = room ? read(STDIN_FILENO, room, 1024) : -1;

		if (!room)
			return bf_fail_nomem(err);
		if (n < 0 && errno == EINTR)
			return bf_fail(err, BFABRIC_CANCELLED, "interrupted");
		if (n < 0)
			return bf_fail(err, BFABRIC_SYSTEM, "stdin cannot be read: %m");
		if (n == 0 || ret->len > BF_SECRET_INPUT_MAX + 96)
			return BFABRIC_OK;
		bf_secret_added(ret, (size_t)n);
	}
}

static enum bfabric_status read_file(
	const char *path, struct bf_secret *ret, struct bfabric_error *err)
{
	struct bf_file_info info = {0};
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_FOLLOW, BF_SECRET_INPUT_MAX + 96, ret, &info, err);

	if (status == BFABRIC_OK && !info.found)
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no file %.300s", path);
	if (status == BFABRIC_OK && info.readable_by_others)
		bf_say("warning: %s can be read by others: chmod go= it", path);
	return status;
}

/* ---- what may come --------------------------------------------------------------------------- */

static enum bfabric_status trim(
	struct bf_secret *raw, const char *what, struct bf_secret *ret, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(raw);
	size_t start = strspn(text, " \t\r\n"), len = raw->len;

	while (len > start && strchr(" \t\r\n", text[len - 1]))
		len--;
	if (start >= len)
		return bf_fail(err, BFABRIC_BAD_CALL, "the %s is empty", what);
	if (len - start > BF_SECRET_INPUT_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "the %s is longer than %d characters", what,
			BF_SECRET_INPUT_MAX);
	for (size_t i = start; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the %s must be one word of ASCII characters", what);
	bf_secret_put(ret, text + start, len - start);
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_secret_input(const struct bf_secret_input *input,
	const struct bf_terminal *terminal, struct bf_secret *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret raw = BF_SECRET_INIT;
	enum bfabric_status status;

	if (!input->file && !terminal->person)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"there is no terminal to ask for the %s: give %s FILE (\"-\": stdin)",
			input->what, input->option);
	if (!input->file)
		status = type(input->prompt, &raw, err);
	else if (strcmp(input->file, "-") == 0)
		status = read_pipe(&raw, err);
	else
		status = read_file(input->file, &raw, err);
	return status == BFABRIC_OK ? trim(&raw, input->what, ret, err) : status;
}
