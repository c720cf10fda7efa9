#include "budget.h"
#include "answer.h"
#include "libbfabric/base/concat.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* To write an answer that is ready. */
#define WRITE_MS 150

static struct timespec started;
static _Atomic unsigned budget;
static _Atomic(const char *) waits_for = "it did not begin";
static atomic_bool for_git;
static atomic_flag answered = ATOMIC_FLAG_INIT;

/* One write(2), so that nothing comes between; cut rather than too long. */
struct line {
	char text[512];
	size_t len;
};

static void add(struct line *line, const char *text)
{
	while (*text && line->len < sizeof(line->text))
		line->text[line->len++] = *text++;
}

/* Async-signal-safe, and so is whatever it calls. */
static void on_alarm(int number)
{
	struct line line = {.len = 0};
	char digits[BF_DECIMAL_SIZE];
	const bool git = for_git;

	(void)number;
	if (atomic_flag_test_and_set(&answered))
		_exit(bf_outcome_exit_code(BF_OUT_TIMEOUT));
	add(&line, git ? "bfabric-keyring: " : "status=timeout\nmessage=");
	add(&line, waits_for);
	add(&line, " (gave up after ");
	add(&line, bf_decimal(budget, digits));
	add(&line, " ms)\n");
	if (write(git ? STDERR_FILENO : STDOUT_FILENO, line.text, line.len) < 0) {
		/* nobody reads: the exit code is left */
	}
	_exit(bf_outcome_exit_code(BF_OUT_TIMEOUT));
}

double bf_budget_spent(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail */
	return (double)(now.tv_sec - started.tv_sec) * 1e3 +
	       (double)(now.tv_nsec - started.tv_nsec) / 1e6;
}

unsigned bf_budget_left(void)
{
	const double left = budget - bf_budget_spent();

	return left > 0 ? (unsigned)left : 0;
}

/* Again every 100 ms, should the first be lost to a thread that has just this signal blocked. */
static void set_alarm(unsigned ms)
{
	const struct itimerval timer = {
		.it_value = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000},
		.it_interval = {.tv_usec = 100000},
	};

	(void)setitimer(ITIMER_REAL, &timer, NULL); /* a valid timer cannot be refused */
}

void bf_budget_change(unsigned ms)
{
	unsigned left;

	budget = ms;
	left = bf_budget_left();
	set_alarm(left ? left : 1); /* 0 would switch it off */
}

void bf_budget_start(unsigned ms)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	sigset_t alarm_only;

	(void)clock_gettime(CLOCK_MONOTONIC, &started);
	(void)sigaction(SIGALRM, &action, NULL);
	/* Our parent may have blocked it. */
	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	(void)pthread_sigmask(SIG_UNBLOCK, &alarm_only, NULL);
	bf_budget_change(ms);
}

void bf_budget_for_git(void)
{
	for_git = true;
}

void bf_budget_waits_for(const char *sentence)
{
	waits_for = sentence;
}

void bf_budget_claim_answer(void)
{
	if (atomic_flag_test_and_set(&answered))
		for (;;)
			pause(); /* the handler is at it in another thread, and ends us */
	set_alarm(WRITE_MS);
}
