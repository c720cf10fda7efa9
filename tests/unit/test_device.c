/* test_device.c - the device authorization grant: its first reply, and the patience after it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/device.h"
#include <string.h>

#define START INT64_C(1000000) /* no test may depend on a clock that begins at 0 */

/* ---- the first reply ------------------------------------------------------------------------- */

static void field(struct bf_secret *text, const char *name, const char *value)
{
	bf_secret_puts(text, name);
	bf_secret_putc(text, '=');
	bf_secret_puts(text, value ? value : "-");
	bf_secret_putc(text, '\n');
}

static void describe(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_DEVICE struct bf_device device = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_device_start_accept(reply, &device, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_null(device.user_code);
		return;
	}
	field(ret_text, "device_code", bf_secret_reveal(&device.device_code));
	field(ret_text, "user_code", device.user_code);
	field(ret_text, "verification_uri", device.verification_uri);
	field(ret_text, "verification_uri_complete", device.verification_uri_complete);
	bf_secret_printf(ret_text, "expires_in=%lld\ninterval=%lld\n", (long long)device.expires_in,
		(long long)device.interval);
}

static void first_replies(void **state)
{
	(void)state;
	cases_run("device-reply", describe);
}

static void first_request(void **state)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_device_start_build("https://bfabric.example.org/d", "CLI",
				 "api:read tus", &request, &err),
		BFABRIC_OK);
	assert_string_equal(request.method, "POST");
	assert_string_equal(request.url, "https://bfabric.example.org/d");
	assert_string_equal(bf_secret_reveal(&request.body), "client_id=CLI&scope=api%3Aread+tus");
	assert_true(bf_secret_empty(&request.authorization));
	assert_false(request.spends);
	bf_request_release(&request);
	assert_int_equal(bf_device_start_build("https://bfabric.example.org/d", "CLI",
				 /* scope= */ NULL, &request, &err),
		BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&request.body), "client_id=CLI");
}

static void first_request_without_client(void **state)
{
	struct bf_request request = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(
		bf_device_start_build("https://x", "", NULL, &request, &err), BFABRIC_BAD_CALL);
	assert_int_equal(
		bf_device_start_build(NULL, "CLI", NULL, &request, &err), BFABRIC_BAD_CALL);
	assert_null(request.url);
}

/* ---- a simulated person, server and clock ---------------------------------------------------- */

struct world {
	struct bf_device_flow flow;
	struct bfabric_error err;
	int64_t now;
	unsigned polls;
	enum bf_device_action last;
};

static struct world begin(int64_t expires_in, int64_t interval)
{
	const struct bf_device device = {.expires_in = expires_in, .interval = interval};
	struct world w = {.now = START};

	bf_device_flow_init(&w.flow, &device, w.now);
	return w;
}

/* Feed what happened; then let time pass until a poll is due or it is over. Returns the wait. */
static int64_t until_poll(struct world *w, enum bf_device_event event,
	enum bf_token_verdict verdict, const struct bfabric_error *why)
{
	const int64_t from = w->now;
	int64_t until = -1;

	w->last = bf_device_step(&w->flow, event, verdict, why, w->now, &until, &w->err);
	while (w->last == BF_DEVICE_WAIT) {
		assert_true(until > w->now); /* or a caller would spin */
		w->now = until;
		w->last = bf_device_step(&w->flow, BF_DEVICE_NOTHING, BF_TOKEN_GARBAGE, NULL,
			w->now, &until, &w->err);
	}
	w->polls += w->last == BF_DEVICE_POLL;
	return w->now - from;
}

static int64_t first(struct world *w)
{
	return until_poll(w, BF_DEVICE_NOTHING, BF_TOKEN_GARBAGE, NULL);
}

static int64_t reply(struct world *w, enum bf_token_verdict verdict)
{
	return until_poll(w, BF_DEVICE_REPLY, verdict, NULL);
}

static int64_t no_reply(struct world *w)
{
	return until_poll(w, BF_DEVICE_NO_REPLY, BF_TOKEN_GARBAGE, NULL);
}

static void fifteen_minutes_of_patience(void **state)
{
	struct world w = begin(900, 5);

	(void)state;
	assert_int_equal(first(&w), 5000);
	while (w.last == BF_DEVICE_POLL && w.now < START + 890000)
		assert_int_equal(reply(&w, BF_TOKEN_PENDING), 5000);
	assert_int_equal(w.polls, 178);
	assert_int_equal(reply(&w, BF_TOKEN_ISSUED), 0);
	assert_int_equal(w.last, BF_DEVICE_DONE);
}

