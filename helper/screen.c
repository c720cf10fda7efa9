#include "screen.h"
#include "help.h"
#include "say.h"
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include "../libbfabric/qr.h"

#define ROWS_BESIDE_QR 4 /* the lines below it, the last with the remaining time */

static struct bfabric_cancel *wish; /* for the handler; set once, before it is installed */

static void interrupt(int number)
{
	int saved = errno;

	(void)number; /* which of them makes no difference */
	bfabric_cancel_now(wish);
	errno = saved;
}

static void catch_signals(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		/* What the parent ignores (nohup) stays ignored. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

enum bfabric_status bf_screen_init(
	struct bf_screen *screen, struct bfabric_cancel **ret_cancel, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	*screen = (struct bf_screen){0};
	bf_terminal_look(&screen->terminal);
	if (!wish)
		status = bfabric_cancel_new(&wish, err);
	if (status != BFABRIC_OK)
		return status;
	catch_signals();
	*ret_cancel = wish;
	return BFABRIC_OK;
}

/* The URL stands alone at the left edge, so that it can be copied however narrow the terminal. */
static void show(void *data, const struct bfabric_device_code *device)
{
	struct bf_screen *screen = data;
	const struct bf_terminal *terminal = &screen->terminal;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	const char *complete = device->verification_uri_complete;
	bool qr = terminal->shows && terminal->utf8 && terminal->rows > ROWS_BESIDE_QR &&
		  bf_qr_put(complete ? complete : device->verification_uri, BF_QR_COLOURS,
			  terminal->columns, terminal->rows - ROWS_BESIDE_QR, &text);

	bf_secret_printf(&text, "%s\n%s\n",
		qr ? "Scan this, or open in a browser:" : "On any device, open in a browser:",
		device->verification_uri);
	bf_secret_printf(&text, "and enter this code: %s\n", device->user_code);
	if (!terminal->shows)
		bf_secret_printf(&text, "Waiting for approval, at most %" PRId64 " minutes.\n",
			(device->expires_in + 59) / 60);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

void bf_screen_show_time_left(struct bf_screen *screen, int64_t ms)
{
	char line[80];
	int64_t s = ms > 0 ? (ms + 999) / 1000 : 0;

	if (!screen->terminal.shows || (screen->line_open && s == screen->seconds_shown))
		return;
	/* Shorter than 40 columns: a line that wraps cannot be taken back. */
	snprintf(line, sizeof(line),
		"\rWaiting, %2" PRId64 ":%02" PRId64 " left (Ctrl-C ends)\033[K", s / 60, s % 60);
	bf_say_raw(line, strlen(line));
	screen->line_open = true;
	screen->seconds_shown = s;
}

static void waiting(void *data, int64_t left_ms)
{
	bf_screen_show_time_left(data, left_ms);
}

bool bf_screen_other_subject(struct bf_screen *screen, const char *before, const char *now)
{
	char old[64], new[64], question[256];
	bool yes = false;

	bf_screen_end(screen);
	if (!screen->terminal.person)
		return false;
	bf_show(old, sizeof(old), before, strlen(before));
	bf_show(new, sizeof(new), now, strlen(now));
	snprintf(question, sizeof(question),
		"So far this environment was logged in as %s.\nReplace that by %s? [y/N] ", old,
		new);
	return bf_terminal_confirm(question, &yes, /* err= */ NULL) == BFABRIC_OK && yes;
}

void bf_screen_notice(struct bf_screen *screen, const char *text)
{
	BF_AUTO_SECRET struct bf_secret shown = BF_SECRET_INIT;
	char clean[600];

	bf_show(clean, sizeof(clean), text, strlen(text));
	bf_screen_end(screen);
	bf_help_wrap(clean, 0, screen->terminal.columns, &shown);
	bf_say_raw(bf_secret_reveal(&shown), shown.len);
}

static void notice(void *data, const char *text)
{
	bf_screen_notice(data, text);
}

static bool other_subject(void *data, const char *before, const char *now)
{
	return bf_screen_other_subject(data, before, now);
}

struct bfabric_ui bf_screen_ui(struct bf_screen *screen)
{
	return (struct bfabric_ui){.show_code = show,
		.waiting = waiting,
		.notice = notice,
		.other_subject = other_subject,
		.data = screen};
}

void bf_screen_end(struct bf_screen *screen)
{
	static const char clear[] = "\r\033[K";

	if (screen->line_open)
		bf_say_raw(clear, sizeof(clear) - 1);
	screen->line_open = false;
}
