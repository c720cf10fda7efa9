/*
 * A refresh token in a store of its own: never in our files, never lost when the store is.
 */
#include "person.h"
#include "shelf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libbfabric/settle.h"
#include "logout.h"

static void test_files_have_no_refresh_token(void **state)
{
	struct world *w = *state;
	unsigned gets;

	shelf_log_in(w);
	shelf_expect_apart(w);
	gets = shelf.gets;
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(shelf.gets, gets); /* a fresh token asks nobody */
	for (int i = 0; i < 40; i++)
		shelf_expect_alive(w);
	assert_int_equal(w->server->requests, 40);
}

static void test_nothing_is_written_without_rotation(void **state)
{
	struct world *w = *state;

	w->server->rotates = false;
	shelf_log_in(w);
	assert_int_equal(shelf.puts, 1);
	shelf_expect_alive(w);
	assert_int_equal(shelf.puts, 1);
}

static void test_what_else_is_there_stays(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	shelf_set("client_secret", "its-own-secret");
	w->server->form = FORM_SECRET; /* which is what the client says now */
	strcpy(w->server->secret, "its-own-secret");
	shelf_set("of a later version", "kept");
	shelf.gets = 0;
	shelf_expect_alive(w);
	assert_int_equal(shelf.gets, 2); /* to spend, with the secret beside it, and to put */
	assert_non_null(strstr(shelf.line, "its-own-secret"));
	assert_non_null(strstr(shelf.line, "of a later version"));
}

static void test_locked(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	shelf.locked = true;
	world_pass(w, 28800 - 30);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, "the shelf is locked"));
	world_pass(w, 30);
	assert_int_equal(world_get_new(w), BFABRIC_STORE_UNAVAILABLE);
	assert_non_null(strstr(w->err.text, "the shelf is locked"));
	assert_int_equal(w->server->requests, 0);
	shelf.locked = false;
	shelf_expect_alive(w);
}

static void lock_shelf(void *data)
{
	(void)data;
	shelf.locked = true;
}

/* The server has rotated, and the store is gone. */
static void lose_store(struct world *w)
{
	shelf_log_in(w);
	w->server->during = lock_shelf;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	w->server->during = NULL;
	assert_non_null(strstr(w->token.warning, "the shelf is locked"));
	assert_non_null(strstr(w->token.warning, w->paths.runtime_rescue));
	assert_true(world_exists(w->paths.runtime_rescue));
	assert_string_equal(world_refresh_token(w), "");
}

static void test_lost_in_the_middle(void **state)
{
	struct world *w = *state;

	lose_store(w);
	world_pass(w, 40000);
	assert_int_equal(world_get_new(w), BFABRIC_STORE_UNAVAILABLE);
	assert_int_equal(w->server->requests, 1);
	shelf.locked = false;
	shelf_expect_alive(w);
	assert_int_equal(w->server->requests, 2);
}

static void test_settling_restores_it(void **state)
{
	struct world *w = *state;

	lose_store(w);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_STORE_UNAVAILABLE);
	assert_true(world_exists(w->paths.runtime_rescue));
	shelf.locked = false;
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	shelf_expect_apart(w);
	assert_int_equal(w->server->requests, 1);
	shelf_expect_alive(w);
}

/* Without a runtime directory, after a restart: the copy is gone with it. */
static void test_lost_for_good(void **state)
{
	struct world *w = *state;

	lose_store(w);
	assert_int_equal(unlink(w->paths.runtime_rescue), 0);
	shelf.locked = false;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->reuses, 0); /* what the store has is known as spent */
	world_login(w);
	shelf_expect_alive(w);
}

static void test_login_while_the_store_is_lost(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};

	shelf_begin(w);
	shelf.locked = true;
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_OK);
	assert_non_null(strstr(result.warning, w->paths.runtime_rescue));
	assert_string_equal(world_refresh_token(w), "");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	shelf.locked = false;
	shelf_expire(w);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	shelf_expect_apart(w);
	shelf_expect_alive(w);
}

static unsigned noticed;

static void notice(void *data, const char *text)
{
	(void)data;
	noticed += strstr(text, "locked") != NULL;
}

static void test_a_login_unlocks_first(void **state)
{
	struct world *w = *state;
	const struct bfabric_ui person = {.notice = notice};

	shelf_begin(w);
	shelf.locked = true;
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, 0, &w->err), BFABRIC_STORE_UNAVAILABLE);
	assert_int_equal(shelf.unlocks, 0);
	assert_int_equal(bf_login_prepare(w->s, &person, 0, &w->err), BFABRIC_OK);
	assert_int_equal(shelf.unlocks, 1);
	assert_int_equal(noticed, 1);
}

/* ---- cut off, by hand, over ------------------------------------------------------------------ */

