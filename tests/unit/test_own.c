/* test_own.c - a login that lives in memory only: the same policy, and not one file. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

static void make_own(struct world *w, enum bfabric_auth_method method)
{
	w->seams.in_memory = true;
	bfabric_session_free(w->s);
	w->s = world_open(w, method);
}

static enum bfabric_status log_in(struct world *w, const char *subject)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {0};
	json_t *reply = authserver_login(w->server, subject);
	struct bf_login_grant grant = {.reply = reply,
		.token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token",
		.client_auth = BF_CLIENT_AUTH_BODY};
	enum bfabric_status status = bf_login_save(w->s, &ui, &grant, &result, &w->err);

	json_decref(reply);
	return status;
}

static void check_no_files(const struct world *w)
{
	assert_false(world_exists(w->paths.dir));
	assert_false(world_exists(w->paths.cache));
	assert_string_equal(bfabric_session_cache_path(w->s), "");
}

static enum bfabric_token_state state_of(struct world *w)
{
	struct bfabric_session_status status = {0};
	enum bfabric_token_state state;

	assert_int_equal(bfabric_session_status(w->s, &status, NULL), BFABRIC_OK);
	assert_string_equal(status.store, "memory");
	assert_null(status.cache_path);
	state = status.token_state;
	bfabric_session_status_clear(&status);
	return state;
}

static void check_status(struct world *w, const char *subject, bool can_refresh, bool refused)
{
	struct bfabric_session_status status = {0};

	assert_int_equal(bfabric_session_status(w->s, &status, NULL), BFABRIC_OK);
	assert_string_equal(status.subject, subject);
	assert_int_equal(status.can_refresh, can_refresh);
	assert_int_equal(status.login_required, refused);
	bfabric_session_status_clear(&status);
}

static void refreshed_without_files(void **state)
{
	struct world *w = *state;
	char first[64];

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(state_of(w), BFABRIC_TOKEN_NONE);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_OK);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(state_of(w), BFABRIC_TOKEN_FRESH);
	snprintf(first, sizeof(first), "%.63s", w->token.value);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
	for (unsigned i = 1; i <= 3; i++) {
		world_pass(w, 30000);
		assert_int_equal(world_get(w), BFABRIC_OK);
		assert_int_equal(w->server->requests, i);
	}
	assert_string_not_equal(w->token.value, first);
	check_no_files(w);
}

static void a_refusal_ends_it(void **state)
{
	struct world *w = *state;

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	world_pass(w, 30000);
	authserver_trouble_set(w->server, TROUBLE_REFUSE, 1);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 1); /* asked once */
	check_status(w, "alice", /* can_refresh= */ false, /* login_required= */ true);
	assert_int_equal(log_in(w, "bob"), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	check_status(w, "bob", /* can_refresh= */ true, /* login_required= */ false);
	check_no_files(w);
}

static void trouble_serves_what_is_valid(void **state)
{
	struct world *w = *state;

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	world_pass(w, 28800 - 30); /* stale, not expired */
	authserver_trouble_set(w->server, TROUBLE_503, 2);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(w->token.warning);
	world_pass(w, 60);
	assert_int_equal(world_get(w), BFABRIC_RETRY_LATER);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
}

static void a_rejected_token_is_replaced_once(void **state)
{
	struct world *w = *state;
	char *refused = NULL;

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(bfabric_session_reject(w->s, w->token.value, NULL), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0); /* too young to be refused for its age */
	world_pass(w, 100);
	assert_int_equal(bfabric_session_reject(w->s, "another", NULL), BFABRIC_OK);
	assert_int_equal(state_of(w), BFABRIC_TOKEN_FRESH);
	refused = strdup(w->token.value);
	assert_int_equal(bfabric_session_reject(w->s, refused, NULL), BFABRIC_OK);
	assert_int_equal(state_of(w), BFABRIC_TOKEN_REJECTED);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_not_equal(w->token.value, refused);
	assert_int_equal(w->server->requests, 1);
	world_pass(w, 40);
	assert_int_equal(bfabric_session_reject(w->s, w->token.value, NULL), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1); /* one a minute */
	free(refused);
}

static void a_service(void **state)
{
	struct world *w = *state;

	make_own(w, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "s3cret");
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(world_get(w), BFABRIC_OK);
		assert_int_equal(w->server->requests, i);
		assert_int_equal(world_get(w), BFABRIC_OK);
		assert_int_equal(w->server->requests, i);
		world_pass(w, 30000);
	}
	check_no_files(w);
}

/* Who only looks does not wait for a refresh under way. */
static void status_waits_for_nobody(void **state)
{
	struct world *w = *state;

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	assert_int_equal(pthread_mutex_lock(&w->s->policy), 0);
	check_status(w, "alice", /* can_refresh= */ true, /* login_required= */ false);
	assert_int_equal(pthread_mutex_unlock(&w->s->policy), 0);
}

static void *ask(void *data)
{
	struct bfabric_token token = {0};
	enum bfabric_status status = bfabric_session_token(data, 60, 0, &token, NULL);

	bfabric_token_clear(&token);
	return status == BFABRIC_OK ? NULL : data;
}

static void threads_share_one_refresh(void **state)
{
	struct world *w = *state;
	pthread_t threads[16];

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	world_pass(w, 30000);
	for (size_t i = 0; i < 16; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask, w->s), 0);
	for (size_t i = 0; i < 16; i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(w->server->requests, 1);
	check_no_files(w);
}

static void *ask_often(void *data)
{
	struct bfabric_session *s = data;

	for (int i = 0; i < 50; i++) {
		struct bfabric_token token = {0};
		struct bfabric_session_status status = {0};

		if (bfabric_session_token(s, 60, 0, &token, NULL) != BFABRIC_OK ||
			bfabric_session_reject(s, token.value, NULL) != BFABRIC_OK ||
			bfabric_session_status(s, &status, NULL) != BFABRIC_OK)
			return data;
		bfabric_session_status_clear(&status);
		bfabric_token_clear(&token);
	}
	return NULL;
}

/* Tokens are asked for, refused and looked at, and somebody logs in meanwhile. */
static void threads_do_everything_at_once(void **state)
{
	struct world *w = *state;
	pthread_t threads[4];

	make_own(w, BFABRIC_AUTH_OAUTH);
	assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	world_pass(w, 100);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, ask_often, w->s), 0);
	for (size_t i = 0; i < 20; i++)
		assert_int_equal(log_in(w, "alice"), BFABRIC_OK);
	for (size_t i = 0; i < 4; i++) {
		void *failed = NULL;

		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	check_no_files(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(refreshed_without_files),
		world_test(a_refusal_ends_it),
		world_test(trouble_serves_what_is_valid),
		world_test(a_rejected_token_is_replaced_once),
		world_test(a_service),
		world_test(status_waits_for_nobody),
		world_test(threads_share_one_refresh),
		world_test(threads_do_everything_at_once),
	};

	return cmocka_run_group_tests_name("own", tests, NULL, NULL);
}
