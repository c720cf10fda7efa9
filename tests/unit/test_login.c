/*
 * Saving a login, and the login by a code on another device from its first request to its files.
 */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- saving ---------------------------------------------------------------------------------- */

static void test_what_a_login_leaves(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;
	struct stat st;

	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_OK);
	assert_string_equal(result.subject, "alice");
	assert_string_equal(result.scope_granted, "api:read");
	assert_int_equal(result.expires_at, WORLD_NOW + 28800);
	assert_true(result.can_refresh);
	world_record(w, &record);
	world_cache(w, &cached);
	assert_int_equal(strlen(record.login), 32);
	assert_string_equal(record.client_auth, "body");
	assert_string_equal(
		record.revocation_endpoint, "https://bfabric.test/bfabric/rest/oauth/revoke");
	assert_string_equal(record.scope_requested, "api:read");
	assert_string_equal(record.predecessor, "");
	assert_true(record.cache_written);
	assert_int_equal(record.spent_count, 0);
	assert_true(json_equal(record.token.members, cached.members));
	assert_int_equal(stat(w->paths.dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(w->paths.cache, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_a_login_spends_what_was_there(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result first = {0}, second = {0};
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_AUTO_SECRET struct bf_secret ours = BF_SECRET_INIT, theirs = BF_SECRET_INIT;

	assert_int_equal(person_logs_in(w, "alice", NULL, &first), BFABRIC_OK);
	bf_secret_puts(&ours, world_refresh_token(w));
	py_login(w, "alice");
	bf_secret_puts(&theirs, world_refresh_token(w));
	assert_int_equal(person_logs_in(w, "alice", NULL, &second), BFABRIC_OK);
	world_record(w, &record);
	assert_true(bf_record_spent(&record, &ours));
	assert_true(bf_record_spent(&record, &theirs));
	assert_false(bf_record_spent(&record, &record.token.refresh));
}

static void test_a_login_ends_a_refusal(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};

	world_login(w);
	world_pass(w, 31);
	assert_int_equal(bfabric_session_reject(w->s, NULL, NULL), BFABRIC_OK);
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_OK);
	assert_false(world_exists(w->paths.rejected));
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 0);
}

/* The session that logged in serves the new token at once. */
static void test_a_login_empties_the_memory(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	BF_AUTO_TOKEN struct bf_token cached = BF_TOKEN_INIT;

	world_login(w);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(person_logs_in(w, "alice", NULL, &result), BFABRIC_OK);
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_cache(w, &cached);
	assert_string_equal(w->token.value, bf_secret_reveal(&cached.access));
}

static void test_another_subject_must_be_confirmed(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person answer = {.agree = false};
	BF_AUTO_FREE char *before = NULL, *after = NULL;

	world_login(w);
	before = world_read(w->paths.cache);
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_FORBIDDEN);
	assert_int_equal(person_logs_in(w, "bob", &answer, &result), BFABRIC_FORBIDDEN);
	assert_int_equal(answer.asked, 1);
	assert_string_equal(answer.before, "alice");
	assert_string_equal(answer.now, "bob");
	after = world_read(w->paths.cache);
	assert_string_equal(before, after);
	answer.agree = true;
	assert_int_equal(person_logs_in(w, "bob", &answer, &result), BFABRIC_OK);
	assert_string_equal(result.subject, "bob");
	bf_login_result_release(&result);
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_OK);
}

static void test_nobody_is_asked_after_a_logout(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};

	world_login(w);
	py_logout(w);
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_OK);
}

/* bfabricPy logged in as somebody else since: that login is the one that would be replaced. */
static void test_the_cache_says_whose_login_it_is(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct person answer = {.agree = false};

	world_login(w);
	py_login(w, "bob");
	assert_int_equal(person_logs_in(w, "alice", &answer, &result), BFABRIC_FORBIDDEN);
	assert_string_equal(answer.before, "bob");
	assert_int_equal(person_logs_in(w, "bob", NULL, &result), BFABRIC_OK);
}

static void test_a_login_without_refresh_token(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {0};
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	json_t *reply = json_pack("{s:s}", "access_token", "opaque");
	struct bf_login_grant grant = {.reply = reply, .token_endpoint = "https://bfabric.test/t"};

	assert_int_equal(bf_login_save(w->s, &ui, &grant, &result, &w->err), BFABRIC_OK);
	json_decref(reply);
	world_record(w, &record);
	assert_null(record.revocation_endpoint);
	assert_false(result.can_refresh);
	assert_null(result.subject);
	assert_int_equal(result.expires_at, WORLD_NOW + 3600);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_pass(w, 3600);
	assert_int_equal(world_get_new(w), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 0);
}

