/*
 * What the public header promises about its arguments, and what a session believes of its files.
 */
#include "world.h"

#include <stdio.h>
#include <string.h>

static void expire(struct world *w)
{
	world_login(w);
	world_pass(w, 30000);
	world_reopen(w);
}

/* ---- arguments ------------------------------------------------------------------------------- */

/* With less than a minute left there is a token to serve, and something to warn about. */
static void test_nobody_needs_to_hear_the_error(void **state)
{
	struct world *w = *state;
	struct bfabric_token token = {0};

	world_login(w);
	world_pass(w, w->server->lifetime - 30);
	world_reopen(w);
	authserver_trouble_set(w->server, TROUBLE_503, -1);
	assert_int_equal(bfabric_session_token(w->s, 60, 0, &token, /* err= */ NULL), BFABRIC_OK);
	assert_non_null(token.warning);
	bfabric_token_clear(&token);
	py_logout(w);
	world_pass(w, 1);
	assert_int_equal(
		bfabric_session_token(w->s, 60, 0, &token, /* err= */ NULL), BFABRIC_NOT_LOGGED_IN);
}

static void test_nothing_can_be_cleared(void **state)
{
	struct bfabric_token token = {0};

	(void)state; /* no world is needed */
	bfabric_token_clear(NULL);
	bfabric_auth_clear(NULL);
	bfabric_session_status_clear(NULL);
	bfabric_session_free(NULL);
	bfabric_token_clear(&token);
	bfabric_token_clear(&token);
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static json_t *reply_with(const char *refresh)
{
	return json_pack("{s:s, s:i, s:s}", "access_token", "opaque", "expires_in", 60,
		"refresh_token", refresh);
}

/* RFC 6749, appendix A.17: a refresh token is 1*VSCHAR, which has the space in it. */
static void test_a_refresh_token_may_have_spaces(void **state)
{
	json_t *reply = reply_with("two words");
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;

	(void)state; /* no world is needed */
	assert_int_equal(bf_token_from_reply(reply, WORLD_NOW, NULL, &token, NULL), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&token.refresh), "two words");
	json_decref(reply);
}

static void test_an_empty_refresh_token_is_none(void **state)
{
	json_t *reply = reply_with("");
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;

	(void)state; /* no world is needed */
	assert_int_equal(bf_token_from_json(reply, &token, NULL), BFABRIC_OK);
	assert_true(bf_secret_empty(&token.refresh));
	json_decref(reply);
}

static void test_an_expiry_is_written_as_an_integer(void **state)
{
	json_t *cached = json_pack("{s:s, s:f}", "access_token", "opaque", "expires_at", 1.8e9);
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	(void)state; /* no world is needed */
	assert_int_equal(bf_token_from_json(cached, &token, NULL), BFABRIC_OK);
	assert_int_equal(bf_token_settle(&token, WORLD_NOW - 60, NULL), BFABRIC_OK);
	assert_int_equal(bf_cache_encode(&token, &text, NULL), BFABRIC_OK);
	assert_non_null(strstr(bf_secret_reveal(&text), "1800000000"));
	json_decref(cached);
}

/* A server that does not rotate may answer a second login with the refresh token of the first. */
static void test_the_same_refresh_token_after_another_login(void **state)
{
	struct world *w = *state;
	struct bfabric_ui ui = {0};
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	json_t *reply = authserver_login(w->server, "alice");
	struct bf_login_grant grant = {.reply = reply, .client_auth = BF_CLIENT_AUTH_EMPTY_BASIC};

	w->server->rotates = false;
	for (int i = 0; i < 2; i++) {
		bf_login_result_release(&result);
		assert_int_equal(bf_login_save(w->s, &ui, &grant, &result, &w->err), BFABRIC_OK);
	}
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	json_decref(reply);
}

/* ---- requests -------------------------------------------------------------------------------- */

static int note_url(void *data, const char *url)
{
	return snprintf(data, 200, "%s", url);
}

