#include "answer.h"
#include "budget.h"
#include "libbfabric/base/kv.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *bf_outcome_name(enum bf_outcome outcome)
{
	switch (outcome) {
	case BF_OUT_OK:
		return "ok";
	case BF_OUT_NOT_FOUND:
		return "not-found";
	case BF_OUT_LOCKED:
		return "locked";
	case BF_OUT_NO_SERVICE:
		return "no-service";
	case BF_OUT_DENIED:
		return "denied";
	case BF_OUT_TIMEOUT:
		return "timeout";
	case BF_OUT_ERROR:
		return "error";
	}
	return "error";
}

int bf_outcome_exit_code(enum bf_outcome outcome)
{
	switch (outcome) {
	case BF_OUT_OK:
	case BF_OUT_NOT_FOUND:
		return 0;
	case BF_OUT_LOCKED:
		return 10;
	case BF_OUT_NO_SERVICE:
		return 11;
	case BF_OUT_DENIED:
		return 12;
	case BF_OUT_TIMEOUT:
		return 13;
	case BF_OUT_ERROR:
		return 1;
	}
	return 1;
}

enum bf_outcome bf_end(struct bf_answer *answer, enum bf_outcome outcome, const char *fmt, ...)
{
	char raw[2 * sizeof(answer->message)];
	va_list ap;

	va_start(ap, fmt);
	if (vsnprintf(raw, sizeof(raw), fmt, ap) < 0)
		raw[0] = '\0';
	va_end(ap);
	bf_show(answer->message, sizeof(answer->message), raw, strlen(raw));
	return outcome;
}

/* Whoever reads may be gone; there is nobody left to tell then. */
static void write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, bytes, len);

		if (n > 0) {
			bytes += n;
			len -= (size_t)n;
		} else if (n < 0 && errno == EAGAIN) {
			(void)poll(&ready, 1, -1); /* the alarm ends it */
		} else if (n == 0 || errno != EINTR) {
			return;
		}
	}
}

void bf_answer_flush(struct bf_answer *answer)
{
	write_all(STDOUT_FILENO, bf_secret_reveal(&answer->lines), answer->lines.len);
	bf_secret_clear(&answer->lines);
}

static void put_status(struct bf_answer *answer, enum bf_outcome outcome)
{
	if (!answer->to_git) {
		bf_kv_put(&answer->lines, "status", bf_outcome_name(outcome));
		if (answer->message[0])
			bf_kv_put(&answer->lines, "message", answer->message);
	} else if (answer->message[0]) {
		dprintf(STDERR_FILENO, "bfabric-keyring: %s\n", answer->message);
	}
}

void bf_answer_send(struct bf_answer *answer, enum bf_outcome outcome)
{
	if (outcome == BF_OUT_OK || outcome == BF_OUT_NOT_FOUND)
		answer->message[0] = '\0';
	if (answer->lines.failed) {
		bf_secret_clear(&answer->lines);
		outcome = bf_end(answer, BF_OUT_ERROR,
			"the item does not fit into a reply, or out of memory");
	}
	put_status(answer, outcome);
	bf_budget_claim_answer();
	bf_answer_flush(answer);
	/* GLib's threads and the connection end with the process. */
	_exit(bf_outcome_exit_code(outcome));
}