static void expiry_ends_it_after_one_last_poll(void **state)
{
	struct world w = begin(900, 5);

	(void)state;
	first(&w);
	while (w.last == BF_DEVICE_POLL)
		reply(&w, BF_TOKEN_PENDING);
	assert_int_equal(w.last, BF_DEVICE_FAILED);
	assert_int_equal(w.err.status, BFABRIC_TIMEOUT);
	assert_true(*w.err.text);
	assert_int_equal(w.now, START + 900000);
	assert_int_equal(w.polls, 180);
}

/* 12 s, every 5: polls at 5, 10 and, at the latest possible moment, 12. */
static void a_poll_after_the_expiry_is_sent_at_the_expiry(void **state)
{
	struct world w = begin(12, 5);

	(void)state;
	assert_int_equal(first(&w), 5000);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 5000);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 2000);
	assert_int_equal(w.last, BF_DEVICE_POLL);
	assert_int_equal(reply(&w, BF_TOKEN_ISSUED), 0);
	assert_int_equal(w.last, BF_DEVICE_DONE);
}

static void a_code_shorter_than_the_interval_is_polled_once(void **state)
{
	struct world w = begin(3, 5);

	(void)state;
	assert_int_equal(first(&w), 3000);
	assert_int_equal(w.last, BF_DEVICE_POLL);
	reply(&w, BF_TOKEN_PENDING);
	assert_int_equal(w.last, BF_DEVICE_FAILED);
	assert_int_equal(w.err.status, BFABRIC_TIMEOUT);
	assert_int_equal(w.polls, 1);
}

static void a_reply_at_the_edge_counts(void **state)
{
	struct world w = begin(10, 5);

	(void)state;
	first(&w);
	w.now = START + 9999;
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 1);
	assert_int_equal(w.last, BF_DEVICE_POLL);
	w.now += 30000; /* a slow answer, after the expiry */
	reply(&w, BF_TOKEN_ISSUED);
	assert_int_equal(w.last, BF_DEVICE_DONE);
}

/* The person may have approved while our poll hung: one more, then the end. */
static void a_poll_that_hangs_over_the_expiry_is_followed_by_one(void **state)
{
	struct world w = begin(10, 5);

	(void)state;
	first(&w);
	w.now = START + 35000;
	assert_int_equal(no_reply(&w), 0);
	assert_int_equal(w.last, BF_DEVICE_POLL);
	assert_int_equal(no_reply(&w), 0);
	assert_int_equal(w.last, BF_DEVICE_FAILED);
	assert_int_equal(w.err.status, BFABRIC_RETRY_LATER);
}

static void a_machine_that_slept_polls_once(void **state)
{
	struct world w = begin(600, 5);

	(void)state;
	w.now = START + 3600000;
	assert_int_equal(first(&w), 0);
	assert_int_equal(w.last, BF_DEVICE_POLL);
	reply(&w, BF_TOKEN_CODE_EXPIRED);
	assert_int_equal(w.last, BF_DEVICE_FAILED);
	assert_int_equal(w.err.status, BFABRIC_TIMEOUT);
}

static void slow_down_is_for_good(void **state)
{
	struct world w = begin(900, 5);

	(void)state;
	first(&w);
	assert_int_equal(reply(&w, BF_TOKEN_SLOW_DOWN), 10000);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 10000);
	assert_int_equal(reply(&w, BF_TOKEN_SLOW_DOWN), 15000);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 15000);
	no_reply(&w);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 15000);
}

/* A server that says nothing else is asked until the expiry, ever more rarely. */
static void slow_down_without_end(void **state)
{
	struct world w = begin(86400, 60);

	(void)state;
	first(&w);
	while (w.last == BF_DEVICE_POLL)
		reply(&w, BF_TOKEN_SLOW_DOWN);
	assert_int_equal(w.err.status, BFABRIC_TIMEOUT);
	assert_int_equal(w.now, START + INT64_C(86400000));
	assert_in_range(w.polls, 100, 200);
}

static void trouble_backs_off_and_is_forgotten(void **state)
{
	static const int64_t waits[] = {10000, 20000, 40000, 60000, 60000};
	struct world w = begin(900, 5);

	(void)state;
	first(&w);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
		assert_int_equal(no_reply(&w), waits[i]);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 5000);
	assert_int_equal(no_reply(&w), 10000);
}

static void back_off_is_never_shorter_than_the_interval(void **state)
{
	struct world w = begin(900, 58);

	(void)state;
	first(&w);
	assert_int_equal(no_reply(&w), 60000);
	assert_int_equal(reply(&w, BF_TOKEN_SLOW_DOWN), 63000);
	assert_int_equal(no_reply(&w), 63000);
	assert_int_equal(no_reply(&w), 63000);
}

