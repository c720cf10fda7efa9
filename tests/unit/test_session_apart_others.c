/*
 * Others beside a login whose refresh token lies in a store: bfabricPy, which knows only the cache,
 * and whoever changes what is in the store.
 */
#include "shelf.h"

#include <stdio.h>
#include <string.h>

#include "libbfabric/settle.h"

/* ---- bfabricPy beside it --------------------------------------------------------------------- */

static void test_login_of_bfabricpy_is_moved(void **state)
{
	struct world *w = *state;
	char old[64];

	shelf_log_in(w);
	snprintf(old, sizeof(old), "%s", shelf_refresh_token());
	py_login(w, "alice");
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_OK);
	assert_string_not_equal(shelf_refresh_token(), old);
	shelf_expect_apart(w);
	assert_int_equal(w->server->requests, 0);
	py_login(w, "alice");
	shelf_expect_alive(w);
	assert_int_equal(w->server->requests, 1);
}

static void test_login_of_bfabricpy_is_not_lost(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	py_login(w, "alice");
	shelf.locked = true;
	assert_int_equal(bf_session_settle(w->s, 0, &w->err), BFABRIC_STORE_UNAVAILABLE);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
	assert_true(authserver_takes(w->server, world_refresh_token(w)));
	assert_int_equal(w->server->requests, 0);
	shelf.locked = false;
	shelf_expect_alive(w);
}

static void write_back(struct world *w)
{
	BF_AUTO_FREE char *cache = NULL;

	shelf_log_in(w);
	cache = world_read(w->paths.cache);
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_write(w->paths.cache, cache);
	shelf_expect_alive(w);
}

static void test_what_bfabricpy_writes_back(void **state)
{
	struct world *w = *state;

	write_back(w);
	w->server->opaque = true; /* nobody can say whose token it is */
	write_back(w);
}

static void test_logout_of_bfabricpy(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	shelf_set("registration_access_token", "stays");
	py_logout(w);
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_string_equal(shelf_refresh_token(), "");
	assert_non_null(strstr(shelf.line, "stays"));
	world_login(w);
	shelf_expect_alive(w);
}

/* ---- others at the store --------------------------------------------------------------------- */

static void test_item_deleted(void **state)
{
	struct world *w = *state;

	shelf_log_in(w);
	*shelf.line = '\0';
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
	assert_non_null(strstr(w->err.text, "log in again"));
	assert_int_equal(w->server->requests, 0);
	world_login(w);
	shelf_expect_alive(w);
}

static void test_item_put_back(void **state)
{
	struct world *w = *state;
	char old[sizeof(shelf.line)];

	shelf_log_in(w);
	memcpy(old, shelf.line, sizeof(old));
	shelf_expect_alive(w);
	memcpy(shelf.line, old, sizeof(old));
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->reuses, 0);
	assert_int_equal(w->server->requests, 1);
}

static void test_item_changed(void **state)
{
	struct world *w = *state;
	json_t *reply;

	shelf_log_in(w);
	reply = authserver_login(w->server, "alice");
	shelf_set("refresh_token", json_string_value(json_object_get(reply, "refresh_token")));
	json_decref(reply);
	shelf_expect_alive(w);
	reply = authserver_login(w->server, "mallory");
	shelf_set("refresh_token", json_string_value(json_object_get(reply, "refresh_token")));
	json_decref(reply);
	shelf_expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_non_null(strstr(w->err.text, "mallory"));
}

static void test_damaged_item(void **state)
{
	struct world *w = *state;
	char good[sizeof(shelf.line)];

	shelf_log_in(w);
	memcpy(good, shelf.line, sizeof(good));
	for (size_t i = 0; i < 3; i++) {
		static const char *const lines[] = {
			"{\"version\":1", "{\"version\":2,\"refresh_token\":\"x\"}", "hunter2"};

		strcpy(shelf.line, lines[i]);
		shelf_expire(w);
		assert_int_equal(world_get(w), BFABRIC_STORE_UNAVAILABLE);
		assert_null(strstr(w->err.text, "hunter2"));
		assert_string_equal(shelf.line, lines[i]);
	}
	memcpy(shelf.line, good, sizeof(good));
	shelf_expect_alive(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_login_of_bfabricpy_is_moved),
		world_test(test_login_of_bfabricpy_is_not_lost),
		world_test(test_what_bfabricpy_writes_back),
		world_test(test_logout_of_bfabricpy),
		world_test(test_item_deleted),
		world_test(test_item_put_back),
		world_test(test_item_changed),
		world_test(test_damaged_item),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
