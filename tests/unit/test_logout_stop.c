/*
 * A logout that somebody wishes to stop, that waits for a lock, or that has no time left.
 */
#include "logout.h"

struct wish {
	struct authserver *server;
	struct bfabric_cancel *cancel;
	const char *at; /* the wish comes during a request for this */
};

static void wish_at(void *data)
{
	struct wish *wish = data;

	if (strstr(wish->server->last_url, wish->at))
		bfabric_cancel_now(wish->cancel);
}

static enum bfabric_status log_out_and_wish(
	struct world *w, const char *at, struct bf_logout_result *ret)
{
	struct wish wish = {.server = w->server, .at = at};
	enum bfabric_status status;

	assert_int_equal(bfabric_cancel_new(&wish.cancel, &w->err), BFABRIC_OK);
	w->seams.cancel = wish.cancel;
	world_reopen(w);
	w->server->during = wish_at;
	w->server->data = &wish;
	status = log_out(w, ret);
	w->server->during = NULL;
	w->seams.cancel = NULL;
	world_reopen(w);
	bfabric_cancel_free(wish.cancel);
	return status;
}

static void test_cancelled_before_anything_was_sent(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	assert_int_equal(log_out_and_wish(w, "well-known", &result), BFABRIC_CANCELLED);
	assert_int_equal(w->server->revocations, 0);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_cancelled_after_the_first_request(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	assert_int_equal(log_out_and_wish(w, "revoke", &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_gone(w);
}

static void test_lock_is_held(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	struct bf_logout_result result;

	world_login(w);
	assert_int_equal(bf_session_lock(w->s, &lock, 0, &w->err), BFABRIC_OK);
	assert_int_equal(log_out(w, &result), BFABRIC_LOCK_TIMEOUT);
	assert_int_equal(w->server->revocations, 0);
	assert_true(world_exists(w->paths.cache));
}

/* No time left for the server: it is not waited for, and the login is removed all the same. */
static void test_deadline_has_passed(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result = {0};

	world_login(w);
	authserver_trouble_set(w->server, TROUBLE_NOT_SENT, -1);
	assert_int_equal(bf_logout(w->s, BF_LOGOUT_KEEP, 1, &result, &w->err), BFABRIC_OK);
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_UNREACHABLE);
	assert_gone(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_cancelled_before_anything_was_sent),
		world_test(test_cancelled_after_the_first_request),
		world_test(test_lock_is_held),
		world_test(test_deadline_has_passed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
