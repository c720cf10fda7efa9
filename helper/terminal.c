#include "terminal.h"
#include "say.h"
#include <ctype.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool look_size(int fd, struct winsize *size)
{
	return isatty(fd) && ioctl(fd, TIOCGWINSZ, size) == 0 && size->ws_col > 0;
}

unsigned bf_terminal_columns(int fd)
{
	struct winsize size = {0};

	return look_size(fd, &size) ? size.ws_col : 80;
}

/* POSIX order of the variables that name the character set; setlocale(3) would load files. */
static bool locale_is_utf8(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strcasestr(value, "UTF-8") || strcasestr(value, "UTF8");
	}
	return false;
}

void bf_terminal_look(struct bf_terminal *ret)
{
	struct winsize size = {0};
	const char *term = getenv("TERM");

	*ret = (struct bf_terminal){.columns = 80, .rows = 24};
	ret->person = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	ret->shows = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") != 0;
	ret->utf8 = locale_is_utf8();
	if (look_size(STDERR_FILENO, &size)) {
		ret->columns = size.ws_col;
		ret->rows = size.ws_row ? size.ws_row : 24;
	}
}

static void trim(char *text)
{
	size_t start = strspn(text, " \t\r"), len = strlen(text);

	while (len > start && isspace((unsigned char)text[len - 1]))
		len--;
	memmove(text, text + start, len - start);
	text[len - start] = '\0';
}

/*
 * Print the question and wait for something to read. Signals are let in only while waiting: one
 * that came between the question and the wait would otherwise be lost on a person who pressed
 * Ctrl-C.
 */
static bool wait_for_answer(const char *question)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	sigset_t ending, before;
	int ready = 0;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &ending, &before) != 0)
		return false;
	bf_say_raw(question, strlen(question));
	ready = ppoll(&input, 1, /* timeout= */ NULL, &before);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* cannot fail: it came from there */
	return ready > 0;
}

enum bfabric_status bf_terminal_ask(
	const char *question, char *buf, size_t size, struct bfabric_error *err)
{
	ssize_t n = 0;

	if (!wait_for_answer(question)) {
		bf_say_raw("\n", 1);
		return bf_fail(err, BFABRIC_CANCELLED, "interrupted");
	}
	n = read(STDIN_FILENO, buf, size); /* a terminal gives one line a read */
	if (n <= 0)
		return bf_fail(err, BFABRIC_CANCELLED, "no answer");
	if (buf[n - 1] != '\n')
		return bf_fail(err, BFABRIC_BAD_CALL, "the answer is too long");
	buf[n - 1] = '\0';
	trim(buf);
	return BFABRIC_OK;
}

enum bfabric_status bf_terminal_confirm(
	const char *question, bool *ret_yes, struct bfabric_error *err)
{
	char answer[64];
	enum bfabric_status status = bf_terminal_ask(question, answer, sizeof(answer), err);

	if (status == BFABRIC_OK)
		*ret_yes = strcasecmp(answer, "y") == 0 || strcasecmp(answer, "yes") == 0;
	return status;
}
