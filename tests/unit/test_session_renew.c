/*
 * Spending a refresh token: what is sent, how often, and what each answer leads to.
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

/* A login whose token has expired, asked for by a new process. */
static void expire(struct world *w)
{
	world_login(w);
	world_pass(w, 30000);
	world_reopen(w);
}

static void expect_alive(struct world *w)
{
	world_pass(w, 40000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

/* ---- the request ----------------------------------------------------------------------------- */

static void test_one_request(void **state)
{
	struct world *w = *state;

	expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_null(w->token.warning);
	assert_int_equal(w->server->requests, 1);
	assert_int_equal(w->server->gets, 0);
	assert_null(strstr(w->server->last_body, "scope"));
	assert_null(strstr(w->server->last_authorization, "Bearer"));
	expect_alive(w);
	assert_int_equal(w->server->requests, 2);
}

static void test_a_token_goes_to_no_other_host(void **state)
{
	static const char *const endpoints[] = {"https://evil.example/token",
		"https://bfabric.test:8443/token", "http://127.0.0.1/token",
		"https://bfabric.test@evil.example/token", "nonsense", ""};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(*endpoints); i++) {
		BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		expire(w);
		world_record(w, &record);
		free(record.token_endpoint);
		record.token_endpoint = strdup(endpoints[i]);
		assert_int_equal(bf_record_encode(&record, &text, NULL), BFABRIC_OK);
		world_write(w->paths.record, bf_secret_reveal(&text));
		assert_int_equal(world_get_new(w), BFABRIC_OK);
		assert_string_equal(
			w->server->last_url, "https://bfabric.test/bfabric/rest/oauth/token");
	}
}

static void test_second_client_form_only_after_a_refusal(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	w->server->form = FORM_BODY;
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->client_refused, 1);
	assert_int_equal(w->server->requests, 2);
	world_record(w, &record);
	assert_string_equal(record.client_auth, "body");
	expect_alive(w);
	assert_int_equal(w->server->requests, 3); /* what worked is remembered */
}

static void test_empty_secret_called_malformed(void **state)
{
	struct world *w = *state;

	w->server->form = FORM_BODY;
	w->server->refusal = "invalid_request";
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->client_refused, 1);
	assert_int_equal(w->server->requests, 2);
	/* Any other form that is called malformed is so for another reason: nothing else is tried.
	 */
	w->server->form = FORM_EMPTY_BASIC;
	world_pass(w, 30000);
	world_reopen(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 3);
}

static void test_both_client_forms_refused(void **state)
{
	struct world *w = *state;

	w->server->form = FORM_SECRET;
	strcpy(w->server->secret, "x");
	expire(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 2);
	assert_non_null(strstr(w->err.text, "CLI"));
	w->server->form = FORM_EITHER; /* the administrator mends it: nothing was spent */
	assert_int_equal(world_get(w), BFABRIC_OK);
}

