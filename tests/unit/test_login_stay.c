/*
 * A login that stays in the runtime directory: it is served, refreshed and logged out there, never
 * comes home, and goes with the session of the machine that brought it.
 */
#include "shelf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fault.h"
#include "libbfabric/login_stay.h"
#include "libbfabric/login_wait.h"
#include "libbfabric/logout.h"
#include "libbfabric/settle.h"

#define ONE "11111111111111111111111111111111"
#define TWO "22222222222222222222222222222222"

/* Where it would lie, and what the home has meanwhile. */
static struct bf_paths staying;

static int setup(void **state)
{
	struct bf_url url = BF_URL_INIT;
	struct world *w = NULL;

	if (world_setup(state) != 0)
		return -1;
	w = *state;
	assert_int_equal(bf_url_parse(w->s->env.url.text, &url, NULL), BFABRIC_OK);
	assert_int_equal(bf_paths_init_staying(&url, "CLI", "TEST", &staying, NULL), BFABRIC_OK);
	bf_url_release(&url);
	return 0;
}

static int teardown(void **state)
{
	bf_paths_release(&staying);
	return world_teardown(state);
}

#define stay_test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

/* A session of the child that keeps a login; from then on ordinary ones are opened. */
static void open_keeper(struct world *w, bool stays)
{
	w->seams.in_runtime = stays;
	world_reopen(w);
	w->seams.in_runtime = false;
}

static enum bfabric_status keep(
	struct world *w, json_t *reply, const char *session, const char *not_now)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	const struct bf_login_grant grant = {.reply = reply,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
		.revocation_endpoint = "https://bfabric.test/bfabric/rest/oauth/revoke",
		.client_auth = BF_CLIENT_AUTH_EMPTY_BASIC,
		.session = session};

	return bf_login_hand_over(w->s, &grant, not_now, &result, &w->err);
}

static enum bfabric_status hand_over(
	struct world *w, const char *subject, const char *session, bool stays)
{
	json_t *reply = authserver_login(w->server, subject);
	enum bfabric_status status;

	open_keeper(w, stays);
	status = keep(w, reply, session, stays ? NULL : "not now");
	json_decref(reply);
	world_reopen(w);
	return status;
}

static bool newest_is_revoked(const struct world *w)
{
	return w->server->revoked[w->server->families - 1];
}

static bool end(struct world *w, const char *session)
{
	char left[256] = "?";
	bool ended = false;

	world_reopen(w);
	assert_int_equal(
		bf_login_end(w->s, session, bf_boot_ms(&w->sys) + 5000, &ended, left, &w->err),
		BFABRIC_OK);
	world_reopen(w);
	assert_string_equal(left, "");
	return ended;
}

static void expect_gone(void)
{
	const char *const files[] = {
		staying.cache, staying.record, staying.rejected, staying.rescued};

	for (size_t i = 0; i < 4; i++)
		assert_false(world_exists(files[i]));
}

/* The home is not even made. */
static void expect_home_untouched(struct world *w)
{
	assert_false(world_exists(w->paths.cache));
	assert_false(world_exists(w->paths.record));
	assert_false(world_exists(w->paths.runtime_rescue));
}

