/* test_sigpipe.c - a SIGPIPE of ours disappears, one of the caller's does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "libbfabric/net/sigpipe.h"
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static void write_to_nobody(void)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(write(ends[1], "x", 1), -1);
	assert_int_equal(errno, EPIPE);
	close(ends[1]);
}

static bool in_mask(void)
{
	sigset_t mask;

	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	return sigismember(&mask, SIGPIPE);
}

static bool is_pending(void)
{
	sigset_t pending;

	assert_int_equal(sigpending(&pending), 0);
	return sigismember(&pending, SIGPIPE);
}

static void set_blocked(bool blocked)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	assert_int_equal(pthread_sigmask(blocked ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL), 0);
}

/* With the default action the program would end in the middle, or when the mask is restored. */
static void ours_disappears(void **state)
{
	struct bf_sigpipe guard;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	guard = bf_sigpipe_hold();
	write_to_nobody();
	errno = EXDEV;
	bf_sigpipe_restore(&guard);
	assert_int_equal(errno, EXDEV);
	assert_false(in_mask());
	assert_false(is_pending());
}

static void a_blocked_one_stays_blocked(void **state)
{
	struct bf_sigpipe guard;

	(void)state;
	set_blocked(true);
	guard = bf_sigpipe_hold();
	write_to_nobody();
	bf_sigpipe_restore(&guard);
	assert_true(in_mask());
	assert_false(is_pending());
	set_blocked(false);
}

static void the_callers_pending_one_stays(void **state)
{
	struct bf_sigpipe guard;

	(void)state;
	set_blocked(true);
	write_to_nobody();
	guard = bf_sigpipe_hold();
	write_to_nobody();
	bf_sigpipe_restore(&guard);
	assert_true(is_pending());
	signal(SIGPIPE, SIG_IGN); /* discards it */
	set_blocked(false);
	signal(SIGPIPE, SIG_DFL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ours_disappears),
		cmocka_unit_test(a_blocked_one_stays_blocked),
		cmocka_unit_test(the_callers_pending_one_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