static void test_no_second_form_after_trouble(void **state)
{
	struct world *w = *state;

	expire(w);
	for (int trouble = TROUBLE_NOT_SENT; trouble <= TROUBLE_REDIRECT; trouble++) {
		unsigned before = w->server->requests;

		if (trouble == TROUBLE_LOST_REPLY)
			continue; /* the token is gone then */
		authserver_trouble_set(w->server, (enum authserver_trouble)trouble, -1);
		assert_int_not_equal(world_get_new(w), BFABRIC_OK);
		assert_int_equal(w->server->requests, before + 1);
	}
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

/* ---- answers --------------------------------------------------------------------------------- */

static void expect_trouble(
	struct world *w, enum authserver_trouble trouble, enum bfabric_status expected)
{
	authserver_trouble_set(w->server, trouble, -1);
	world_login(w);
	world_pass(w, 28800 - 30); /* worth refreshing, still valid */
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_non_null(w->token.warning);
	world_pass(w, 30);
	assert_int_equal(world_get_new(w), expected);
	assert_int_equal(w->err.status, expected);
	assert_null(strstr(w->err.text, world_refresh_token(w)));
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_null(w->token.warning);
}

static void test_unreachable(void **state)
{
	expect_trouble(*state, TROUBLE_NOT_SENT, BFABRIC_RETRY_LATER);
	expect_trouble(*state, TROUBLE_LOST_REQUEST, BFABRIC_RETRY_LATER);
}

static void test_server_trouble(void **state)
{
	expect_trouble(*state, TROUBLE_503, BFABRIC_RETRY_LATER);
	expect_trouble(*state, TROUBLE_HTML_404, BFABRIC_RETRY_LATER);
}

static void test_nonsense(void **state)
{
	expect_trouble(*state, TROUBLE_GARBAGE, BFABRIC_BAD_REPLY);
	expect_trouble(*state, TROUBLE_REDIRECT, BFABRIC_BAD_REPLY);
}

/* With rotation and reuse detection nobody can save this login; the next call says so, once. */
static void test_reply_lost_after_the_work(void **state)
{
	struct world *w = *state;

	expire(w);
	authserver_trouble_set(w->server, TROUBLE_LOST_REPLY, 1);
	assert_int_equal(world_get(w), BFABRIC_RETRY_LATER);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 2);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 2);
	world_login(w);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_reply_lost_without_reuse_detection(void **state)
{
	struct world *w = *state;

	w->server->rotates = false;
	expire(w);
	authserver_trouble_set(w->server, TROUBLE_LOST_REPLY, 1);
	assert_int_equal(world_get(w), BFABRIC_RETRY_LATER);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_refused_then_no_request_until_a_login(void **state)
{
	struct world *w = *state;

	expire(w);
	authserver_trouble_set(w->server, TROUBLE_REFUSE, -1);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
		assert_int_equal(world_get_forced(w), BFABRIC_LOGIN_REQUIRED);
	}
	assert_int_equal(w->server->requests, 1);
	assert_non_null(strstr(w->err.text, "TEST"));
	authserver_trouble_set(w->server, TROUBLE_NONE, 0);
	py_login(w, "alice");
	expect_alive(w);
	assert_int_equal(w->server->requests, 2);
}

static void test_other_subject_is_not_served(void **state)
{
	struct world *w = *state;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	expire(w);
	strcpy(w->server->subject, "mallory");
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_non_null(strstr(w->err.text, "alice"));
	assert_non_null(strstr(w->err.text, "mallory"));
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 1);
	world_record(w, &record);
	assert_string_equal(record.subject, "alice");
}

static void test_narrowed_scope_is_told(void **state)
{
	struct world *w = *state;

	expire(w);
	strcpy(w->server->scope, "openid");
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_equal(w->token.scope, "openid");
}

static void test_no_expires_in(void **state)
{
	struct world *w = *state;
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;

	expire(w);
	w->server->says_expires_in = false;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->token.expires_at, world_now(w) + 28800); /* the JWT's exp */
	world_cache(w, &cached);
	assert_int_equal(json_integer_value(json_object_get(cached.members, "expires_at")),
		world_now(w) + 28800);
}

static void test_opaque_without_expires_in(void **state)
{
	struct world *w = *state;

	expire(w);
	w->server->says_expires_in = false;
	w->server->opaque = true;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->token.expires_at, world_now(w) + 3600);
}

/* RFC 6749, section 6: no refresh token in the reply means: keep the old one. */
static void test_without_rotation_the_refresh_token_stays(void **state)
{
	struct world *w = *state;
	char before[64];

	w->server->rotates = false;
	expire(w);
	strcpy(before, world_refresh_token(w));
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_string_equal(world_refresh_token(w), before);
	expect_alive(w);
}

/* ---- bfabricPy at the same moment ------------------------------------------------------------ */

static void py_was_quicker(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	assert_true(py_refresh(w));
}

/* bfabricPy's reply arrives on disk while we wait after the refusal. */
static json_t *rival;

