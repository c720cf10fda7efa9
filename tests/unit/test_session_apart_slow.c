/*
 * A store that takes its time, many who wait for it, and a person who does not want to.
 */
#include "person.h"
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- time ------------------------------------------------------------------------------------ */

/* Who waited while the store did not answer is told that, and does not ask it once more. */
static void test_those_who_wait_share_it(void **state)
{
	struct world *w = *state;
	BF_AUTO_CALL struct bf_call waiting = {.min_ttl = 60};
	struct bfabric_error err = {0};
	unsigned gets;

	shelf_log_in(w);
	shelf_expire(w);
	waiting.s = w->s;
	waiting.deadline = bf_boot_ms(&w->sys) + BF_CALL_MS;
	assert_int_equal(bf_call_begin(&waiting, &err), BFABRIC_OK);
	shelf.slow_ms = 5000;
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
	gets = shelf.gets;
	assert_int_equal(bf_policy_token(&waiting, &err), BFABRIC_STORE_UNAVAILABLE);
	assert_string_equal(err.text, w->err.text);
	assert_int_equal(shelf.gets, gets);
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE); /* who comes later asks */
	assert_true(shelf.gets > gets);
	shelf.slow_ms = 0;
	shelf_expect_alive(w);
}

/* The longest that a refresh may take, with a store before and after it. */
#define HELD_MS (BF_STORE_MS + BF_STORE_MS + BF_REQUEST_MS + BF_STORE_MS + 500)

struct holder {
	struct world *w;
	struct bf_lock lock;
	int64_t until;
};

static void let_go(void *data, unsigned n)
{
	struct holder *h = data;

	(void)n; /* the time counts */
	if (bf_boot_ms(&h->w->sys) >= h->until)
		bf_lock_release(&h->lock);
}

static void hold(struct holder *h)
{
	struct world *w = h->w;

	h->until = bf_boot_ms(&w->sys) + HELD_MS;
	assert_int_equal(bf_session_lock(w->s, &h->lock, h->until, &w->err), BFABRIC_OK);
	w->clock->on_sleep = let_go;
	w->clock->data = h;
}

/* Neither a call nor a login that was granted gives up before. */
static void test_a_slow_store_and_a_slow_server(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct holder h = {.w = w, .lock = BF_LOCK_INIT};

	shelf_log_in(w);
	shelf_expire(w);
	hold(&h);
	assert_int_equal(world_get(w), BFABRIC_OK);
	hold(&h);
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_OK);
	w->clock->on_sleep = NULL;
	shelf_expect_alive(w);
}

/* A store that took the time leaves too little of it to spend a token in. */
static void test_a_slow_store_and_an_impatient_caller(void **state)
{
	struct world *w = *state;
	struct bfabric_token token = {0};

	shelf_log_in(w);
	shelf_expire(w);
	shelf.slow_ms = 1500;
	assert_int_equal(bf_session_get(w->s, 60, /* force_refresh= */ false,
				 bf_boot_ms(&w->sys) + 2500, &token, &w->err),
		BFABRIC_TIMEOUT);
	assert_int_equal(w->server->requests, 0);
	shelf.slow_ms = 0;
	shelf_expect_alive(w);
}

/* ---- a person who interrupts ----------------------------------------------------------------- */

static void interrupt(void *data)
{
	bfabric_cancel_now(data);
}

/* What the server has rotated goes to its place all the same. */
static void test_interrupted_after_rotation(void **state)
{
	struct world *w = *state;
	struct bfabric_cancel *cancel = NULL;

	assert_int_equal(bfabric_cancel_new(&cancel, &w->err), BFABRIC_OK);
	w->seams.cancel = cancel;
	shelf_log_in(w);
	w->server->during = interrupt;
	w->server->data = cancel;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
	shelf_expect_apart(w);
	w->server->during = NULL;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_CANCELLED);
	assert_int_equal(w->server->requests, 1);
	w->seams.cancel = NULL;
	shelf_expect_alive(w);
	bfabric_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_those_who_wait_share_it),
		world_test(test_a_slow_store_and_a_slow_server),
		world_test(test_a_slow_store_and_an_impatient_caller),
		world_test(test_interrupted_after_rotation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
