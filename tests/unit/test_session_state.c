/*
 * Which refresh token is the current one, with bfabricPy as a second writer that takes no lock.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *cache_text(struct world *w)
{
	return world_read(w->paths.cache);
}

static void expect_refreshes_on(struct world *w)
{
	world_pass(w, 40000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->reuses, 0);
}

static bool sent(const struct world *w, const char *refresh_token)
{
	char text[80];

	snprintf(text, sizeof(text), "refresh_token=%s", refresh_token);
	return strstr(w->server->last_body, text);
}

/* ---- stale write-back ------------------------------------------------------------------------ */

static void test_stale_write_back_is_undone(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL, *current = NULL, *now = NULL;

	world_login(w);
	stale = cache_text(w);
	world_pass(w, 28790);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	current = cache_text(w);
	world_write(w->paths.cache, stale);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	now = cache_text(w);
	assert_string_equal(now, current);
	assert_int_equal(w->server->requests, 1);
	expect_refreshes_on(w);
}

static void test_stale_write_back_and_the_current_one_expired_too(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;
	char current[64];

	world_login(w);
	stale = cache_text(w);
	world_pass(w, 28790);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	strcpy(current, world_refresh_token(w));
	world_write(w->paths.cache, stale);
	world_pass(w, 40000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_true(sent(w, current));
	expect_refreshes_on(w);
}

/* Thirty refreshes later the oldest write-back is still recognised. */
static void test_stale_write_back_of_long_ago(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = cache_text(w);
	for (int i = 0; i < 30; i++)
		expect_refreshes_on(w);
	world_write(w->paths.cache, stale);
	expect_refreshes_on(w);
}

static void test_write_back_of_an_earlier_login(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = cache_text(w);
	world_login(w);
	world_write(w->paths.cache, stale);
	expect_refreshes_on(w);
	assert_non_null(strstr(world_refresh_token(w), "RT1."));
}

/* --force-refresh asks for a new token, not for one that was there all the time. */
static void test_forced_with_a_stale_cache(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL, *current = NULL;

	world_login(w);
	stale = cache_text(w);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	current = strdup(w->token.value);
	world_write(w->paths.cache, stale);
	world_reopen(w);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	assert_string_not_equal(w->token.value, current);
	assert_int_equal(w->server->reuses, 0);
}

/* What is restored must be as fresh as what is served from the cache. */
static void test_restored_token_has_min_ttl(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = cache_text(w);
	world_pass(w, 28790);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_write(w->paths.cache, stale);
	world_pass(w, 28800 - 20);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_true(w->token.expires_at >= world_now(w) + 60);
}

/* ---- adoption -------------------------------------------------------------------------------- */

static void test_bfabricpy_login_is_adopted(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	py_login(w, "alice");
	world_pass(w, 40000);
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_record(w, &record);
	assert_non_null(record.login);
	assert_string_equal(record.subject, "alice");
	assert_true(record.cache_written);
	expect_refreshes_on(w);
}

static void test_bfabricpy_refresh_is_adopted(void **state)
{
	struct world *w = *state;

	world_login(w);
	for (int i = 0; i < 3; i++) {
		world_pass(w, 28000);
		assert_true(py_refresh(w));
	}
	expect_refreshes_on(w);
	assert_true(py_refresh(w));
	expect_refreshes_on(w);
}

static void test_bfabricpy_login_as_somebody_else_is_adopted(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret old = BF_SECRET_INIT;

	world_login(w);
	bf_secret_puts(&old, world_refresh_token(w));
	py_login(w, "bob");
	expect_refreshes_on(w);
	world_record(w, &record);
	assert_string_equal(record.subject, "bob");
	assert_true(bf_record_spent(&record, &old));
}

static void test_bfabricpy_login_after_a_logout(void **state)
{
	struct world *w = *state;

	world_login(w);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	py_login(w, "alice");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	expect_refreshes_on(w);
}

/* A cache written back after the logout does not bring the login back to life. */
static void test_write_back_after_a_logout(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *stale = NULL;

	world_login(w);
	stale = cache_text(w);
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	world_write(w->paths.cache, stale);
	world_pass(w, 40000);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
}

static void test_without_rotation_bfabricpys_newer_token_is_kept(void **state)
{
	struct world *w = *state;

	w->server->rotates = false;
	world_login(w);
	world_pass(w, 28000);
	assert_true(py_refresh(w));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	expect_refreshes_on(w);
	assert_int_equal(w->server->requests, 1);
}

/* ---- damage ---------------------------------------------------------------------------------- */

static void test_damaged_cache_is_restored_from_the_record(void **state)
{
	static const char *const damages[] = {"", "{", "[]", "{\"access_token\": 7}",
		"{\"access_token\": \"a\", \"expires_at\": \"soon\"}"};
	struct world *w = *state;

	world_login(w);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		world_write(w->paths.cache, damages[i]);
		assert_int_equal(world_get_new(w), BFABRIC_OK);
		assert_int_equal(w->server->requests, 0);
		assert_string_not_equal(world_refresh_token(w), "");
	}
	world_write(w->paths.cache, "");
	expect_refreshes_on(w);
}