static void test_served_and_refreshed_in_place(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	bool found = false;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	assert_true(w->s->paths.stays);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	for (unsigned i = 1; i <= 3; i++) {
		world_pass(w, 30000);
		assert_int_equal(world_get_new(w), BFABRIC_OK);
		assert_null(w->token.warning);
		assert_int_equal(w->server->requests, i);
	}
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	expect_home_untouched(w);
	assert_int_equal(bf_record_read(staying.record, &found, &record, &w->err), BFABRIC_OK);
	assert_true(found);
	assert_string_equal(record.session, ONE); /* of every token of this login */
	assert_string_equal(record.subject, "alice");
	assert_true(end(w, ONE));
	expect_gone();
	assert_true(newest_is_revoked(w));
	assert_false(w->s->paths.stays);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

/* The login of the home is out of the way meanwhile, and there again afterwards. */
static void test_the_home_keeps_what_it_has(void **state)
{
	struct world *w = *state;
	char *before[2], *after[2];

	world_login(w);
	before[0] = world_read(w->paths.cache);
	before[1] = world_read(w->paths.record);
	assert_int_equal(hand_over(w, "bob", ONE, true), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_string_equal(w->server->owner[w->server->families - 1], "bob");
	assert_true(end(w, ONE));
	after[0] = world_read(w->paths.cache);
	after[1] = world_read(w->paths.record);
	for (int i = 0; i < 2; i++) {
		assert_string_equal(before[i], after[i]);
		free(before[i]);
		free(after[i]);
	}
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
}

static void test_sessions_that_overlap(void **state)
{
	struct world *w = *state;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	assert_false(end(w, TWO));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	/* who came last is at the machine */
	assert_int_equal(hand_over(w, "bob", TWO, true), BFABRIC_OK);
	assert_true(w->server->revoked[0]);
	assert_false(newest_is_revoked(w));
	assert_false(end(w, ONE));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_true(end(w, TWO));
	assert_true(newest_is_revoked(w));
	assert_false(end(w, TWO));
}

/* A login by hand is nobody's session, and not the one that was there before. */
static void test_a_login_by_hand(void **state)
{
	struct world *w = *state;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	world_login(w);
	expect_home_untouched(w);
	assert_false(end(w, ONE));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_logout_deletes_it(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result = {0};

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	assert_int_equal(bf_logout(w->s, BF_LOGOUT_KEEP, 0, &result, &w->err), BFABRIC_OK);
	assert_true(result.was_there);
	assert_true(newest_is_revoked(w));
	assert_false(world_exists(staying.cache));
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_false(end(w, ONE));
}

static void test_status_says_where(void **state)
{
	struct world *w = *state;
	struct bfabric_session_status status = {0};

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	assert_int_equal(bfabric_session_status(w->s, &status, &w->err), BFABRIC_OK);
	assert_int_equal(status.token_state, BFABRIC_TOKEN_FRESH);
	assert_true(status.can_refresh);
	assert_string_equal(status.subject, "alice");
	assert_string_equal(status.cache_path, staying.cache);
	assert_null(status.warnings);
	bfabric_session_status_clear(&status);
}

/* The store is that of the account: this login is not for it. */
static void test_never_into_a_store(void **state)
{
	struct world *w = *state;

	shelf_begin(w);
	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	assert_string_equal(shelf_refresh_token(), "");
	assert_true(end(w, ONE));
	assert_int_equal(shelf.puts, 0);
}

static void test_unknown_members_are_kept(void **state)
{
	struct world *w = *state;
	json_t *record = NULL;
	char *text = NULL;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	record = json_load_file(staying.record, 0, NULL);
	assert_int_equal(json_object_set_new(record, "future", json_string("kept")), 0);
	text = json_dumps(record, 0);
	world_write(staying.record, text);
	free(text);
	json_decref(record);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	text = world_read(staying.record);
	assert_non_null(strstr(text, "\"future\""));
	assert_non_null(strstr(text, ONE));
	free(text);
}

/* Erased also when the server cannot be told, which is said. */
static void test_the_server_is_down(void **state)
{
	struct world *w = *state;
	char left[256] = "";
	bool ended = false;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	authserver_trouble_set(w->server, TROUBLE_NOT_SENT, -1);
	assert_int_equal(bf_login_end(w->s, ONE, bf_boot_ms(&w->sys) + 5000, &ended, left, &w->err),
		BFABRIC_OK);
	assert_true(ended);
	assert_string_not_equal(left, "");
	expect_gone();
}

static void test_no_runtime_directory(void **state)
{
	struct world *w = *state;
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	const struct bf_url *url = &w->s->env.url;

	unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(
		bf_paths_init_staying(url, "CLI", "TEST", &paths, &w->err), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, "XDG_RUNTIME_DIR"));
	assert_int_equal(bf_paths_init(url, "CLI", "TEST", true, &paths, &w->err), BFABRIC_OK);
	assert_string_equal(paths.cache, w->paths.cache);
	world_reopen(w);
	assert_false(end(w, ONE));
}

/* bfabricPy's file is where bfabricPy looks for it. */
static void test_the_public_path_is_the_homes(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *path = NULL;

	assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
	assert_int_equal(
		bfabric_token_cache_path(w->s->env.url.text, "CLI", "TEST", &path, &w->err),
		BFABRIC_OK);
	assert_string_equal(path, w->paths.cache);
}

/* ---- one that waits for its home ------------------------------------------------------------- */

static void test_one_that_waits_goes_with_its_session(void **state)
{
	struct world *w = *state;
	char *before = NULL, *after = NULL;

	world_login(w);
	before = world_read(w->paths.cache);
	assert_int_equal(hand_over(w, "alice", ONE, false), BFABRIC_OK);
	assert_true(world_exists(w->paths.runtime_rescue));
	assert_false(end(w, TWO));
	assert_true(world_exists(w->paths.runtime_rescue));
	assert_true(end(w, ONE));
	assert_false(world_exists(w->paths.runtime_rescue));
	assert_true(newest_is_revoked(w));
	assert_false(w->server->revoked[0]);
	after = world_read(w->paths.cache);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void test_one_that_came_home_stays(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	assert_int_equal(hand_over(w, "alice", ONE, false), BFABRIC_OK);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	world_record(w, &record);
	assert_null(record.session);
	assert_false(end(w, ONE));
	assert_false(newest_is_revoked(w));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

/* ---- trouble --------------------------------------------------------------------------------- */

/* Whatever fails: nothing is in the home, and what is not kept was given back. */
static void test_each_call_fails_once(void **state)
{
	struct world *w = *state;
	unsigned failures = 0;

	FAULT_EACH (FAULT_SYSTEM & ~FAULT_BIT(FAULT_UNLINK), EIO) {
		enum bfabric_status status;
		json_t *reply = NULL;
		char left[256];
		bool ended;

		fault_hold(true);
		reply = authserver_login(w->server, "alice");
		open_keeper(w, true);
		fault_hold(false);
		status = keep(w, reply, ONE, /* not_now= */ NULL);
		failures += fault_disarm();
		json_decref(reply);
		if (status != BFABRIC_OK)
			assert_true(newest_is_revoked(w));
		else
			assert_int_equal(world_get_new(w), BFABRIC_OK);
		assert_int_equal(
			bf_login_end(w->s, NULL, bf_boot_ms(&w->sys) + 5000, &ended, left, &w->err),
			BFABRIC_OK);
		expect_home_untouched(w);
	}
	assert_true(failures > 5);
}

static void test_ending_without_memory(void **state)
{
	struct world *w = *state;

	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bfabric_status status;
		char left[256];
		bool ended = false;

		fault_hold(true);
		assert_int_equal(hand_over(w, "alice", ONE, true), BFABRIC_OK);
		fault_hold(false);
		status = bf_login_end(w->s, ONE, bf_boot_ms(&w->sys) + 5000, &ended, left, &w->err);
		if (!fault_disarm())
			assert_int_equal(status, BFABRIC_OK);
		if (status == BFABRIC_OK)
			expect_gone();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		stay_test(test_served_and_refreshed_in_place),
		stay_test(test_the_home_keeps_what_it_has),
		stay_test(test_sessions_that_overlap),
		stay_test(test_a_login_by_hand),
		stay_test(test_logout_deletes_it),
		stay_test(test_status_says_where),
		stay_test(test_never_into_a_store),
		stay_test(test_unknown_members_are_kept),
		stay_test(test_the_server_is_down),
		stay_test(test_no_runtime_directory),
		stay_test(test_the_public_path_is_the_homes),
		stay_test(test_one_that_waits_goes_with_its_session),
		stay_test(test_one_that_came_home_stays),
		stay_test(test_each_call_fails_once),
		stay_test(test_ending_without_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