/* What a server adds is kept, but never so much that the files could not be read again. */
static void test_a_huge_reply(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_ui ui = {0};
	json_t *reply = authserver_login(w->server, "alice");
	struct bf_login_grant grant = {
		.reply = reply, .token_endpoint = "https://bfabric.test/bfabric/rest/oauth/token"};
	char *text = malloc(900001);

	memset(text, 'x', 900000);
	text[900000] = '\0';
	json_object_set_new(reply, "note", json_string(text));
	free(text);
	assert_int_equal(bf_login_save(w->s, &ui, &grant, &result, &w->err), BFABRIC_OK);
	json_decref(reply);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_prepare_finds_what_is_in_the_way(void **state)
{
	struct world *w = *state;
	char temporary[512];

	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_OK);
	assert_false(world_exists(w->paths.cache));
	assert_false(world_exists(w->paths.record));
	snprintf(temporary, sizeof(temporary), "%s.tmp", w->paths.record);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err), BFABRIC_SYSTEM);
	assert_non_null(strstr(w->err.text, w->paths.record));
	assert_int_equal(rmdir(temporary), 0);
	world_write(w->paths.record, "{\"version\": 7}");
	assert_int_equal(bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err),
		BFABRIC_UNSUPPORTED);
	bfabric_session_free(w->s);
	w->s = world_open(w, BFABRIC_AUTH_PAT);
	assert_int_equal(bf_login_prepare(w->s, &world_nobody, /* deadline= */ 0, &w->err),
		BFABRIC_UNSUPPORTED);
}

/* Another process refreshes, and takes its time. */
static void test_prepare_waits_no_longer_than_told(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	int64_t began = w->clock->boot_ms;

	assert_int_equal(bf_session_lock(w->s, &lock, 1, &w->err), BFABRIC_OK);
	assert_int_equal(
		bf_login_prepare(w->s, &world_nobody, began + 1000, &w->err), BFABRIC_LOCK_TIMEOUT);
	assert_in_range(w->clock->boot_ms - began, 1000, 1100);
	began = w->clock->boot_ms;
	assert_int_equal(bf_login_prepare(w->s, &world_nobody, began + 90000, &w->err),
		BFABRIC_LOCK_TIMEOUT);
	assert_in_range(w->clock->boot_ms - began, BF_LOCK_MS, BF_LOCK_MS + 100);
	began = w->clock->boot_ms;
	assert_int_equal(bf_login_prepare(w->s, &world_nobody, -1, &w->err), BFABRIC_LOCK_TIMEOUT);
	assert_in_range(w->clock->boot_ms - began, 0, 100);
}

/* ---- by device ------------------------------------------------------------------------------- */

struct phone {
	struct world *w;
	struct person answer;
	unsigned shown, ticks;
	unsigned give_up_at; /* so many polls; 0: never */
	unsigned troubles;   /* met so far */
	struct bfabric_cancel *cancel;
	int64_t left;
	char code[32], uri[64];
};

static void show(void *data, const struct bfabric_device_code *device)
{
	struct phone *p = data;

	p->shown++;
	snprintf(p->code, sizeof(p->code), "%s", device->user_code);
	snprintf(p->uri, sizeof(p->uri), "%s", device->verification_uri);
}

static void waiting(void *data, int64_t left_ms)
{
	struct phone *p = data;

	p->ticks++;
	p->left = left_ms;
	if (p->give_up_at && p->w->server->polls >= p->give_up_at)
		bfabric_cancel_now(p->cancel);
}

static bool person_agrees(void *data, const char *before, const char *now)
{
	struct phone *p = data;

	return person_answers(&p->answer, before, now);
}

static enum bfabric_status log_in_by_device(
	struct world *w, struct phone *p, int64_t deadline, struct bf_login_result *ret)
{
	struct bfabric_ui ui = {

		.show_code = show, .waiting = waiting, .other_subject = person_agrees, .data = p};

	p->w = w;
	return bf_login_device(w->s, &ui, deadline, ret, &w->err);
}

static void test_device_login(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	w->server->approve_after = 3;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_OK);
	assert_int_equal(person.shown, 1);
	assert_in_range(person.ticks, 4 * 20, 4 * 20 + 8); /* four intervals of five seconds */
	assert_int_equal(person.left, 600000 - 4 * 5000);
	assert_string_equal(person.code, "ABCD-EFGH");
	assert_string_equal(person.uri, "https://bfabric.test/device");
	assert_string_equal(result.subject, "alice");
	assert_int_equal(w->server->polls, 4);
	assert_in_range(w->clock->boot_ms, 1000000 + 4 * 5000, 1000000 + 4 * 5000 + 1000);
	assert_int_equal(world_get(w), BFABRIC_OK);
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

static void test_device_login_with_discovery(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct phone person = {0};

	w->server->discovers = true;
	w->server->form = FORM_BODY;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_OK);
	world_record(w, &record);
	assert_string_equal(record.client_auth, "body"); /* it lists "none" */
	world_pass(w, 30000);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
	assert_int_equal(w->server->client_refused, 0);
}

static void test_device_login_denied(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	w->server->deny = true;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_DENIED);
	assert_int_equal(w->server->polls, 1);
	assert_false(world_exists(w->paths.cache));
}

