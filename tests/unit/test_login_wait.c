/*
 * A login that comes when its home cannot take it: it waits in the runtime directory, arrives once
 * and only where it belongs, and is given back where it cannot even wait.
 */
#include "shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "libbfabric/login_wait.h"
#include "libbfabric/settle.h"

static const char *path_in(struct world *w, const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", w->root, name);
	return path;
}

/* The home is not mounted. */
static void take_home_away(struct world *w)
{
	char *home = strdup(path_in(w, "home"));

	assert_int_equal(rename(home, path_in(w, "away")), 0);
	free(home);
}

static void bring_home_back(struct world *w)
{
	char *home = strdup(path_in(w, "home"));

	assert_int_equal(rename(path_in(w, "away"), home), 0);
	free(home);
}

static enum bfabric_status hand_over_reply(
	struct world *w, json_t *reply, const char *not_now, struct bf_login_result *ret)
{
	struct bf_login_grant grant = {.reply = reply,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
		.revocation_endpoint = "https://bfabric.test/bfabric/rest/oauth/revoke",
		.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC};

	return bf_login_hand_over(w->s, &grant, not_now, ret, &w->err);
}

/* True: it waits; false: it is there. The test fails unless it is one of them. */
static bool hand_over(struct world *w, const char *subject, const char *not_now)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	json_t *reply = authserver_login(w->server, subject);
	enum bfabric_status status = hand_over_reply(w, reply, not_now, &result);

	json_decref(reply);
	assert_int_equal(status, BFABRIC_OK);
	assert_string_equal(result.subject, subject);
	assert_true(result.can_refresh);
	if (result.warning)
		assert_non_null(strstr(result.warning, w->paths.runtime_rescue));
	assert_int_equal(result.warning != NULL, world_exists(w->paths.runtime_rescue));
	return result.warning;
}

static void expect_alive(struct world *w)
{
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_false(world_exists(w->paths.runtime_rescue));
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_null(w->token.warning);
}

static bool newest_is_revoked(const struct world *w)
{
	return w->server->revoked[w->server->families - 1];
}

static void test_nothing_is_in_the_way(void **state)
{
	struct world *w = *state;

	assert_false(hand_over(w, "alice", /* not_now= */ NULL));
	expect_alive(w);
}

static void test_it_waits_and_arrives(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	take_home_away(w);
	assert_true(hand_over(w, "alice", /* not_now= */ NULL));
	assert_false(world_exists(path_in(w, "home")));
	assert_int_not_equal(world_get_new(w), BFABRIC_OK);
	bring_home_back(w);
	expect_alive(w);
	world_record(w, &record);
	assert_null(record.replaces);
	assert_true(record.cache_written);
	assert_int_equal(w->server->requests, 1);
}

/* Nobody could see what it replaces, but it does. */
static void test_a_login_before_that_was_out_of_sight(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record before = BF_RECORD_INIT, after = BF_RECORD_INIT;

	world_login(w);
	world_record(w, &before);
	take_home_away(w);
	assert_true(hand_over(w, "alice", /* not_now= */ NULL));
	bring_home_back(w);
	world_pass(w, 20000);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	world_record(w, &after);
	assert_string_not_equal(after.login, before.login);
	assert_true(bf_record_spent(&after, &before.token.refresh));
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	expect_alive(w);
}

/* Nobody could be asked: who was there stays. */
static void test_another_person_out_of_sight(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	world_login(w);
	take_home_away(w);
	assert_true(hand_over(w, "bob", /* not_now= */ NULL));
	bring_home_back(w);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_record(w, &record);
	assert_string_equal(record.subject, "alice");
}

static void test_status_knows_it(void **state)
{
	struct world *w = *state;
	struct bfabric_session_status status = {0};

	assert_true(hand_over(w, "alice", "not now"));
	assert_int_equal(bfabric_session_status(w->s, &status, &w->err), BFABRIC_OK);
	assert_int_equal(status.token_state, BFABRIC_TOKEN_FRESH);
	assert_true(status.can_refresh);
	assert_string_equal(status.subject, "alice");
	assert_non_null(strstr(status.warnings, "rescue copy"));
	bfabric_session_status_clear(&status);
}

static void test_settling_brings_it_home(void **state)
{
	struct world *w = *state;

	world_login(w);
	assert_true(hand_over(w, "alice", "not now"));
	/* What is fresh is served as ever. */
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_true(world_exists(w->paths.runtime_rescue));
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	assert_int_equal(w->server->families, 2);
	expect_alive(w);
}

static void test_the_newest_that_waits_arrives(void **state)
{
	struct world *w = *state;
	char *first = NULL, *second = NULL;

	assert_true(hand_over(w, "alice", "not now"));
	first = world_read(w->paths.runtime_rescue);
	assert_true(hand_over(w, "alice", "not now"));
	second = world_read(w->paths.runtime_rescue);
	assert_string_not_equal(first, second);
	expect_alive(w);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	free(first);
	free(second);
}