/* A redeploy in mid-poll: two minutes of 404 with HTML, as bf_token_accept reads it. */
static void a_redeploy_is_survived(void **state)
{
	struct bf_reply page = {.status = 404, .content_type = "text/html", .retry_after = -1};
	struct world w = begin(600, 5);
	struct bfabric_error why = {0};
	json_t *token = NULL;
	int64_t down_until = START + 120000;

	(void)state;
	bf_secret_puts(&page.body, "<html>404</html>");
	first(&w);
	while (w.now < down_until) {
		enum bf_token_verdict verdict = bf_token_accept(&page, &token, &why);

		assert_int_equal(verdict, BF_TOKEN_TRANSIENT);
		until_poll(&w, BF_DEVICE_REPLY, verdict, &why);
		assert_int_equal(w.last, BF_DEVICE_POLL);
	}
	bf_reply_release(&page);
	assert_in_range(w.polls, 4, 8);
	assert_int_equal(reply(&w, BF_TOKEN_PENDING), 5000);
	reply(&w, BF_TOKEN_ISSUED);
	assert_int_equal(w.last, BF_DEVICE_DONE);
}

static void a_server_that_never_comes_back(void **state)
{
	struct world w = begin(600, 5);

	(void)state;
	first(&w);
	while (w.last == BF_DEVICE_POLL)
		reply(&w, BF_TOKEN_TRANSIENT);
	assert_int_equal(w.now, START + 600000);
	assert_int_equal(w.err.status, BFABRIC_RETRY_LATER);
}

static void final_verdicts_end_it(void **state)
{
	static const struct {
		enum bf_token_verdict verdict;
		enum bfabric_status status;
	} finals[] = {
		{BF_TOKEN_DENIED, BFABRIC_DENIED},
		{BF_TOKEN_CODE_EXPIRED, BFABRIC_TIMEOUT},
		{BF_TOKEN_GRANT_REFUSED, BFABRIC_DENIED},
		{BF_TOKEN_CLIENT_REFUSED, BFABRIC_DENIED},
		{BF_TOKEN_REQUEST_REFUSED, BFABRIC_DENIED},
		{BF_TOKEN_REFUSED, BFABRIC_DENIED},
		{BF_TOKEN_GARBAGE, BFABRIC_BAD_REPLY},
	};
	const struct bfabric_error why = {.status = BFABRIC_SYSTEM, .text = "what the server said"};

	(void)state;
	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
		struct world w = begin(600, 5);

		first(&w);
		until_poll(&w, BF_DEVICE_REPLY, finals[i].verdict, &why);
		assert_int_equal(w.last, BF_DEVICE_FAILED);
		assert_int_equal(w.err.status, finals[i].status);
		assert_string_equal(w.err.text, why.text);
		w = begin(600, 5);
		first(&w);
		reply(&w, finals[i].verdict); /* nobody says why */
		assert_int_equal(w.err.status, finals[i].status);
		assert_true(*w.err.text);
	}
}

static void lack_of_memory_is_called_that(void **state)
{
	const struct bfabric_error why = {.status = BFABRIC_NO_MEMORY, .text = "out of memory"};
	struct world w = begin(600, 5);

	(void)state;
	first(&w);
	until_poll(&w, BF_DEVICE_REPLY, BF_TOKEN_GARBAGE, &why);
	assert_int_equal(w.err.status, BFABRIC_NO_MEMORY);
}

/* Asked again and again without an event, it neither polls early nor twice. */
static void impatience_changes_nothing(void **state)
{
	struct world w = begin(60, 5);
	int64_t until = 0;
	unsigned polls = 0;

	(void)state;
	for (int64_t ms = 0; ms < 15000; ms++)
		polls += bf_device_step(&w.flow, BF_DEVICE_NOTHING, BF_TOKEN_GARBAGE, NULL,
				 START + ms, &until, &w.err) == BF_DEVICE_POLL;
	assert_int_equal(polls, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_replies),
		cmocka_unit_test(first_request),
		cmocka_unit_test(first_request_without_client),
		cmocka_unit_test(fifteen_minutes_of_patience),
		cmocka_unit_test(expiry_ends_it_after_one_last_poll),
		cmocka_unit_test(a_poll_after_the_expiry_is_sent_at_the_expiry),
		cmocka_unit_test(a_code_shorter_than_the_interval_is_polled_once),
		cmocka_unit_test(a_reply_at_the_edge_counts),
		cmocka_unit_test(a_poll_that_hangs_over_the_expiry_is_followed_by_one),
		cmocka_unit_test(a_machine_that_slept_polls_once),
		cmocka_unit_test(slow_down_is_for_good),
		cmocka_unit_test(slow_down_without_end),
		cmocka_unit_test(trouble_backs_off_and_is_forgotten),
		cmocka_unit_test(back_off_is_never_shorter_than_the_interval),
		cmocka_unit_test(a_redeploy_is_survived),
		cmocka_unit_test(a_server_that_never_comes_back),
		cmocka_unit_test(final_verdicts_end_it),
		cmocka_unit_test(lack_of_memory_is_called_that),
		cmocka_unit_test(impatience_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
