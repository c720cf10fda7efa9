/*
 * Who answers a call: nobody (logged out), the cache, a sibling that holds the lock, its outcome.
 */
#include "world.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- logged out ------------------------------------------------------------------------------ */

static void test_never_logged_in_leaves_no_trace(void **state)
{
	struct world *w = *state;

	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_non_null(strstr(w->err.text, "TEST"));
	assert_int_equal(w->server->requests, 0);
	assert_false(world_exists(w->paths.dir));
}

static void test_logout_by_deleting_the_cache(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret spent = BF_SECRET_INIT;

	world_login(w);
	bf_secret_puts(&spent, world_refresh_token(w));
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	world_record(w, &record);
	assert_true(bf_secret_empty(&record.token.access));
	assert_null(record.login);
	assert_null(record.subject);
	assert_null(json_object_get(record.members, "token"));
	assert_true(bf_record_spent(&record, &spent));
	assert_int_equal(world_get_forced(w), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(w->server->requests, 0);
	assert_false(world_exists(w->paths.cache));
}

/* The copy in memory must not outlive a logout by somebody else for more than a second. */
static void test_memory_notices_a_logout(void **state)
{
	struct world *w = *state;

	world_login(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	py_logout(w);
	world_pass(w, 1);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
}

static void test_memory_notices_a_newer_token(void **state)
{
	struct world *w = *state;

	world_login(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	py_login(w, "bob");
	world_pass(w, 1);
	assert_int_equal(world_get(w), BFABRIC_OK);
	{
		BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;

		world_cache(w, &cached);
		assert_string_equal(w->token.value, bf_secret_reveal(&cached.access));
	}
}

/* ---- fresh ----------------------------------------------------------------------------------- */

static void test_fresh_needs_no_lock_network_or_record(void **state)
{
	struct world *w = *state;
	const char *record = "not a record", *lock = "not to be touched";
	BF_AUTO_FREE char *left = NULL;

	py_login(w, "alice");
	world_write(w->paths.record, record);
	world_write(w->paths.lock, lock);
	assert_int_equal(chmod(w->paths.dir, 0500), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
	assert_int_equal(w->token.expires_at, WORLD_NOW + w->server->lifetime);
	assert_string_equal(w->token.scope, "api:read");
	assert_int_equal(w->server->requests, 0);
	left = world_read(w->paths.lock);
	assert_string_equal(left, lock);
}

static void test_min_ttl_decides_what_is_fresh(void **state)
{
	struct world *w = *state;

	world_login(w);
	world_pass(w, 28800 - 61);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	world_pass(w, 1);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_a_short_lived_token_lives_four_fifths(void **state)
{
	struct world *w = *state;

	w->server->lifetime = 5;
	world_login(w);
	world_pass(w, 3);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	world_pass(w, 1);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_forced(void **state)
{
	struct world *w = *state;

	world_login(w);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
}

static void test_clock_jumps(void **state)
{
	struct world *w = *state;

	world_login(w);
	world_pass(w, 100000); /* forward: everything has expired, once */
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	world_pass(w, -100000); /* back: the token comes from the future, once */
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	world_pass(w, -200); /* a little: stays */
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
}

static void test_without_any_expiry_served_until_refused(void **state)
{
	struct world *w = *state;

	world_write(w->paths.cache, "{\"access_token\": \"opaque\"}");
	world_pass(w, 1000000000);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->token.expires_at, 0);
	assert_int_equal(bfabric_session_reject(w->s, "opaque", &w->err), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
}

/* ---- a sibling ------------------------------------------------------------------------------- */

struct sibling {
	struct world *w;
	pid_t pid;
	int to[2], from[2];
	void (*act)(struct world *w, struct bf_lock *lock);
	unsigned at_sleep; /* of the waiting side */
};

static void say(int fd)
{
	assert_int_equal(write(fd, "x", 1), 1);
}

static void hear(int fd)
{
	char c;

	assert_int_equal(read(fd, &c, 1), 1);
}

/* A real process that takes the lock, waits to be told, acts, and releases. */
static void sibling_start(struct sibling *b)
{
	assert_int_equal(pipe(b->to) | pipe(b->from), 0);
	b->pid = fork();
	if (b->pid == 0) {
		struct bf_lock lock = BF_LOCK_INIT;
		char c;

		if (bf_session_lock(b->w->s, &lock, INT64_MAX, NULL) != BFABRIC_OK ||
			write(b->from[1], "x", 1) != 1 || read(b->to[0], &c, 1) != 1)
			_exit(1);
		if (b->act)
			b->act(b->w, &lock);
		bf_lock_release(&lock);
		_exit(write(b->from[1], "x", 1) != 1);
	}
	assert_true(b->pid > 0);
	hear(b->from[0]);
}

static void sibling_end(struct sibling *b)
{
	int status = -1;

	kill(b->pid, SIGKILL);
	assert_int_equal(waitpid(b->pid, &status, 0), b->pid);
	close(b->to[0]), close(b->to[1]), close(b->from[0]), close(b->from[1]);
	b->w->clock->on_sleep = NULL;
}

/* The waiting side sleeps for the n-th time: now the sibling acts. */
static void let_it_act(void *data, unsigned n)
{
	struct sibling *b = data;

	if (n != b->at_sleep)
		return;
	say(b->to[1]);
	hear(b->from[0]);
}

static void wait_at(struct world *w, struct sibling *b, unsigned n)
{
	b->at_sleep = w->clock->sleeps + n;
	w->clock->data = b;
	w->clock->on_sleep = let_it_act;
}

static void refresh_in_cache(struct world *w, struct bf_lock *lock)
{
	(void)lock; /* held, that is all */
	(void)py_refresh(w);
}

static void test_busy_lock_then_the_siblings_token(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = refresh_in_cache};

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	wait_at(w, &b, 4);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(w->server->issued, 2);
	assert_true(w->clock->sleeps < 10);
	assert_null(w->token.warning);
	sibling_end(&b);
}

static void test_busy_lock_forced_takes_what_the_sibling_obtained(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = refresh_in_cache};

	world_login(w);
	sibling_start(&b);
	wait_at(w, &b, 2);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(w->server->issued, 2);
	sibling_end(&b);
}

static void note_unreachable(struct world *w, struct bf_lock *lock)
{
	struct bfabric_error err = {.text = "bfabric.test is out of reach"};

	bf_outcome_write(lock, &w->sys, BFABRIC_RETRY_LATER, &err);
}

/* Escaped, it is longer than a note may be. */
static void note_at_length(struct world *w, struct bf_lock *lock)
{
	struct bfabric_error err = {0};

	for (int i = 0; i < 100; i++)
		strcat(err.text, "\u0424\u0411");
	bf_outcome_write(lock, &w->sys, BFABRIC_RETRY_LATER, &err);
}

static void test_the_siblings_long_failure_is_shared(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = note_at_length};

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	wait_at(w, &b, 3);
	assert_int_equal(world_get_new(w), BFABRIC_RETRY_LATER);
	assert_non_null(strstr(w->err.text, "\u0424\u0411"));
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
}

static void note_refused(struct world *w, struct bf_lock *lock)
{
	struct bfabric_error err = {.text = "the login has lapsed"};

	bf_outcome_write(lock, &w->sys, BFABRIC_LOGIN_REQUIRED, &err);
}

static void test_the_siblings_failure_is_shared(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = note_unreachable};

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	wait_at(w, &b, 3);
	assert_int_equal(world_get_new(w), BFABRIC_RETRY_LATER);
	assert_string_equal(w->err.text, "bfabric.test is out of reach");
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
	assert_int_equal(world_get_new(w), BFABRIC_OK); /* an old outcome binds nobody */
	assert_int_equal(w->server->requests, 1);
}

static void test_the_siblings_failure_and_a_token_still_valid(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = note_unreachable};

	world_login(w);
	world_pass(w, 28800 - 30);
	sibling_start(&b);
	wait_at(w, &b, 3);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, "out of reach"));
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
}