static void test_a_later_login_wins(void **state)
{
	struct world *w = *state;
	char *copy = NULL;

	world_login(w);
	assert_true(hand_over(w, "alice", "not now"));
	copy = world_read(w->paths.runtime_rescue);
	world_login(w);
	assert_false(world_exists(w->paths.runtime_rescue));
	/* Also where it could not be removed. */
	world_write(w->paths.runtime_rescue, copy);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	assert_int_equal(w->server->families, 3);
	free(copy);
}

static void test_a_login_by_bfabricpy_wins(void **state)
{
	struct world *w = *state;

	assert_true(hand_over(w, "alice", "not now"));
	py_login(w, "alice");
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
}

/* bfabricPy takes only the cache away. */
static void test_logged_out_again(void **state)
{
	struct world *w = *state;

	assert_true(hand_over(w, "alice", "not now"));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

static void test_another_person(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	json_t *reply = NULL;

	world_login(w);
	reply = authserver_login(w->server, "bob");
	assert_int_equal(
		hand_over_reply(w, reply, /* not_now= */ NULL, &result), BFABRIC_FORBIDDEN);
	json_decref(reply);
	assert_true(newest_is_revoked(w));
	assert_false(world_exists(w->paths.runtime_rescue));
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
}

static void test_nowhere_to_wait(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	json_t *reply = authserver_login(w->server, "alice");

	unsetenv("XDG_RUNTIME_DIR");
	world_reopen(w);
	assert_int_equal(hand_over_reply(w, reply, "not now", &result), BFABRIC_SYSTEM);
	json_decref(reply);
	assert_non_null(strstr(w->err.text, "not now"));
	assert_non_null(strstr(w->err.text, "XDG_RUNTIME_DIR"));
	assert_true(newest_is_revoked(w));
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

/* One that waits for its home goes to its store from there. */
static void test_it_arrives_in_a_store(void **state)
{
	struct world *w = *state;

	shelf_begin(w);
	assert_true(hand_over(w, "alice", "not now"));
	assert_string_equal(shelf_refresh_token(), "");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	shelf_expect_apart(w);
	shelf_expect_alive(w);
}

/* One that waits for its store and is logged out meanwhile does not come back. */
static void test_logged_out_while_it_waits_for_the_store(void **state)
{
	struct world *w = *state;

	shelf_begin(w);
	shelf.locked = true;
	assert_true(hand_over(w, "alice", /* not_now= */ NULL));
	py_logout(w);
	shelf.locked = false;
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_false(world_exists(w->paths.runtime_rescue));
}

/* Whatever fails: it is there, or waits, or was given back. */
static void fail_each(struct world *w, unsigned calls, int error, const char *not_now)
{
	unsigned failures = 0;

	FAULT_EACH (calls, error) {
		BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
		json_t *reply = NULL;
		enum bfabric_status status;

		fault_hold(true);
		reply = authserver_login(w->server, "alice");
		fault_hold(false);
		status = hand_over_reply(w, reply, not_now, &result);
		failures += fault_disarm();
		json_decref(reply);
		if (status != BFABRIC_OK) {
			assert_true(newest_is_revoked(w));
			continue;
		}
		assert_string_equal(result.subject, "alice");
		assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
		assert_false(world_exists(w->paths.runtime_rescue));
		assert_true(authserver_takes(w->server, world_refresh_token(w)));
		assert_false(newest_is_revoked(w));
	}
	assert_true(failures > 5);
}

static void test_each_call_fails_once(void **state)
{
	struct world *w = *state;

	fail_each(w, FAULT_MEMORY, ENOMEM, /* not_now= */ NULL);
	fail_each(w, FAULT_MEMORY, ENOMEM, "not now");
	fail_each(w, FAULT_SYSTEM & ~FAULT_BIT(FAULT_UNLINK), EIO, /* not_now= */ NULL);
	fail_each(w, FAULT_SYSTEM & ~FAULT_BIT(FAULT_UNLINK), ENOSPC, "not now");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_nothing_is_in_the_way),
		world_test(test_it_waits_and_arrives),
		world_test(test_a_login_before_that_was_out_of_sight),
		world_test(test_another_person_out_of_sight),
		world_test(test_status_knows_it),
		world_test(test_settling_brings_it_home),
		world_test(test_the_newest_that_waits_arrives),
		world_test(test_a_later_login_wins),
		world_test(test_a_login_by_bfabricpy_wins),
		world_test(test_logged_out_again),
		world_test(test_another_person),
		world_test(test_nowhere_to_wait),
		world_test(test_it_arrives_in_a_store),
		world_test(test_logged_out_while_it_waits_for_the_store),
		world_test(test_each_call_fails_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
