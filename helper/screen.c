#include "screen.h"
#include "qr.h"
#include "say.h"
#include "../libbfabric/base/sys.h"
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROWS_BESIDE_QR 4 /* the lines below it, the last with the remaining time */

static volatile sig_atomic_t interrupted;

static void interrupt(int number)
{
	(void)number; /* which of them makes no difference */
	interrupted = 1;
}

void bf_screen_init(struct bf_screen *screen)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {.sa_handler = interrupt, .sa_flags = (int)SA_RESETHAND};

	*screen = (struct bf_screen){0};
	bf_terminal_look(&screen->terminal);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct sigaction old;

		/* What the parent ignores (nohup) stays ignored. */
		if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(numbers[i], &action, NULL);
	}
}

/* The URL stands alone at the left edge, so that it can be copied however narrow the terminal. */
static void show(void *data, const struct bf_device *device)
{
	struct bf_screen *screen = data;
	const struct bf_terminal *terminal = &screen->terminal;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	const char *complete = device->verification_uri_complete;
	bool qr = terminal->shows && terminal->utf8 && terminal->rows > ROWS_BESIDE_QR &&
		  bf_qr_put(complete ? complete : device->verification_uri, terminal->columns,
			  terminal->rows - ROWS_BESIDE_QR, &text);

	bf_secret_printf(&text, "%s\n%s\n",
		qr ? "Scan this, or open in a browser:" : "On any device, open in a browser:",
		device->verification_uri);
	bf_secret_printf(&text, "and enter this code: %s\n", device->user_code);
	if (!terminal->shows)
		bf_secret_printf(&text, "Waiting for approval, at most %" PRId64 " minutes.\n",
			(device->expires_in + 59) / 60);
	bf_say_raw(bf_secret_reveal(&text), text.len);
}

static void show_time_left(struct bf_screen *screen, int64_t ms)
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

static void sleep_ms(int64_t ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	/* Cut short by a signal, which the caller looks for. */
	(void)nanosleep(&time, NULL);
}

static bool wait_until(void *data, int64_t until_ms, int64_t expires_ms)
{
	struct bf_screen *screen = data;
	int64_t now = bf_boot_ms(&bf_sys_real);

	show_time_left(screen, expires_ms - now);
	while (!interrupted && now < until_ms) {
		/* A signal right before the sleep is noticed within this step. */
		sleep_ms(until_ms - now < 250 ? until_ms - now : 250);
		now = bf_boot_ms(&bf_sys_real);
		show_time_left(screen, expires_ms - now);
	}
	if (interrupted)
		bf_screen_end(screen);
	return !interrupted;
}

static bool other_subject(void *data, const char *before, const char *now)
{
	struct bf_screen *screen = data;
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

struct bf_login_ui bf_screen_ui(struct bf_screen *screen)
{
	return (struct bf_login_ui){
		.show = show, .wait = wait_until, .other_subject = other_subject, .data = screen};
}

void bf_screen_end(struct bf_screen *screen)
{
	static const char clear[] = "\r\033[K";

	if (screen->line_open)
		bf_say_raw(clear, sizeof(clear) - 1);
	screen->line_open = false;
}
