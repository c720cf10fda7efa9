/*
 * What bfabricPy does between the moment when we take the lock and the request, and what is
 * remembered of it: we do not spend a token that the cache or the record could tell us to be spent.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* Does `act` once, directly before the last look at the cache. */
struct before_look {
	struct world *w;
	void (*act)(struct world *w);
	char *stale; /* what write_back writes; owned */
	unsigned looks;
};

static struct before_look plan;

static void on_line(void *data, const char *text)
{
	void (*act)(struct world * w) = plan.act;

	(void)data;
	if (strcmp(text, "a last look at the cache") != 0)
		return;
	plan.looks++;
	plan.act = NULL;
	if (act)
		act(plan.w);
}

static enum bfabric_status get_with(struct world *w, void (*act)(struct world *w))
{
	world_reopen(w);
	bf_session_trace_to(w->s, on_line, NULL);
	plan.w = w;
	plan.act = act;
	plan.looks = 0;
	return world_get(w);
}

/* A login whose token has expired; plan.stale is the cache as it was then. */
static void expire(struct world *w)
{
	world_login(w);
	world_pass(w, 30000);
	free(plan.stale);
	plan.stale = world_read(w->paths.cache);
}

static int teardown(void **state)
{
	free(plan.stale);
	plan = (struct before_look){0};
	return world_teardown(state);
}

#define look_test(f) cmocka_unit_test_setup_teardown(f, world_setup, teardown)

static void refresh(struct world *w)
{
	assert_true(py_refresh(w));
}

static void refresh_to_an_expired_one(struct world *w)
{
	json_t *reply = authserver_refresh(w->server, world_refresh_token(w));

	assert_non_null(reply);
	json_object_set_new(reply, "expires_at", json_integer(world_now(w) - 5));
	py_write(w, reply);
}

static void write_back(struct world *w)
{
	world_write(w->paths.cache, plan.stale);
}

static void damage(struct world *w)
{
	world_write(w->paths.cache, "{\"access_token\": ");
}

/* ---- directly before the request ------------------------------------------------------------- */

static void test_refresh_is_served(void **state)
{
	struct world *w = *state;
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;

	expire(w);
	assert_int_equal(get_with(w, refresh), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	world_cache(w, &token);
	assert_string_equal(w->token.value, bf_secret_reveal(&token.access));

	/* And the one it replaced is known as spent. */
	write_back(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_string_equal(w->token.value, bf_secret_reveal(&token.access));
}

static void test_refresh_without_rotation_is_served(void **state)
{
	struct world *w = *state;

	w->server->rotates = false;
	expire(w);
	assert_int_equal(get_with(w, refresh), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
}

static void test_newer_refresh_token_is_spent_instead(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(get_with(w, refresh_to_an_expired_one), BFABRIC_OK);
	assert_int_equal(plan.looks, 2);
	assert_int_equal(w->server->requests, 1);
	assert_int_equal(w->server->reuses, 0);
}

static void test_logout_spends_nothing(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(get_with(w, py_logout), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(w->server->requests, 0);
	assert_false(world_exists(w->paths.cache));
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

static void test_stale_write_back_changes_nothing(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(get_with(w, write_back), BFABRIC_OK);
	assert_int_equal(plan.looks, 1);
	assert_int_equal(w->server->requests, 2);
	assert_int_equal(w->server->reuses, 0);
}

static void test_damage_changes_nothing(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(get_with(w, damage), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

/* What is fallen back to is the current token, not the one that was written back. */
static void test_fallback_after_a_stale_write_back(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *current = NULL;

	expire(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	current = strdup(w->token.value);
	world_pass(w, 28790);
	authserver_trouble_set(w->server, TROUBLE_503, -1);
	assert_int_equal(get_with(w, write_back), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	assert_string_equal(w->token.value, current);
	assert_non_null(w->token.warning);
}

/* ---- what is remembered ---------------------------------------------------------------------- */

/* bfabricPy refreshed, we adopted that and met trouble: the old token stays known as spent. */
static void test_adoption_outlasts_trouble(void **state)
{
	struct world *w = *state;

	expire(w);
	refresh_to_an_expired_one(w);
	authserver_trouble_set(w->server, TROUBLE_503, -1);
	assert_int_equal(world_get_new(w), BFABRIC_RETRY_LATER);
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	write_back(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->reuses, 0);
}

static void rival_writes(void *data, unsigned n)
{
	struct world *w = data;

	(void)n; /* in the first sleep */
	w->clock->on_sleep = NULL;
	refresh_to_an_expired_one(w);
	authserver_trouble_set(w->server, TROUBLE_503, -1);
}

/* The same when bfabricPy's token was found after a refusal. */
static void test_refusal_outlasts_trouble(void **state)
{
	struct world *w = *state;

	expire(w);
	authserver_trouble_set(w->server, TROUBLE_REFUSE, 1);
	w->clock->data = w;
	w->clock->on_sleep = rival_writes;
	assert_int_equal(world_get_new(w), BFABRIC_RETRY_LATER);
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	write_back(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->reuses, 0);
}

static struct bf_lock sibling;

static void sibling_ends(void *data, unsigned n)
{
	struct world *w = data;

	(void)n; /* in the first sleep */
	w->clock->on_sleep = NULL;
	refresh(w);
	bf_lock_release(&sibling);
}

/* Who finds bfabricPy's token with the lock in hand remembers whose place it took. */
static void test_refresh_seen_by_a_waiter_is_remembered(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *served = NULL;
	bool held = false;

	expire(w);
	sibling = (struct bf_lock)BF_LOCK_INIT;
	assert_int_equal(bf_lock_open(&sibling, w->paths.lock, NULL, NULL), BFABRIC_OK);
	assert_int_equal(bf_lock_try(&sibling, &held, NULL), BFABRIC_OK);
	assert_true(held);
	w->clock->data = w;
	w->clock->on_sleep = sibling_ends;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	served = strdup(w->token.value);
	write_back(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_string_equal(w->token.value, served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		look_test(test_refresh_is_served),
		look_test(test_refresh_without_rotation_is_served),
		look_test(test_newer_refresh_token_is_spent_instead),
		look_test(test_logout_spends_nothing),
		look_test(test_stale_write_back_changes_nothing),
		look_test(test_damage_changes_nothing),
		look_test(test_fallback_after_a_stale_write_back),
		look_test(test_adoption_outlasts_trouble),
		look_test(test_refusal_outlasts_trouble),
		look_test(test_refresh_seen_by_a_waiter_is_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
