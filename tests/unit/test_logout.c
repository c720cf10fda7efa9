/*
 * Logging out: the server hears it first, whatever it answers nothing stays here, and the report is
 * what a person may believe.
 */
#include "world.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "logout.h"

static void test_revokes_then_removes(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	char refresh[64];

	world_login(w);
	snprintf(refresh, sizeof(refresh), "%s", world_refresh_token(w));
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(result.was_there);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_int_equal(result.access.revoked, BF_REVOKED_DONE);
	assert_false(bf_logout_leaves_valid(&result));
	assert_int_equal(w->server->revocations, 2);
	assert_int_equal(w->server->revoked_refresh, 1);
	assert_int_equal(w->server->revoked_access, 1);
	assert_string_equal(w->server->last_url, "https://bfabric.test/bfabric/rest/oauth/revoke");
	assert_false(authserver_takes(w->server, refresh));
	assert_gone(w);
}

/* A token that bfabricPy writes back after the logout is known as spent. */
static void test_remembers_what_was_spent(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	BF_AUTO_FREE char *cache = NULL;

	world_login(w);
	cache = world_read(w->paths.cache);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	world_write(w->paths.cache, cache);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
}

static void test_forget_leaves_no_record(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result = {0};

	world_login(w);
	assert_int_equal(bf_logout(w->s, BF_LOGOUT_FORGET, 0, &result, &w->err), BFABRIC_OK);
	assert_false(world_exists(w->paths.record));
	assert_gone(w);
}

static void test_memory_forgets_too(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
}

static void test_nothing_there(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_false(result.was_there);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_NONE);
	assert_int_equal(w->server->gets + w->server->revocations, 0);
	assert_false(world_exists(w->paths.dir));
}

static void test_twice(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_false(result.was_there);
	assert_int_equal(w->server->revocations, 2);
}

/* ---- what servers answer --------------------------------------------------------------------- */

static void answered(struct world *w, long http, enum bf_revoked expected, unsigned requests)
{
	struct bf_logout_result result;
	unsigned before = w->server->revocations;

	world_login(w);
	w->server->revoke_status = http;
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(result.was_there);
	assert_int_equal(result.refresh.revoked, expected);
	assert_int_equal(result.access.revoked, expected);
	assert_int_equal(result.access.expires_at, world_now(w) + 28800);
	assert_true(bf_logout_leaves_valid(&result));
	assert_true(*result.refresh.text && *result.access.text);
	assert_int_equal(w->server->revocations - before, requests);
	assert_gone(w);
}

static void test_servers_that_do_not_revoke(void **state)
{
	struct world *w = *state;

	/* once it is clear that there is no such service, it is not asked again */
	answered(w, 404, BF_REVOKED_UNSUPPORTED, 1);
	answered(w, 405, BF_REVOKED_UNSUPPORTED, 1);
	answered(w, 501, BF_REVOKED_UNSUPPORTED, 1);
	answered(w, 503, BF_REVOKED_UNREACHABLE, 2);
	answered(w, 500, BF_REVOKED_UNREACHABLE, 2);
	answered(w, 302, BF_REVOKED_UNREACHABLE, 2);
	answered(w, 403, BF_REVOKED_REFUSED, 2);
}

static void test_server_does_not_answer(void **state)
{
	static const enum authserver_trouble troubles[] = {
		TROUBLE_NOT_SENT, TROUBLE_LOST_REQUEST, TROUBLE_LOST_REPLY};
	struct world *w = *state;
	struct bf_logout_result result;

	for (size_t i = 0; i < 3; i++) {
		world_login(w);
		authserver_trouble_set(w->server, troubles[i], -1);
		assert_int_equal(log_out(w, &result), BFABRIC_OK);
		authserver_trouble_set(w->server, TROUBLE_NONE, 0);
		assert_int_equal(result.refresh.revoked, BF_REVOKED_UNREACHABLE);
		assert_int_equal(result.access.revoked, BF_REVOKED_UNREACHABLE);
		assert_non_null(strstr(result.access.text, "does not answer"));
		assert_int_equal(w->server->revocations, 0); /* the discovery was enough */
		assert_gone(w);
	}
}

static void test_only_refresh_tokens(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	w->server->revokes_refresh_only = true;
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_int_equal(result.access.revoked, BF_REVOKED_UNSUPPORTED);
	assert_gone(w);
}

static void test_client_authentication(void **state)
{
	static const enum authserver_form forms[] = {FORM_EMPTY_BASIC, FORM_BODY};
	struct world *w = *state;
	struct bf_logout_result result;

	for (size_t i = 0; i < 2; i++) {
		w->server->client_refused = 0;
		world_login(w); /* the record says empty-basic */
		w->server->form = forms[i];
		assert_int_equal(log_out(w, &result), BFABRIC_OK);
		assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
		assert_int_equal(result.access.revoked, BF_REVOKED_DONE);
		assert_int_equal(w->server->client_refused, i);
	}
	world_login(w);
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "another");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_REFUSED);
	assert_gone(w);
}

static void test_endpoint_of_the_document(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	w->server->discovers = w->server->names_revocation = true;
	world_login(w);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_string_equal(w->server->last_url, "https://bfabric.test/elsewhere/revoke");
}