static void test_cut_off_before_the_record(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *record = NULL;
	BF_AUTO_FREE char *cache = NULL;

	shelf_log_in(w);
	record = world_read(w->paths.record);
	cache = world_read(w->paths.cache);
	shelf_expect_alive(w);
	world_write(w->paths.record, record);
	world_write(w->paths.cache, cache);
	shelf_expect_alive(w);
}

static enum bfabric_status die(const struct bf_store *store, int64_t deadline,
	const struct bf_secret *line, struct bfabric_error *err)
{
	(void)store, (void)deadline, (void)line, (void)err;
	_exit(9);
}

/* The server has rotated, and we are killed while the store is asked. */
static void test_cut_off_before_the_store(void **state)
{
	struct world *w = *state;
	struct bf_store_type dying;
	pid_t child;
	int how = 0;

	shelf_log_in(w);
	shelf_expire(w);
	dying = *w->store;
	dying.put = die;
	child = fork();
	if (child == 0) {
		w->store = &dying;
		world_reopen(w);
		_exit(world_get(w) == BFABRIC_OK);
	}
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_int_equal(WEXITSTATUS(how), 9);
	assert_int_equal(w->server->requests, 1);
	shelf_expect_alive(w);
}

static void test_record_lost(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	assert_int_equal(unlink(w->paths.record), 0);
	shelf_expect_alive(w);
}

static void test_store_chosen_by_hand(void **state)
{
	struct world *w = *state;
	const struct bf_store_type *type;

	world_login(w);
	shelf_begin(w);
	shelf_expect_alive(w);
	type = w->store;
	w->store = NULL;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_non_null(strstr(w->err.text, "another store"));
	w->store = type;
	shelf_expect_alive(w);
}

static void test_refused_is_not_asked_again(void **state)
{
	struct world *w = *state;
	unsigned gets;

	shelf_log_in(w);
	w->server->trouble = TROUBLE_REFUSE;
	w->server->trouble_left = 1;
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	gets = shelf.gets;
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(shelf.gets, gets);
	assert_int_equal(w->server->requests, 1);
}

static void test_logout(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	char refresh[64];

	shelf_log_in(w);
	snprintf(refresh, sizeof(refresh), "%s", shelf_refresh_token());
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_string_equal(result.left, "");
	assert_false(authserver_takes(w->server, refresh));
	assert_string_equal(shelf.line, "");
	assert_gone(w);
}

static void test_logout_while_locked(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	char refresh[64];

	shelf_log_in(w);
	snprintf(refresh, sizeof(refresh), "%s", shelf_refresh_token());
	shelf.locked = true;
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(bf_logout_leaves_valid(&result));
	assert_non_null(strstr(result.left, "the shelf is locked"));
	assert_gone(w);
	shelf.locked = false;
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(result.was_there);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_false(authserver_takes(w->server, refresh));
	assert_string_equal(shelf.line, "");
}

/* By hand, the configuration names files again: a person hears of what is left. */
static void test_logout_without_its_store(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	const struct bf_store_type *type;
	char refresh[64];

	shelf_log_in(w);
	snprintf(refresh, sizeof(refresh), "%s", shelf_refresh_token());
	type = w->store;
	w->store = NULL;
	world_reopen(w);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_non_null(strstr(result.left, "does not name any more"));
	assert_gone(w);
	w->store = type;
	world_reopen(w);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_string_equal(result.left, "");
	assert_false(authserver_takes(w->server, refresh));
	assert_string_equal(shelf.line, "");
}

static void test_status(void **state)
{
	struct world *w = *state;
	struct bfabric_session_status status = {0};

	shelf_log_in(w);
	py_login(w, "alice");
	assert_int_equal(bfabric_session_status(w->s, &status, &w->err), BFABRIC_OK);
	assert_string_equal(status.store, "shelf");
	assert_null(status.secret_path);
	assert_true(status.can_refresh);
	assert_non_null(strstr(status.warnings, "another program"));
	bfabric_session_status_clear(&status);
	shelf_expect_alive(w);
	assert_int_equal(bfabric_session_status(w->s, &status, &w->err), BFABRIC_OK);
	assert_true(status.can_refresh);
	assert_false(status.login_required);
	assert_null(status.warnings);
	bfabric_session_status_clear(&status);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_files_have_no_refresh_token),
		world_test(test_nothing_is_written_without_rotation),
		world_test(test_what_else_is_there_stays),
		world_test(test_locked),
		world_test(test_lost_in_the_middle),
		world_test(test_settling_restores_it),
		world_test(test_lost_for_good),
		world_test(test_login_while_the_store_is_lost),
		world_test(test_a_login_unlocks_first),
		world_test(test_cut_off_before_the_record),
		world_test(test_cut_off_before_the_store),
		world_test(test_record_lost),
		world_test(test_store_chosen_by_hand),
		world_test(test_refused_is_not_asked_again),
		world_test(test_logout),
		world_test(test_logout_while_locked),
		world_test(test_logout_without_its_store),
		world_test(test_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
