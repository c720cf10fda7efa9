/* test_cancel.c - the wish to stop: seen by who waits, at once and for good. */
#include "unit.h"

#include "libbfabric/base/cancel.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

static struct bfabric_cancel *wish;

static void nobody_wishes(void **state)
{
	(void)state;
	assert_false(bf_cancelled(NULL));
	assert_int_equal(bf_cancel_fd(NULL), -1);
	bfabric_cancel_now(NULL);
	bfabric_cancel_free(NULL);
	bf_cancel_sleep(NULL, &bf_sys_real, 1);
}

static void a_wish_is_for_good(void **state)
{
	struct bfabric_cancel *cancel = NULL;

	(void)state;
	assert_int_equal(bfabric_cancel_new(&cancel, NULL), BFABRIC_OK);
	assert_false(bf_cancelled(cancel));
	for (int i = 0; i < 3; i++) {
		bfabric_cancel_now(cancel);
		assert_true(bf_cancelled(cancel));
		assert_true(bf_cancelled(cancel));
	}
	bfabric_cancel_free(cancel);
}

static void on_alarm(int number)
{
	(void)number;
	bfabric_cancel_now(wish);
}

static void *thread(void *data)
{
	(void)data;
	bfabric_cancel_now(wish);
	return NULL;
}

/* Nine seconds of sleep, ended by a signal's handler or another thread: the test would hang long.
 */
static int64_t sleep_until_wish(void)
{
	int64_t began = bf_boot_ms(&bf_sys_real), end = began + 9000;

	while (!bf_cancelled(wish) && bf_boot_ms(&bf_sys_real) < end)
		bf_cancel_sleep(wish, &bf_sys_real, 9000);
	assert_true(bf_cancelled(wish));
	return bf_boot_ms(&bf_sys_real) - began;
}

static void from_a_signal_handler(void **state)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART}, before;
	struct itimerval soon = {.it_value.tv_usec = 20000};

	(void)state;
	assert_int_equal(bfabric_cancel_new(&wish, NULL), BFABRIC_OK);
	assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &soon, NULL), 0);
	assert_in_range(sleep_until_wish(), 0, 8000);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	bfabric_cancel_free(wish);
}

static void from_a_thread(void **state)
{
	pthread_t other;

	(void)state;
	assert_int_equal(bfabric_cancel_new(&wish, NULL), BFABRIC_OK);
	assert_int_equal(pthread_create(&other, NULL, thread, NULL), 0);
	assert_in_range(sleep_until_wish(), 0, 8000);
	assert_int_equal(pthread_join(other, NULL), 0);
	bfabric_cancel_free(wish);
}

static void no_memory(void **state)
{
	struct bfabric_cancel *cancel = NULL;
	struct bfabric_error err = {0};

	(void)state;
	fault_arm(FAULT_MEMORY, 1, ENOMEM);
	assert_int_equal(bfabric_cancel_new(&cancel, &err), BFABRIC_NO_MEMORY);
	assert_true(fault_disarm());
	assert_null(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_wishes),
		cmocka_unit_test(a_wish_is_for_good),
		cmocka_unit_test(from_a_signal_handler),
		cmocka_unit_test(from_a_thread),
		cmocka_unit_test(no_memory),
	};

	return cmocka_run_group_tests_name("cancel", tests, NULL, NULL);
}