static void put_endpoint(struct world *w, const char *url)
{
	json_t *record = json_load_file(w->paths.record, 0, NULL);
	char *text;

	json_object_set_new(record, "revocation_endpoint", json_string(url));
	text = json_dumps(record, 0);
	world_write(w->paths.record, text);
	free(text);
	json_decref(record);
}

static void test_endpoint_of_the_record(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	put_endpoint(w, "https://bfabric.test/recorded/revoke");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_string_equal(w->server->last_url, "https://bfabric.test/recorded/revoke");
	assert_int_equal(w->server->gets, 0);
	world_login(w);
	put_endpoint(w, "https://evil.test/revoke");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_null(strstr(w->server->last_url, "evil"));
	assert_int_equal(w->server->gets, 1);
}

/* ---- what lies here -------------------------------------------------------------------------- */

static void test_expired_access_token(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	world_pass(w, 30000);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_int_equal(result.access.revoked, BF_REVOKED_NONE);
	assert_int_equal(w->server->revocations, 1);
}

/* Two logins lie there: ours in the record, and what bfabricPy put over its cache. */
static void test_login_of_bfabricpy(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;
	char ours[64];

	world_login(w);
	snprintf(ours, sizeof(ours), "%s", world_refresh_token(w));
	py_login(w, "alice");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(w->server->revoked_refresh, 2);
	assert_int_equal(w->server->revoked_access, 2);
	assert_false(authserver_takes(w->server, ours));
	assert_gone(w);
}

static void test_login_of_bfabricpy_alone(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	py_login(w, "alice");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_gone(w);
}

/* bfabricPy's logout came first: the record's login is over, but the server does not know. */
static void test_after_logout_of_bfabricpy(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	py_logout(w);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(result.was_there);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_gone(w);
}

/* A base URL that spells its port: bfabricPy then writes under another name than we do. */
static void test_cache_under_its_other_name(void **state)
{
	struct world *w = *state;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {.method = BFABRIC_AUTH_OAUTH};
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	struct bf_logout_result result;

	env.name = strdup("TEST");
	env.client_id = strdup("CLI");
	assert_int_equal(
		bf_url_parse("https://bfabric.test:443/bfabric", &env.url, NULL), BFABRIC_OK);
	assert_int_equal(bf_paths_init(&env.url, "CLI", "TEST", true, &paths, NULL), BFABRIC_OK);
	bfabric_session_free(w->s);
	w->s = NULL;
	assert_int_equal(bf_session_new(&env, "--env", &w->seams, &w->s, &w->err), BFABRIC_OK);
	world_login(w);
	py_login(w, "alice");
	assert_int_equal(rename(w->paths.cache, paths.cache_port), 0);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(w->server->revoked_refresh, 2);
	assert_false(world_exists(paths.cache_port));
	assert_gone(w);
}

static void test_damaged_files(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	world_write(w->paths.cache, "{");
	world_write(w->paths.rejected, "nonsense");
	world_write(w->paths.rescued, "{");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(w->server->revoked_refresh, 1);
	assert_gone(w);
	world_login(w);
	world_write(w->paths.record, "[]");
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(w->server->revoked_refresh, 2);
	assert_gone(w);
}

static void test_record_of_a_later_version(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	world_login(w);
	world_write(w->paths.record, "{\"version\":2}");
	assert_int_equal(log_out(w, &result), BFABRIC_UNSUPPORTED);
	assert_true(world_exists(w->paths.cache));
	assert_int_equal(w->server->revocations, 0);
}

static void test_service(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "s3cret");
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_NONE);
	assert_int_equal(result.access.revoked, BF_REVOKED_DONE);
	assert_false(world_exists(w->paths.cache));
}

static void test_login_in_memory(void **state)
{
	struct world *w = *state;
	struct bf_logout_result result;

	w->seams.in_memory = true;
	world_reopen(w);
	world_login(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_true(result.was_there);
	assert_int_equal(result.refresh.revoked, BF_REVOKED_DONE);
	assert_int_equal(result.access.revoked, BF_REVOKED_DONE);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(log_out(w, &result), BFABRIC_OK);
	assert_false(result.was_there);
	assert_false(world_exists(w->paths.dir));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_revokes_then_removes),
		world_test(test_remembers_what_was_spent),
		world_test(test_forget_leaves_no_record),
		world_test(test_memory_forgets_too),
		world_test(test_nothing_there),
		world_test(test_twice),
		world_test(test_servers_that_do_not_revoke),
		world_test(test_server_does_not_answer),
		world_test(test_only_refresh_tokens),
		world_test(test_client_authentication),
		world_test(test_endpoint_of_the_document),
		world_test(test_endpoint_of_the_record),
		world_test(test_expired_access_token),
		world_test(test_login_of_bfabricpy),
		world_test(test_login_of_bfabricpy_alone),
		world_test(test_after_logout_of_bfabricpy),
		world_test(test_cache_under_its_other_name),
		world_test(test_damaged_files),
		world_test(test_record_of_a_later_version),
		world_test(test_service),
		world_test(test_login_in_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
