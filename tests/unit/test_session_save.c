/*
 * Saving what a refresh brought: the promise beforehand, rescue copies, and mending afterwards.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void with_suffix(const char *path, const char *suffix, char ret[512])
{
	snprintf(ret, 512, "%s%s", path, suffix);
}

/* Nothing can be written to `path`: its temporary name is taken by a folder. */
static void block(const char *path)
{
	char temporary[512];

	with_suffix(path, ".tmp", temporary);
	assert_int_equal(mkdir(temporary, 0700), 0);
}

static void unblock(const char *path)
{
	char temporary[512];

	with_suffix(path, ".tmp", temporary);
	assert_int_equal(rmdir(temporary), 0);
}

static void expire(struct world *w)
{
	world_pass(w, 40000);
	world_reopen(w);
}

static void expect_alive(struct world *w)
{
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
	assert_int_equal(w->server->reuses, 0);
}

/* ---- the promise beforehand ------------------------------------------------------------------ */

static void expect_not_spent(struct world *w, const char *path)
{
	world_login(w);
	block(path);
	world_pass(w, 28800 - 30);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, path));
	world_pass(w, 30);
	assert_int_equal(world_get_new(w), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, path));
	assert_int_equal(w->server->requests, 0);
	unblock(path);
	expect_alive(w);
}

static void test_no_room_for_the_record(void **state)
{
	struct world *w = *state;

	expect_not_spent(w, w->paths.record);
}

static void test_no_room_for_the_cache(void **state)
{
	struct world *w = *state;

	expect_not_spent(w, w->paths.cache);
}

static unsigned promised;

static void look_at_the_promise(void *data)
{
	struct world *w = data;
	char temporary[512];
	struct stat st;

	with_suffix(w->paths.record, ".tmp", temporary);
	if (stat(temporary, &st) == 0 && st.st_size == 65536 && st.st_blocks * 512 >= 65536)
		promised++;
	with_suffix(w->paths.cache, ".tmp", temporary);
	if (stat(temporary, &st) == 0 && st.st_size == 65536 && st.st_blocks * 512 >= 65536)
		promised++;
}

static void test_both_files_are_promised_before_the_request(void **state)
{
	struct world *w = *state;
	char temporary[512];

	world_login(w);
	w->server->data = w;
	w->server->during = look_at_the_promise;
	promised = 0;
	expect_alive(w);
	assert_int_equal(promised, 2);
	with_suffix(w->paths.cache, ".tmp", temporary);
	assert_false(world_exists(temporary));
	with_suffix(w->paths.record, ".tmp", temporary);
	assert_false(world_exists(temporary));
}

/* ---- the promise was broken ------------------------------------------------------------------ */

enum { LOSE_RECORD = 1, LOSE_CACHE = 2, LOSE_RUNTIME = 4, LOSE_BESIDE = 8 };
static int lose;

/* While the request is under way, what was promised is taken away. */
static void break_the_promise(void *data)
{
	struct world *w = data;
	char temporary[512];

	w->server->during = NULL;
	with_suffix(w->paths.record, ".tmp", temporary);
	if (lose & LOSE_RECORD)
		assert_int_equal(unlink(temporary), 0);
	with_suffix(w->paths.cache, ".tmp", temporary);
	if (lose & LOSE_CACHE)
		assert_int_equal(unlink(temporary), 0);
}

static void get_and_lose(struct world *w, int what)
{
	lose = what;
	w->server->data = w;
	w->server->during = break_the_promise;
	if (what & LOSE_RUNTIME)
		block(w->paths.runtime_rescue);
	if (what & LOSE_BESIDE)
		block(w->paths.rescued);
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	if (what & LOSE_RUNTIME)
		unblock(w->paths.runtime_rescue);
	if (what & LOSE_BESIDE)
		unblock(w->paths.rescued);
}

static void test_only_the_cache_was_saved(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD);
	expect_alive(w);
	expect_alive(w);
}

/* Then the rescue copy remembers what was spent, should the old token be written back. */
static void test_only_the_cache_was_saved_and_the_old_one_comes_back(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = world_read(w->paths.cache);
	get_and_lose(w, LOSE_RECORD);
	assert_non_null(strstr(w->token.warning, w->paths.runtime_rescue));
	world_write(w->paths.cache, stale);
	expect_alive(w);
	assert_false(world_exists(w->paths.runtime_rescue));
}

static void test_the_same_for_an_adopted_login(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	py_login(w, "alice");
	stale = world_read(w->paths.cache);
	get_and_lose(w, LOSE_RECORD);
	expect_alive(w);
	world_write(w->paths.cache, stale);
	expect_alive(w);
}

static void test_the_cache_was_saved_and_no_rescue_copy(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_RUNTIME | LOSE_BESIDE);
	assert_non_null(strstr(w->token.warning, w->paths.record));
	expect_alive(w);
}

static void test_only_the_record_was_saved(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_CACHE);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	expect_alive(w);
}

static void expect_rescue(struct world *w, int what, const char *place)
{
	unsigned before = w->server->requests;
	BF_AUTO_FREE char *value = NULL;

	get_and_lose(w, what);
	assert_non_null(strstr(w->token.warning, place));
	assert_true(world_exists(place));
	value = strdup(w->token.value);
	assert_int_equal(world_get_new(w), BFABRIC_OK); /* mends */
	assert_string_equal(w->token.value, value);
	assert_int_equal(w->server->requests, before + 1);
	assert_false(world_exists(w->paths.runtime_rescue));
	assert_false(world_exists(w->paths.rescued));
	expect_alive(w);
}

static void test_rescue_in_the_runtime_folder(void **state)
{
	struct world *w = *state;

	world_login(w);
	expect_rescue(w, LOSE_RECORD | LOSE_CACHE, w->paths.runtime_rescue);
}

