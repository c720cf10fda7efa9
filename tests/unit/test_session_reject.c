/*
 * A server refused a token: what is marked, and how often that may lead to a refresh.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum bfabric_status reject(struct world *w, const char *token)
{
	return bfabric_session_reject(w->s, token, &w->err);
}

/* A token in memory and old enough to be refused for good reason. */
static void begin(struct world *w)
{
	world_login(w);
	world_pass(w, 31);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_refused_token_is_refreshed_once(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *first = NULL;

	begin(w);
	first = strdup(w->token.value);
	assert_int_equal(reject(w, first), BFABRIC_OK);
	assert_true(world_exists(w->paths.rejected));
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_not_equal(w->token.value, first);
	assert_int_equal(w->server->requests, 1);
	assert_false(world_exists(w->paths.rejected));
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_the_marker_holds_no_token(void **state)
{
	struct world *w = *state;
	BF_AUTO_FREE char *text = NULL;

	begin(w);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	text = world_read(w->paths.rejected);
	assert_int_equal(strlen(text), 65);
	assert_null(strstr(w->token.value, text));
}

static void test_a_young_token_is_not_refused(void **state)
{
	struct world *w = *state;

	world_login(w);
	world_pass(w, 29);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	assert_false(world_exists(w->paths.rejected));
	world_pass(w, 1);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	assert_true(world_exists(w->paths.rejected));
}

/* A 401 for lack of permission, asked for again and again: one refresh a minute. */
static void test_one_forced_refresh_a_minute(void **state)
{
	struct world *w = *state;

	begin(w);
	for (int second = 0; second < 300; second++) {
		assert_int_equal(world_get(w), BFABRIC_OK);
		assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
		world_pass(w, 1);
	}
	assert_in_range(w->server->requests, 4, 5);
}

static void test_another_token_than_the_current(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(reject(w, "some other token"), BFABRIC_OK);
	assert_false(world_exists(w->paths.rejected));
	assert_int_equal(reject(w, NULL), BFABRIC_OK);
	assert_true(world_exists(w->paths.rejected));
}

static void test_a_marker_for_another_token_disturbs_nobody(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	py_login(w, "alice");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	world_write(w->paths.rejected, "");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_write(w->paths.rejected, "damaged\n");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
}

static void test_refused_and_the_server_out_of_reach(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	authserver_trouble_set(w->server, TROUBLE_NOT_SENT, 1);
	assert_int_equal(world_get_new(w), BFABRIC_RETRY_LATER);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_memory_notices_a_refusal_by_another_process(void **state)
{
	struct world *w = *state;
	struct bfabric_session *other;

	begin(w);
	assert_int_equal(world_get(w), BFABRIC_OK); /* from memory */
	other = world_open(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(bfabric_session_reject(other, w->token.value, NULL), BFABRIC_OK);
	bfabric_session_free(other);
	world_pass(w, 1);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_nothing_to_refuse(void **state)
{
	struct world *w = *state;

	assert_int_equal(reject(w, "x"), BFABRIC_OK);
	assert_int_equal(reject(w, NULL), BFABRIC_OK);
	assert_false(world_exists(w->paths.dir));
}

static void test_refusing_where_nothing_can_be_written(void **state)
{
	struct world *w = *state;
	char temporary[512];

	begin(w);
	snprintf(temporary, sizeof(temporary), "%s.tmp", w->paths.rejected);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(reject(w, w->token.value), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, w->paths.rejected));
}

/* The same seconds after a clock that was set back do not protect a token for hours. */
static void test_refusing_after_the_clock_was_set_back(void **state)
{
	struct world *w = *state;

	begin(w);
	world_pass(w, -200);
	assert_int_equal(reject(w, w->token.value), BFABRIC_OK);
	assert_true(world_exists(w->paths.rejected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_refused_token_is_refreshed_once),
		world_test(test_the_marker_holds_no_token),
		world_test(test_a_young_token_is_not_refused),
		world_test(test_one_forced_refresh_a_minute),
		world_test(test_another_token_than_the_current),
		world_test(test_a_marker_for_another_token_disturbs_nobody),
		world_test(test_refused_and_the_server_out_of_reach),
		world_test(test_memory_notices_a_refusal_by_another_process),
		world_test(test_nothing_to_refuse),
		world_test(test_refusing_where_nothing_can_be_written),
		world_test(test_refusing_after_the_clock_was_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