static void test_the_siblings_refusal_is_shared(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w, .act = note_refused};

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	wait_at(w, &b, 1);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
}

static void test_stopped_holder_with_a_valid_token(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w};
	int64_t began;

	world_login(w);
	world_pass(w, 28800 - 30);
	sibling_start(&b);
	assert_int_equal(kill(b.pid, SIGSTOP), 0);
	began = w->clock->boot_ms;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_in_range(w->clock->boot_ms - began, 0, 3000);
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
}

static void test_stopped_holder_without_a_token(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w};
	int64_t began;

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	assert_int_equal(kill(b.pid, SIGSTOP), 0);
	began = w->clock->boot_ms;
	assert_int_equal(world_get_new(w), BFABRIC_LOCK_TIMEOUT);
	assert_non_null(strstr(w->err.text, w->paths.lock));
	assert_in_range(w->clock->boot_ms - began, BF_REQUEST_MS, BF_CALL_MS);
	assert_int_equal(w->server->requests, 0);
	sibling_end(&b);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_the_deadline_bounds_the_wait(void **state)
{
	struct world *w = *state;
	struct sibling b = {.w = w};
	int64_t began;

	world_login(w);
	world_pass(w, 30000);
	sibling_start(&b);
	world_reopen(w);
	began = w->clock->boot_ms;
	assert_int_equal(bfabric_session_token(w->s, 60, began + 800, &w->token, &w->err),
		BFABRIC_LOCK_TIMEOUT);
	assert_in_range(w->clock->boot_ms - began, 700, 900);
	sibling_end(&b);
}

/* A program that forks while another of its threads refreshes: the child has our descriptor. */
static pid_t orphan;

static void fork_now(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	orphan = fork();
	if (orphan == 0) {
		pause();
		_exit(0);
	}
}

static void test_lock_inherited_by_a_forked_child(void **state)
{
	struct world *w = *state;

	world_login(w);
	world_pass(w, 30000);
	w->server->data = w;
	w->server->during = fork_now;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	kill(orphan, SIGKILL);
	waitpid(orphan, NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_never_logged_in_leaves_no_trace),
		world_test(test_logout_by_deleting_the_cache),
		world_test(test_memory_notices_a_logout),
		world_test(test_memory_notices_a_newer_token),
		world_test(test_fresh_needs_no_lock_network_or_record),
		world_test(test_min_ttl_decides_what_is_fresh),
		world_test(test_a_short_lived_token_lives_four_fifths),
		world_test(test_forced),
		world_test(test_clock_jumps),
		world_test(test_without_any_expiry_served_until_refused),
		world_test(test_busy_lock_then_the_siblings_token),
		world_test(test_busy_lock_forced_takes_what_the_sibling_obtained),
		world_test(test_the_siblings_failure_is_shared),
		world_test(test_the_siblings_long_failure_is_shared),
		world_test(test_the_siblings_failure_and_a_token_still_valid),
		world_test(test_the_siblings_refusal_is_shared),
		world_test(test_stopped_holder_with_a_valid_token),
		world_test(test_stopped_holder_without_a_token),
		world_test(test_the_deadline_bounds_the_wait),
		world_test(test_lock_inherited_by_a_forked_child),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
