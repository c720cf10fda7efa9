/*
 * A refresh token in a store of its own, and everything at the wrong moment: writes that were cut
 * off between store, record and cache, what was put back in between, logins and logouts by
 * bfabricPy during a request.
 */
#include "person.h"
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "libbfabric/settle.h"

/* What lies on disk and in the store, to be put back. */
struct snapshot {
	char *record, *cache;
	char line[sizeof(shelf.line)];
};

static void snapshot_release(struct snapshot *before)
{
	free(before->record);
	free(before->cache);
}

#define AUTO_SNAPSHOT __attribute__((cleanup(snapshot_release)))

static struct snapshot snapshot_take(struct world *w)
{
	struct snapshot now = {
		.record = world_read(w->paths.record), .cache = world_read(w->paths.cache)};

	memcpy(now.line, shelf.line, sizeof(now.line));
	return now;
}

static void refresh(struct world *w)
{
	world_reopen(w);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_null(w->token.warning);
}

static void settle(struct world *w)
{
	world_reopen(w);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
}

/* ---- cut off --------------------------------------------------------------------------------- */

/* After the record: its new access token is served, with no store and no server. */
static void test_before_the_cache(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_log_in(w);
	before = snapshot_take(w);
	world_pass(w, 28790);
	refresh(w);
	world_write(w->paths.cache, before.cache);
	shelf.locked = true;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_null(w->token.warning);
	assert_int_equal(w->server->requests, 1);
	shelf.locked = false;
	shelf_expect_alive(w);
}

static void cut_off_login(struct world *w, const char *cache)
{
	BF_AUTO_FREE char *text = NULL;
	char *flag;

	world_login(w);
	text = world_read(w->paths.record);
	flag = strstr(text, "\"cache_written\": true");
	if (!flag)
		flag = strstr(text, "\"cache_written\":true");
	assert_non_null(flag);
	memcpy(strstr(flag, "true"), "null", 4);
	world_write(w->paths.record, text);
	world_write(w->paths.cache, cache);
}

/* The cache is that of the login before, of whomever: it does not end the one that was saved. */
static void test_login_before_the_cache(void **state)
{
	struct world *w = *state;

	for (int opaque = 0; opaque < 2; opaque++) {
		AUTO_SNAPSHOT struct snapshot before = {0};

		shelf_begin(w);
		w->server->opaque = opaque;
		py_login(w, "bob");
		settle(w);
		before = snapshot_take(w);
		cut_off_login(w, before.cache);
		shelf_expect_alive(w);
	}
}

/* Before the record; and then an old document is put back. */
static void test_before_the_record_and_put_back(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_log_in(w);
	before = snapshot_take(w);
	refresh(w);
	world_write(w->paths.record, before.record);
	world_write(w->paths.cache, before.cache);
	refresh(w);
	memcpy(shelf.line, before.line, sizeof(shelf.line));
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->reuses, 0);
}

/* The same, and the token that was exchanged is in the cache: the one in the store is the newer. */
static void test_before_the_record_beside_a_full_cache(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot files = {0}, before = {0};

	world_login(w);
	files = snapshot_take(w);
	shelf_begin(w);
	settle(w);
	before = snapshot_take(w);
	refresh(w);
	world_write(w->paths.record, before.record);
	world_write(w->paths.cache, files.cache);
	shelf_expect_alive(w);
}

/* Even where the record was never stripped of it. */
static void test_before_the_record_beside_full_files(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot files = {0};

	world_login(w);
	files = snapshot_take(w);
	shelf_begin(w);
	refresh(w);
	world_write(w->paths.record, files.record);
	world_write(w->paths.cache, files.cache);
	shelf_expect_alive(w);
}

/* A record of the time before the store beside a cache that has no refresh token any more. */
static void test_only_the_record_has_it(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot files = {0};

	world_login(w);
	files = snapshot_take(w);
	shelf_begin(w);
	settle(w);
	world_write(w->paths.record, files.record);
	settle(w);
	shelf_expect_apart(w);
	shelf_expect_alive(w);
}

static void lose_promises(void *data)
{
	struct world *w = data;
	char path[512];

	shelf.on_put = NULL; /* once */
	snprintf(path, sizeof(path), "%s.tmp", w->paths.record);
	assert_int_equal(unlink(path), 0);
	snprintf(path, sizeof(path), "%s.tmp", w->paths.cache);
	assert_int_equal(unlink(path), 0);
}

static void lose_everything(void *data)
{
	lose_promises(data);
	shelf.locked = true;
}