static void test_device_login_slow_down(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	w->server->slow_down_once = true;
	w->server->approve_after = 1;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_OK);
	assert_in_range(w->clock->boot_ms, 1000000 + 5000 + 10000 + 10000, 1000000 + 26000);
}

static void test_device_login_nobody_comes(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	w->server->approve_after = 1000000;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_TIMEOUT);
	assert_in_range(w->clock->boot_ms, 1600000, 1601000); /* the code's expiry */
	assert_int_equal(
		log_in_by_device(w, &person, w->clock->boot_ms + 12000, &result), BFABRIC_TIMEOUT);
	assert_in_range(w->clock->boot_ms, 1612000, 1613000);
	assert_false(world_exists(w->paths.cache));
}

static void test_device_login_cancelled(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {.give_up_at = 1};

	assert_int_equal(bfabric_cancel_new(&person.cancel, NULL), BFABRIC_OK);
	w->s->cancel = person.cancel;
	w->server->approve_after = 1000000;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_CANCELLED);
	assert_int_equal(w->server->polls, 1);
	w->s->cancel = NULL;
	bfabric_cancel_free(person.cancel);
}

/* Between two polls the server restarts: 503, an HTML 404, nothing. */

static void waiting_in_trouble(void *data, int64_t left_ms)
{
	static const enum authserver_trouble troubles[] = {
		TROUBLE_503, TROUBLE_HTML_404, TROUBLE_NOT_SENT, TROUBLE_LOST_REQUEST};
	struct phone *p = data;

	if (p->troubles < 4 && p->w->server->trouble_left == 0)
		authserver_trouble_set(p->w->server, troubles[p->troubles++], 1);
	waiting(data, left_ms);
}

static void test_device_login_survives_a_redeploy(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {.w = w};
	struct bfabric_ui ui = {.show_code = show, .waiting = waiting_in_trouble, .data = &person};

	assert_int_equal(bf_login_device(w->s, &ui, 0, &result, &w->err), BFABRIC_OK);
	assert_int_equal(w->server->polls, 1);
	assert_int_equal(person.troubles, 4);
}

static void test_device_login_cannot_start(void **state)
{
	static const struct {
		enum authserver_trouble trouble;
		enum bfabric_status status;
	} cases[] = {{TROUBLE_NOT_SENT, BFABRIC_RETRY_LATER}, {TROUBLE_503, BFABRIC_RETRY_LATER},
		{TROUBLE_GARBAGE, BFABRIC_BAD_REPLY}, {TROUBLE_REDIRECT, BFABRIC_BAD_REPLY}};
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		authserver_trouble_set(w->server, cases[i].trouble, -1);
		assert_int_equal(log_in_by_device(w, &person, 0, &result), cases[i].status);
	}
	assert_int_equal(person.shown, 0);
	assert_int_equal(w->server->polls, 0);
}

/* A person is not sent through a login that cannot be saved. */
static void test_device_login_that_could_not_be_saved(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};
	char temporary[512];

	assert_int_equal(bf_dir_ensure(w->paths.dir, 2, NULL), BFABRIC_OK);
	snprintf(temporary, sizeof(temporary), "%s.tmp", w->paths.cache);
	assert_int_equal(mkdir(temporary, 0700), 0);
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_SYSTEM);
	assert_int_equal(person.shown, 0);
	assert_int_equal(w->server->gets, 0);
}

static void test_device_login_as_somebody_else(void **state)
{
	struct world *w = *state;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct phone person = {0};

	py_login(w, "bob");
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_FORBIDDEN);
	assert_int_equal(person.answer.asked, 1);
	assert_int_equal(world_get(w), BFABRIC_OK); /* bob's is left alone */
	person.answer.agree = true;
	assert_int_equal(log_in_by_device(w, &person, 0, &result), BFABRIC_OK);
	assert_string_equal(result.subject, "alice");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_what_a_login_leaves),
		world_test(test_a_login_spends_what_was_there),
		world_test(test_a_login_ends_a_refusal),
		world_test(test_a_login_empties_the_memory),
		world_test(test_another_subject_must_be_confirmed),
		world_test(test_nobody_is_asked_after_a_logout),
		world_test(test_the_cache_says_whose_login_it_is),
		world_test(test_a_login_without_refresh_token),
		world_test(test_a_huge_reply),
		world_test(test_prepare_finds_what_is_in_the_way),
		world_test(test_prepare_waits_no_longer_than_told),
		world_test(test_device_login),
		world_test(test_device_login_with_discovery),
		world_test(test_device_login_denied),
		world_test(test_device_login_slow_down),
		world_test(test_device_login_nobody_comes),
		world_test(test_device_login_cancelled),
		world_test(test_device_login_survives_a_redeploy),
		world_test(test_device_login_cannot_start),
		world_test(test_device_login_that_could_not_be_saved),
		world_test(test_device_login_as_somebody_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
