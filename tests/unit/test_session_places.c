/*
 * Homes and files as they are found on bad days, and deadlines that have passed.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STRANGER 54321

static char home[128];

static const char *home_of(struct world *w)
{
	snprintf(home, sizeof(home), "%s/home", w->root);
	return home;
}

static void expire(struct world *w)
{
	world_login(w);
	world_pass(w, 30000);
	world_reopen(w);
}

/* ---- homes ----------------------------------------------------------------------------------- */

static void test_home_is_missing(void **state)
{
	struct world *w = *state;

	assert_int_equal(rmdir(home_of(w)), 0);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, home_of(w)));
	assert_false(world_exists(home_of(w)));
}

static void test_home_is_a_file(void **state)
{
	struct world *w = *state;

	assert_int_equal(rmdir(home_of(w)), 0);
	world_write(home_of(w), "");
	assert_int_not_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, home_of(w)));
}

static void test_root_with_the_home_of_a_user(void **state)
{
	struct world *w = *state;

	if (geteuid() != 0)
		return; /* only root can give a folder away */
	expire(w);
	assert_int_equal(chown(home_of(w), STRANGER, (gid_t)-1), 0);
	assert_int_equal(world_get(w), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, "sudo"));
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_SYSTEM);
	assert_int_equal(chown(home_of(w), 0, (gid_t)-1), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

/* Only an unprivileged user is stopped by permissions. */
static void test_home_is_read_only(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(chmod(w->paths.dir, 0500), 0);
	if (access(w->paths.dir, W_OK) == 0)
		return;
	assert_int_equal(world_get(w), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, w->paths.dir));
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(chmod(w->paths.dir, 0700), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

static void test_no_runtime_folder(void **state)
{
	struct world *w = *state;

	unsetenv("XDG_RUNTIME_DIR");
	expire(w);
	assert_null(w->s->paths.runtime_rescue);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

static void test_runtime_folder_that_cannot_be_used(void **state)
{
	struct world *w = *state;
	char path[256];

	assert_int_equal(rmdir(strcat(strcpy(path, getenv("XDG_RUNTIME_DIR")), "/bfabric")), 0);
	world_write(path, "a file");
	expire(w);
	assert_null(w->s->paths.runtime_rescue);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

/* ---- files ----------------------------------------------------------------------------------- */

static void make_link(const char *path)
{
	char target[512];

	snprintf(target, sizeof(target), "%s.elsewhere", path);
	assert_int_equal(rename(path, target), 0);
	assert_int_equal(symlink(target, path), 0);
}

static void make_fifo(const char *path)
{
	unlink(path);
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_folder(const char *path)
{
	unlink(path);
	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_group_writable(const char *path)
{
	assert_int_equal(chmod(path, 0620), 0);
}

static void make_foreign(const char *path)
{
	if (geteuid() == 0)
		assert_int_equal(chown(path, STRANGER, (gid_t)-1), 0);
	else
		assert_int_equal(chmod(path, 0602), 0);
}

static void (*const ways[])(const char *path) = {
	make_link, make_fifo, make_folder, make_group_writable, make_foreign};

static void expect_named(struct world *w, void (*make)(const char *), const char *path)
{
	expire(w);
	make(path);
	assert_int_equal(world_get(w), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, path));
	assert_int_equal(w->server->requests, 0);
	if (unlink(path) != 0)
		assert_int_equal(rmdir(path), 0);
}

static void test_odd_cache(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		expect_named(w, ways[i], w->paths.cache);
}

static void test_odd_record(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		expect_named(w, ways[i], w->paths.record);
}

static void test_odd_lock(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		expect_named(w, ways[i], w->paths.lock);
}

static void test_lock_with_nonsense_in_it(void **state)
{
	static const char *const notes[] = {"", "{", "[1]", "{\"seq\": 1}",
		"{\"seq\": 9223372036854775807, \"status\": \"OK\", \"text\": \"\"}",
		"{\"seq\": 5, \"status\": \"LOGIN_REQUIRED\", \"text\": \"old\"}",
		"{\"seq\": -3, \"status\": \"NO_SUCH\", \"text\": \"\\u001b[2J\"}"};
	struct world *w = *state;

	world_login(w);
	for (size_t i = 0; i < sizeof(notes) / sizeof(*notes); i++) {
		world_write(w->paths.lock, notes[i]);
		world_pass(w, 30000);
		assert_int_equal(world_get_new(w), BFABRIC_OK);
	}
}

static void test_folder_that_others_could_use_is_closed(void **state)
{
	struct world *w = *state;
	struct stat st;

	expire(w);
	assert_int_equal(chmod(w->paths.dir, 0775), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(stat(w->paths.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(w->paths.cache, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(w->paths.record, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

/* The front serves nothing from such a folder; the first call that gets here closes it. */
static void test_open_folder_with_a_fresh_token(void **state)
{
	struct world *w = *state;
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct stat st;
	bool served = true;

	world_login(w);
	assert_int_equal(chmod(w->paths.dir, 0775), 0);
	assert_int_equal(
		bf_cache_serve(&w->paths, WORLD_NOW, 60, &served, &token, NULL), BFABRIC_OK);
	assert_false(served);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(stat(w->paths.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

static void test_left_over_temporary_files(void **state)
{
	struct world *w = *state;
	char temporary[512];

	expire(w);
	snprintf(temporary, sizeof(temporary), "%s.tmp", w->paths.cache);
	world_write(temporary, "litter of a crash");
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_false(world_exists(temporary));
}

/* ---- deadlines ------------------------------------------------------------------------------- */

static enum bfabric_status get_within(struct world *w, int64_t ms)
{
	return bfabric_session_token(w->s, 60, w->clock->boot_ms + ms, &w->token, &w->err);
}

static void test_a_token_is_not_spent_without_time_for_the_reply(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(get_within(w, -1), BFABRIC_TIMEOUT);
	assert_int_equal(get_within(w, 0), BFABRIC_TIMEOUT);
	assert_int_equal(get_within(w, 500), BFABRIC_TIMEOUT);
	assert_int_equal(
		bfabric_session_token(w->s, 60, INT64_MIN, &w->token, &w->err), BFABRIC_TIMEOUT);
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(get_within(w, 8000), BFABRIC_OK);
}

static void test_a_passed_deadline_does_not_hinder_the_cache(void **state)
{
	struct world *w = *state;

	world_login(w);
	assert_int_equal(get_within(w, -1), BFABRIC_OK);
	bfabric_token_clear(&w->token);
	world_pass(w, 28800 - 30);
	world_reopen(w);
	assert_int_equal(get_within(w, -1), BFABRIC_OK);
	assert_non_null(w->token.warning);
	assert_int_equal(w->server->requests, 0);
}

/* One caller without time must not answer for those who have it. */
static void test_a_timeout_of_ones_own_is_not_shared(void **state)
{
	struct world *w = *state;
	struct bf_outcome before, after;

	expire(w);
	bf_outcome_peek(&w->paths, &before);
	assert_int_equal(get_within(w, 100), BFABRIC_TIMEOUT);
	bf_outcome_peek(&w->paths, &after);
	assert_int_equal(before.seq, after.seq);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_home_is_missing),
		world_test(test_home_is_a_file),
		world_test(test_root_with_the_home_of_a_user),
		world_test(test_home_is_read_only),
		world_test(test_no_runtime_folder),
		world_test(test_runtime_folder_that_cannot_be_used),
		world_test(test_odd_cache),
		world_test(test_odd_record),
		world_test(test_odd_lock),
		world_test(test_lock_with_nonsense_in_it),
		world_test(test_folder_that_others_could_use_is_closed),
		world_test(test_open_folder_with_a_fresh_token),
		world_test(test_left_over_temporary_files),
		world_test(test_a_token_is_not_spent_without_time_for_the_reply),
		world_test(test_a_passed_deadline_does_not_hinder_the_cache),
		world_test(test_a_timeout_of_ones_own_is_not_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