static enum bfabric_status refuse_client(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	(void)err; /* it always answers */
	note_url(data, request->url);
	*ret_sent = true;
	*ret_reply = (struct bf_reply){.status = 401, .retry_after = -1};
	bf_secret_puts(&ret_reply->body, "{\"error\": \"invalid_client\"}");
	return BFABRIC_OK;
}

static void test_a_record_cannot_send_the_token_elsewhere(void **state)
{
	struct world *w = *state;
	char url[200] = "";
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;

	expire(w);
	world_record(w, &record);
	free(record.token_endpoint);
	record.token_endpoint = strdup("https://elsewhere.test/bfabric/rest/oauth/token");
	assert_int_equal(bf_save_record(w->s, &record, &w->err), BFABRIC_OK);
	w->transport = (struct bf_transport){.perform = refuse_client, .data = url};
	world_reopen(w);
	assert_int_equal(world_get(w), BFABRIC_LOGIN_REQUIRED);
	assert_string_equal(url, "https://bfabric.test/bfabric/rest/oauth/token");
}

/* Signals are held back meanwhile: two requests have no more time than one. */
static enum bfabric_status refuse_slowly(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	struct world *w = data;
	char url[200];

	assert_true(request->deadline <= w->clock->boot_ms + BF_REQUEST_MS);
	if (w->server->gets++ > 0)
		assert_true(request->deadline <= w->clock->boot_ms + BF_REQUEST_MS - 20000);
	w->clock->boot_ms += 20000;
	return refuse_client(url, request, ret_reply, ret_sent, err);
}

static void test_two_requests_share_one_bound(void **state)
{
	struct world *w = *state;

	expire(w);
	w->transport = (struct bf_transport){.perform = refuse_slowly, .data = w};
	world_reopen(w);
	assert_int_equal(
		bfabric_session_token(w->s, 60, w->clock->boot_ms + 3600000, &w->token, &w->err),
		BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->gets, 2);
}

/* ---- what a trace shows of a URL ------------------------------------------------------------- */

static enum bfabric_status answer_or_not(void *data, const struct bf_request *request,
	struct bf_reply *reply, bool *sent, struct bfabric_error *err)
{
	const enum bfabric_status *status = data;

	(void)request;
	*sent = true;
	reply->status = 200;
	return *status == BFABRIC_OK ? BFABRIC_OK : bf_fail(err, *status, "no answer");
}

static void keep_line(void *data, const char *line)
{
	bf_secret_puts(data, line);
}

static void test_a_trace_leaves_out_what_a_url_carries(void **state)
{
	struct world *w = *state;
	enum bfabric_status statuses[] = {BFABRIC_OK, BFABRIC_RETRY_LATER};

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		BF_AUTO_SECRET struct bf_secret lines = BF_SECRET_INIT;
		BF_AUTO_REPLY struct bf_reply reply = {0};
		struct bf_transport transport = {.perform = answer_or_not, .data = &statuses[i]};
		struct bf_request request = {.method = "GET",
			.url = (char[]){"https://bfabric.test/rest/token/validate?token=CANARY"}};

		bf_session_trace_to(w->s, keep_line, &lines);
		assert_int_equal(
			bf_trace_perform(w->s, &transport, &request, &reply, &w->err), statuses[i]);
		assert_non_null(strstr(bf_secret_reveal(&lines), "/rest/token/validate?token="));
		assert_null(strstr(bf_secret_reveal(&lines), "CANARY"));
		bf_session_trace_to(w->s, NULL, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_nobody_needs_to_hear_the_error),
		cmocka_unit_test(test_nothing_can_be_cleared),
		cmocka_unit_test(test_a_refresh_token_may_have_spaces),
		cmocka_unit_test(test_an_empty_refresh_token_is_none),
		cmocka_unit_test(test_an_expiry_is_written_as_an_integer),
		world_test(test_the_same_refresh_token_after_another_login),
		world_test(test_a_record_cannot_send_the_token_elsewhere),
		world_test(test_two_requests_share_one_bound),
		world_test(test_a_trace_leaves_out_what_a_url_carries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