static void test_damaged_cache_without_a_record(void **state)
{
	struct world *w = *state;

	world_write(w->paths.cache, "{\"access_token\": ");
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_non_null(strstr(w->err.text, w->paths.cache));
	assert_true(world_exists(w->paths.cache));
}

static void test_damaged_record_is_replaced(void **state)
{
	static const char *const damages[] = {
		"", "{", "null", "{\"version\": \"1\"}", "{\"version\": 1, \"spent\": [1]}"};
	struct world *w = *state;

	world_login(w);
	for (size_t i = 0; i < sizeof(damages) / sizeof(*damages); i++) {
		world_write(w->paths.record, damages[i]);
		expect_refreshes_on(w);
	}
}

static void test_record_of_a_later_version_is_not_touched(void **state)
{
	struct world *w = *state;
	const char *later = "{\"version\": 2, \"token\": {\"new\": \"form\"}}";
	BF_AUTO_FREE char *left = NULL;

	world_login(w);
	world_write(w->paths.record, later);
	world_pass(w, 28800 - 30);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, "version 2"));
	world_pass(w, 30);
	assert_int_equal(world_get_new(w), BFABRIC_UNSUPPORTED);
	assert_int_equal(w->server->requests, 0);
	left = world_read(w->paths.record);
	assert_string_equal(left, later);
}

static void test_unknown_members_of_the_record_stay(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_RECORD struct bf_record after = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	world_login(w);
	world_record(w, &record);
	json_object_set_new(record.members, "colour", json_string("green"));
	assert_int_equal(bf_record_encode(&record, &text, NULL), BFABRIC_OK);
	world_write(w->paths.record, bf_secret_reveal(&text));
	expect_refreshes_on(w);
	world_record(w, &after);
	assert_string_equal(json_string_value(json_object_get(after.members, "colour")), "green");
}

/* A login cut off between record and cache is complete; a logout that follows holds. */
static void test_login_cut_off_before_its_cache(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	world_login(w);
	world_record(w, &record);
	assert_true(record.cache_written);
	record.cache_written = false;
	assert_int_equal(bf_record_encode(&record, &text, NULL), BFABRIC_OK);
	world_write(w->paths.record, bf_secret_reveal(&text));
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_string_not_equal(world_refresh_token(w), "");
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_stale_write_back_is_undone),
		world_test(test_stale_write_back_and_the_current_one_expired_too),
		world_test(test_stale_write_back_of_long_ago),
		world_test(test_write_back_of_an_earlier_login),
		world_test(test_forced_with_a_stale_cache),
		world_test(test_restored_token_has_min_ttl),
		world_test(test_bfabricpy_login_is_adopted),
		world_test(test_bfabricpy_refresh_is_adopted),
		world_test(test_bfabricpy_login_as_somebody_else_is_adopted),
		world_test(test_bfabricpy_login_after_a_logout),
		world_test(test_write_back_after_a_logout),
		world_test(test_without_rotation_bfabricpys_newer_token_is_kept),
		world_test(test_damaged_cache_is_restored_from_the_record),
		world_test(test_damaged_cache_without_a_record),
		world_test(test_damaged_record_is_replaced),
		world_test(test_record_of_a_later_version_is_not_touched),
		world_test(test_unknown_members_of_the_record_stay),
		world_test(test_login_cut_off_before_its_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