static void py_asks(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	rival = authserver_refresh(w->server, world_refresh_token(w));
	assert_non_null(rival);
}

static void py_saves(void *data, unsigned n)
{
	struct world *w = data;

	(void)n; /* in the first sleep */
	w->clock->on_sleep = NULL;
	py_write(w, rival);
}

static void test_rival_wrote_before_our_refusal(void **state)
{
	struct world *w = *state;

	w->server->detects_reuse = false;
	expire(w);
	w->server->data = w;
	w->server->during = py_was_quicker;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	expect_alive(w);
}

static void test_rival_writes_within_100_ms(void **state)
{
	struct world *w = *state;

	w->server->detects_reuse = false;
	expire(w);
	w->server->data = w->clock->data = w;
	w->server->during = py_asks;
	w->clock->on_sleep = py_saves;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
	expect_alive(w);
}

/* With reuse detection the rival's token is dead too: it is tried once, then a login is due. */
static void test_rival_whose_token_is_dead(void **state)
{
	struct world *w = *state;

	expire(w);
	w->server->data = w->clock->data = w;
	w->server->during = py_asks;
	w->clock->on_sleep = py_saves;
	w->server->lifetime = 1; /* so that what the rival wrote cannot be served */
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_pass(w, 10);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 2);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 2);
}

static void rival_expired(void *data, unsigned n)
{
	struct world *w = data;

	(void)n; /* in the first sleep */
	w->clock->on_sleep = NULL;
	json_object_set_new(rival, "expires_at", json_integer(world_now(w) - 5));
	py_write(w, rival);
}

static void test_rival_whose_token_has_expired_is_tried(void **state)
{
	struct world *w = *state;

	w->server->detects_reuse = false;
	expire(w);
	w->server->data = w->clock->data = w;
	w->server->during = py_asks;
	w->clock->on_sleep = rival_expired;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 2);
	expect_alive(w);
}

/* ---- bfabricPy while our request is under way ------------------------------------------------ */

static void py_logs_out(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	py_logout(w);
}

static void test_logout_during_the_refresh_holds(void **state)
{
	struct world *w = *state;

	expire(w);
	w->server->data = w;
	w->server->during = py_logs_out;
	assert_int_equal(world_get(w), BFABRIC_NOT_LOGGED_IN);
	assert_false(world_exists(w->paths.cache));
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(w->server->requests, 1);
}

static void py_logs_in(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	py_login(w, "bob");
}

static void test_login_during_the_refresh_wins(void **state)
{
	struct world *w = *state;

	expire(w);
	w->server->data = w;
	w->server->during = py_logs_in;
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_non_null(strstr(world_refresh_token(w), "RT1."));
	expect_alive(w);
	assert_non_null(strstr(world_refresh_token(w), "RT1."));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_one_request),
		world_test(test_a_token_goes_to_no_other_host),
		world_test(test_second_client_form_only_after_a_refusal),
		world_test(test_empty_secret_called_malformed),
		world_test(test_both_client_forms_refused),
		world_test(test_no_second_form_after_trouble),
		world_test(test_unreachable),
		world_test(test_server_trouble),
		world_test(test_nonsense),
		world_test(test_reply_lost_after_the_work),
		world_test(test_reply_lost_without_reuse_detection),
		world_test(test_refused_then_no_request_until_a_login),
		world_test(test_other_subject_is_not_served),
		world_test(test_narrowed_scope_is_told),
		world_test(test_no_expires_in),
		world_test(test_opaque_without_expires_in),
		world_test(test_without_rotation_the_refresh_token_stays),
		world_test(test_rival_wrote_before_our_refusal),
		world_test(test_rival_writes_within_100_ms),
		world_test(test_rival_whose_token_is_dead),
		world_test(test_rival_whose_token_has_expired_is_tried),
		world_test(test_logout_during_the_refresh_holds),
		world_test(test_login_during_the_refresh_wins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
