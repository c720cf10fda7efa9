/*
 * Client credentials, and the methods that keep nothing: the same policy where it applies.
 */
#include "world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void begin(struct world *w)
{
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "s3cret");
	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
}

static enum bfabric_status again(struct world *w)
{
	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	return world_get(w);
}

static void block(const char *path)
{
	char temporary[512];

	snprintf(temporary, sizeof(temporary), "%s.tmp", path);
	assert_int_equal(mkdir(temporary, 0700), 0);
}

static void test_fetched_cached_and_fetched_anew(void **state)
{
	struct world *w = *state;
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	BF_AUTO_FREE char *record = NULL;

	begin(w);
	w->server->service_rt = true;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(strstr(w->server->last_body, "grant_type=client_credentials"));
	assert_non_null(strstr(w->server->last_body, "scope=api%3Aread"));
	assert_null(strstr(w->server->last_body, "s3cret"));
	assert_int_equal(again(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	world_cache(w, &cached);
	assert_true(bf_secret_empty(&cached.refresh));
	assert_null(json_object_get(cached.members, "refresh_token"));
	record = world_read(w->paths.record);
	assert_null(strstr(record, "RT"));
	assert_null(strstr(record, "s3cret"));
	world_pass(w, 40000);
	assert_int_equal(again(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	assert_non_null(strstr(w->server->last_body, "grant_type=client_credentials"));
}

static void test_no_room_is_no_reason_to_go_without(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(bf_dir_ensure(w->paths.dir, 2, NULL), BFABRIC_OK);
	block(w->paths.cache);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, w->paths.cache));
	assert_int_equal(again(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	assert_false(world_exists(w->paths.cache));
}

static void test_no_lock_is_no_reason_to_go_without(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(bf_dir_ensure(w->paths.dir, 2, NULL), BFABRIC_OK);
	assert_int_equal(mkdir(w->paths.lock, 0700), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, w->paths.lock));
}

/* A sibling that is stopped for good must not stop a service. */
static void test_busy_lock_is_no_reason_to_go_without(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	int64_t began = w->clock->boot_ms;

	begin(w);
	assert_int_equal(bf_session_lock(w->s, &lock, INT64_MAX, NULL), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(strstr(w->token.warning, w->paths.lock));
	assert_in_range(w->clock->boot_ms - began, BF_REQUEST_MS, BF_CALL_MS);
	assert_int_equal(w->server->requests, 1);
}

static void test_wrong_secret(void **state)
{
	struct world *w = *state;

	begin(w);
	strcpy(w->server->secret, "changed");
	assert_int_not_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1); /* no other form for a client with a secret */
	assert_non_null(strstr(w->err.text, "CLI"));
	assert_null(strstr(w->err.text, "s3cret"));
}

static void test_unreachable(void **state)
{
	struct world *w = *state;

	begin(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_pass(w, 28800 - 30);
	authserver_trouble_set(w->server, TROUBLE_503, -1);
	assert_int_equal(again(w), BFABRIC_OK);
	assert_non_null(w->token.warning);
	world_pass(w, 30);
	assert_int_equal(again(w), BFABRIC_RETRY_LATER);
}

static void use_secret_file(struct world *w, const char *path)
{
	bf_secret_clear(&w->s->env.client_secret);
	free(w->s->env.client_secret_file);
	w->s->env.client_secret_file = strdup(path);
}

static void test_secret_file(void **state)
{
	struct world *w = *state;
	char path[128];

	begin(w);
	snprintf(path, sizeof(path), "%s/home/secret", w->root);
	use_secret_file(w, path);
	assert_int_equal(world_get(w), BFABRIC_BAD_CONFIG);
	assert_non_null(strstr(w->err.text, path));
	world_write(path, "\n");
	assert_int_equal(world_get(w), BFABRIC_BAD_CONFIG);
	world_write(path, "s3cret\r\n");
	assert_int_equal(chmod(path, 0620), 0);
	assert_int_equal(world_get(w), BFABRIC_BAD_CONFIG);
	assert_int_equal(w->server->requests, 0);
	assert_int_equal(chmod(path, 0600), 0);
	assert_int_equal(world_get(w), BFABRIC_OK);
}

/* ---- methods without a cache ----------------------------------------------------------------- */

static void test_pat(void **state)
{
	struct world *w = *state;

	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_PAT);
	bf_secret_puts(&w->s->env.pat, "the-pat");
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_equal(w->token.value, "the-pat");
	assert_int_equal(w->token.expires_at, 0);
	assert_int_equal(bfabric_session_reject(w->s, "the-pat", &w->err), BFABRIC_OK);
	assert_int_equal(world_get_forced(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	assert_false(world_exists(w->paths.dir));
	assert_string_equal(bfabric_session_cache_path(w->s), "");
}

static void test_password(void **state)
{
	struct world *w = *state;
	struct bfabric_auth auth = {0};

	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_PASSWORD);
	w->s->env.login = strdup("alice");
	bf_secret_puts(&w->s->env.password, "12345678901234567890123456789012");
	assert_int_equal(world_get(w), BFABRIC_UNSUPPORTED);
	assert_int_equal(bfabric_session_auth(w->s, -1, 0, &auth, &w->err), BFABRIC_OK);
	assert_string_equal(auth.login, "alice");
	assert_string_equal(auth.password, "12345678901234567890123456789012");
	bfabric_auth_clear(&auth);
}

static void test_auth_of_a_token(void **state)
{
	struct world *w = *state;
	struct bfabric_auth auth = {0};

	world_login(w);
	assert_int_equal(bfabric_session_auth(w->s, -1, 0, &auth, &w->err), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_equal(auth.login, "__oauth__");
	assert_string_equal(auth.password, w->token.value);
	bfabric_auth_clear(&auth);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_fetched_cached_and_fetched_anew),
		world_test(test_no_room_is_no_reason_to_go_without),
		world_test(test_no_lock_is_no_reason_to_go_without),
		world_test(test_busy_lock_is_no_reason_to_go_without),
		world_test(test_wrong_secret),
		world_test(test_unreachable),
		world_test(test_secret_file),
		world_test(test_pat),
		world_test(test_password),
		world_test(test_auth_of_a_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