/* What was rescued continues the login, also where no token tells whose it is. */
static void test_neither_record_nor_cache(void **state)
{
	struct world *w = *state;

	for (int opaque = 0; opaque < 2; opaque++) {
		w->server->opaque = opaque;
		shelf_log_in(w);
		shelf_expire(w);
		w->server->during = lose_promises;
		w->server->data = w;
		assert_int_equal(world_get(w), BFABRIC_OK);
		w->server->during = NULL;
		assert_true(world_exists(w->paths.runtime_rescue));
		settle(w);
		shelf_expect_apart(w);
		shelf_expect_alive(w);
	}
}

/* A login that could not be saved is undone, and does not take the one before with it. */
static void test_login_that_no_file_takes(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_log_in(w);
	before = snapshot_take(w);
	shelf.on_put = lose_promises;
	shelf.data = w;
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_SYSTEM);
	assert_string_equal(shelf_refresh_token(), "RT0.1");
	shelf_expect_alive(w);
	shelf.on_put = lose_everything;
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_SYSTEM);
	assert_false(world_exists(w->paths.runtime_rescue));
}

/* ---- bfabricPy ------------------------------------------------------------------------------- */

/* Another person's token, from before this login. */
static void test_written_back_of_another_person(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_begin(w);
	py_login(w, "bob");
	settle(w);
	before = snapshot_take(w);
	world_login(w);
	world_write(w->paths.cache, before.cache);
	world_pass(w, 28790);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	shelf_expect_alive(w);
}

/* What is written back after a logout is spent: it leaves the cache, and does not get further. */
static void test_written_back_after_a_logout(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_begin(w);
	py_login(w, "alice");
	before = snapshot_take(w);
	settle(w);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	world_write(w->paths.cache, before.cache);
	settle(w);
	assert_string_equal(shelf_refresh_token(), "");
	assert_string_equal(world_refresh_token(w), "");
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	world_login(w);
	shelf_expect_alive(w);
}

/* A login that the store did not take ends with the cache as any other. */
static void test_logout_of_a_rescued_login(void **state)
{
	struct world *w = *state;

	shelf_begin(w);
	shelf.locked = true;
	world_login(w);
	assert_true(world_exists(w->paths.runtime_rescue));
	py_logout(w);
	shelf.locked = false;
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_string_equal(shelf_refresh_token(), "");
	assert_false(world_exists(w->paths.runtime_rescue));
}

static void log_out_meanwhile(void *data)
{
	py_logout(data);
}

/* A logout leaves nothing that is of use to anybody, on a server that does not rotate either. */
static void test_logout_during_a_refresh(void **state)
{
	struct world *w = *state;

	w->server->rotates = false;
	shelf_log_in(w);
	w->server->during = log_out_meanwhile;
	w->server->data = w;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_string_equal(shelf_refresh_token(), "");
}

static void log_in_meanwhile(void *data)
{
	py_login(data, "alice");
}

/* Their login is served, and what was refreshed is not lost in case that is overwritten. */
static void test_login_during_a_refresh(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot before = {0};

	shelf_log_in(w);
	before = snapshot_take(w);
	w->server->during = log_in_meanwhile;
	w->server->data = w;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	w->server->during = NULL;
	world_write(w->paths.cache, before.cache);
	shelf_expect_alive(w);
}

/* ---- the configuration ----------------------------------------------------------------------- */

static void test_moved_while_a_session_was_open(void **state)
{
	struct world *w = *state;
	AUTO_SNAPSHOT struct snapshot moved = {0}, after = {0};
	char path[128];

	world_login(w);
	moved = snapshot_take(w);
	shelf_begin(w);
	snprintf(path, sizeof(path), "%s/home/moved.yml", w->root);
	world_write(path, "TEST:\n  base_url: https://bfabric.test/bfabric\n"
			  "  auth_method: oauth\n  client_id: CLI\n");
	free(w->s->env.file);
	w->s->env.file = strdup(path);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_BAD_CONFIG);
	world_pass(w, 40000);
	assert_int_equal(world_get(w), BFABRIC_BAD_CONFIG);
	assert_non_null(strstr(w->err.text, "has moved from shelf to file"));
	after = snapshot_take(w);
	assert_string_equal(after.record, moved.record);
	assert_string_equal(after.cache, moved.cache);
	assert_string_equal(shelf.line, "");
	assert_int_equal(shelf.gets, 0);
	w->store = NULL;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_before_the_cache),
		world_test(test_login_before_the_cache),
		world_test(test_before_the_record_and_put_back),
		world_test(test_before_the_record_beside_a_full_cache),
		world_test(test_before_the_record_beside_full_files),
		world_test(test_only_the_record_has_it),
		world_test(test_neither_record_nor_cache),
		world_test(test_login_that_no_file_takes),
		world_test(test_written_back_of_another_person),
		world_test(test_written_back_after_a_logout),
		world_test(test_logout_of_a_rescued_login),
		world_test(test_logout_during_a_refresh),
		world_test(test_login_during_a_refresh),
		world_test(test_moved_while_a_session_was_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