static void test_rescue_beside_the_record(void **state)
{
	struct world *w = *state;

	world_login(w);
	expect_rescue(w, LOSE_RECORD | LOSE_CACHE | LOSE_RUNTIME, w->paths.rescued);
}

/* The login that bfabricPy began has no record yet: the rescue copy continues the cache's token. */
static void test_rescue_of_an_adopted_login(void **state)
{
	struct world *w = *state;

	py_login(w, "alice");
	expect_rescue(w, LOSE_RECORD | LOSE_CACHE, w->paths.runtime_rescue);
	py_login(w, "alice");
	expect_rescue(w, LOSE_RECORD | LOSE_CACHE, w->paths.runtime_rescue);
}

static void test_rescue_with_a_damaged_record(void **state)
{
	struct world *w = *state;

	world_login(w);
	world_write(w->paths.record, "{");
	expect_rescue(w, LOSE_RECORD | LOSE_CACHE, w->paths.runtime_rescue);
}

/* Until it is mended every run says so, and what could not be saved once is not spent again. */
static void test_rescued_and_still_no_room(void **state)
{
	struct world *w = *state;
	unsigned before;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	block(w->paths.record);
	before = w->server->requests;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(world_get_new(w), BFABRIC_OK);
		assert_non_null(strstr(w->token.warning, w->paths.record));
	}
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_SYSTEM);
	assert_int_equal(w->server->requests, before);
	unblock(w->paths.record);
	expect_alive(w);
	assert_false(world_exists(w->paths.runtime_rescue));
}

/* Lost twice in a row: the second rescue copy still leads back to the record. */
static void test_rescued_twice(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	expect_alive(w);
}

static void test_nowhere_to_save(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE | LOSE_RUNTIME | LOSE_BESIDE);
	assert_non_null(strstr(w->token.warning, "login"));
	assert_true(w->token.length > 0);
}

/* ---- whose rescue copy ----------------------------------------------------------------------- */

static void test_rescue_of_another_login_does_not_count(void **state)
{
	struct world *w = *state;
	char newer[64];

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	assert_true(world_exists(w->paths.runtime_rescue));
	world_copy(w->paths.runtime_rescue, w->paths.rescued);
	world_login(w);
	assert_false(world_exists(w->paths.runtime_rescue));
	assert_false(world_exists(w->paths.rescued));
	strcpy(newer, world_refresh_token(w));
	expect_alive(w);
	assert_non_null(strstr(w->server->last_body, newer));
}

static void edit_rescue(struct world *w, void (*edit)(struct bf_record *rescue))
{
	BF_AUTO_RECORD struct bf_record rescue = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	bool found = false;

	assert_int_equal(
		bf_record_read(w->paths.runtime_rescue, &found, &rescue, NULL), BFABRIC_OK);
	assert_true(found);
	edit(&rescue);
	assert_int_equal(bf_record_encode(&rescue, &text, NULL), BFABRIC_OK);
	world_write(w->paths.runtime_rescue, bf_secret_reveal(&text));
}

static void other_login(struct bf_record *rescue)
{
	strcpy(rescue->login, "00000000000000000000000000000000");
}

static void unknown_predecessor(struct bf_record *rescue)
{
	memset(rescue->predecessor, 'a', 64);
	rescue->spent_count = 0;
}

static void test_rescue_with_the_wrong_login(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	edit_rescue(w, other_login);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED); /* nobody could know better */
}

static void test_rescue_with_the_wrong_predecessor(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	edit_rescue(w, unknown_predecessor);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
}

static void test_rescue_after_a_logout_does_not_count(void **state)
{
	struct world *w = *state;

	world_login(w);
	get_and_lose(w, LOSE_RECORD | LOSE_CACHE);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_false(world_exists(w->paths.runtime_rescue));
}

/* ---- a refusal is remembered even on a full disk --------------------------------------------- */

static struct stat reserved;

static void remember_the_promise(void *data)
{
	struct world *w = data;
	char temporary[512];

	with_suffix(w->paths.record, ".tmp", temporary);
	assert_int_equal(stat(temporary, &reserved), 0);
}

/* There may be no other space left: the file that was promised becomes the record. */
static void test_refusal_is_written_into_the_promised_space(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct stat after;

	world_login(w);
	expire(w);
	w->server->data = w;
	w->server->during = remember_the_promise;
	authserver_trouble_set(w->server, TROUBLE_REFUSE, -1);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(stat(w->paths.record, &after), 0);
	assert_int_equal(after.st_ino, reserved.st_ino);
	world_record(w, &record);
	assert_true(bf_record_spent(&record, &record.token.refresh));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_no_room_for_the_record),
		world_test(test_no_room_for_the_cache),
		world_test(test_both_files_are_promised_before_the_request),
		world_test(test_only_the_cache_was_saved),
		world_test(test_only_the_cache_was_saved_and_the_old_one_comes_back),
		world_test(test_the_same_for_an_adopted_login),
		world_test(test_the_cache_was_saved_and_no_rescue_copy),
		world_test(test_only_the_record_was_saved),
		world_test(test_rescue_in_the_runtime_folder),
		world_test(test_rescue_beside_the_record),
		world_test(test_rescue_of_an_adopted_login),
		world_test(test_rescue_with_a_damaged_record),
		world_test(test_rescued_and_still_no_room),
		world_test(test_rescued_twice),
		world_test(test_nowhere_to_save),
		world_test(test_rescue_of_another_login_does_not_count),
		world_test(test_rescue_with_the_wrong_login),
		world_test(test_rescue_with_the_wrong_predecessor),
		world_test(test_rescue_after_a_logout_does_not_count),
		world_test(test_refusal_is_written_into_the_promised_space),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
