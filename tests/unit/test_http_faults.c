/* test_http_faults.c - the transport against servers that do not do their part. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "client.h"
#include "libbfabric/base/sys.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static void check_lost(const struct outcome *o, bool sent)
{
	assert_int_equal(o->status, BFABRIC_RETRY_LATER);
	assert_int_equal(o->sent, sent);
	assert_non_null(strstr(o->err.text, "127.0.0.1"));
}

static struct outcome post_answered(struct peer *peer, const char *answer)
{
	peer->serve = peer_serve_answer;
	peer->answer = answer;
	peer_start(peer);
	return client_post(peer);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void post_on(struct bf_http *http, const struct peer *peer, bool spends)
{
	struct bf_request request = client_request("http", "127.0.0.1", peer->port);

	request.spends = spends;
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
}

static void only_what_spends_gets_a_connection_of_its_own(void **state)
{
	static const struct {
		bool first, second;
		unsigned connections;
	} rows[] = {{false, false, 1}, {false, true, 2}, {true, false, 2}, {true, true, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
		AUTO_HTTP struct bf_http *http = client(NULL);

		peer_start(&peer);
		post_on(http, &peer, rows[i].first);
		post_on(http, &peer, rows[i].second);
		http_release(&http);
		http = NULL;
		peer_stop(&peer);
		assert_int_equal(peer.connections, rows[i].connections);
		assert_int_equal(peer.requests, 2);
	}
}

/* Answers the first request of its life; hangs up on every other one after it has come in. */
static void serve_first_only(struct peer_conn *conn)
{
	while (peer_receive(conn) && conn->peer->requests == 1)
		peer_puts(conn, OK_EMPTY);
	peer_reset(conn);
}

/* libcurl repeats a POST of its own when a reused connection turns out to be dead. */
static void what_spends_is_never_sent_twice(void **state)
{
	AUTO_PEER struct peer peer = {.serve = serve_first_only};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	(void)state;
	peer_start(&peer);
	post_on(http, &peer, /* spends= */ true);
	request = client_request("http", "127.0.0.1", peer.port);
	request.spends = true;
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	check_lost(&o, /* sent= */ true);
	peer_stop(&peer);
	assert_int_equal(peer.requests, 2);
	assert_int_equal(peer.connections, 2);
}

static void a_client_survives_a_failure(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request = client_request("http", "127.0.0.1", peer_free_port());
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	(void)state;
	check_lost(&o, /* sent= */ false);
	peer_start(&peer);
	post_on(http, &peer, /* spends= */ false);
	post_on(http, &peer, /* spends= */ false);
}

/* ---- servers that do not answer -------------------------------------------------------------- */

static void refused(void **state)
{
	const struct peer nobody = {.port = peer_free_port()};
	AUTO_OUTCOME struct outcome o = client_post(&nobody);

	(void)state;
	check_lost(&o, /* sent= */ false);
}

static struct outcome post_served(struct peer *peer, void (*serve)(struct peer_conn *conn))
{
	peer->serve = serve;
	peer_start(peer);
	return client_post(peer);
}

/* Whether the request was on its way by then is a race; that the server is lost is not. */
static void reset_before_reading(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_served(&peer, peer_reset);

	(void)state;
	check_lost(&o, o.sent);
}

static void receive_and_reset(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_reset(conn);
}

static void reset_after_the_request(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_served(&peer, receive_and_reset);

	(void)state;
	check_lost(&o, /* sent= */ true);
	peer_stop(&peer);
	assert_int_equal(peer.requests, 1);
}

static void receive_and_close(struct peer_conn *conn)
{
	peer_receive(conn);
}

static void closed_without_a_word(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_served(&peer, receive_and_close);

	(void)state;
	check_lost(&o, /* sent= */ true);
}

static void answer_and_close(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_puts(conn, conn->peer->answer);
}

static void truncated_replies_are_no_replies(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"a\":",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
		"HTTP/1.1 100 Continue\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		AUTO_PEER struct peer peer = {.answer = answers[i]};
		AUTO_OUTCOME struct outcome o = post_served(&peer, answer_and_close);

		check_lost(&o, /* sent= */ true);
	}
}

static struct outcome post_within(
	struct peer *peer, void (*serve)(struct peer_conn *conn), int64_t ms)
{
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	peer->serve = serve;
	peer_start(peer);
	request = client_request("http", "127.0.0.1", peer->port);
	request.deadline = bf_boot_ms(&bf_sys_real) + ms;
	return client_perform(http, &request);
}

static void a_server_that_hangs_is_left_at_the_deadline(void **state)
{
	const int64_t begin = bf_boot_ms(&bf_sys_real);
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_within(&peer, peer_hang, 300);

	(void)state;
	assert_int_equal(o.status, BFABRIC_TIMEOUT);
	assert_true(o.sent);
	assert_true(bf_boot_ms(&bf_sys_real) - begin >= 250); /* not before it */
}

/* The reply to a request that spent a token is worth more than its caller's time. */
static void a_reply_may_come_after_the_deadline(void **state)
{
	const int64_t begin = bf_boot_ms(&bf_sys_real);
	AUTO_PEER struct peer peer = {.serve = peer_hang};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;
	AUTO_OUTCOME struct outcome o = {0};

	(void)state;
	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	request.deadline = begin + 200;
	request.reply_deadline = begin + 700;
	o = client_perform(http, &request);
	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_true(o.sent);
	assert_true(bf_boot_ms(&bf_sys_real) - begin >= 600);
}

static void drip(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_puts(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
	while (!conn->peer->stopping && peer_puts(conn, "x"))
		usleep(5000);
}

static void drip_headers(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_puts(conn, "HTTP/1.1 200 OK\r\n");
	while (!conn->peer->stopping && peer_puts(conn, "X: y\r\n"))
		usleep(5000);
}

/* Bytes that keep coming do not move the deadline. */
static void *wish(void *cancel)
{
	(void)usleep(50000);
	bfabric_cancel_now(cancel);
	return NULL;
}

/* The wish comes while the server hangs: it ends the request, but not one whose reply counts. */
static void a_wish_ends_a_request(void **state)
{
	(void)state;
	for (int counts = 0; counts <= 1; counts++) {
		AUTO_PEER struct peer peer = {.serve = peer_hang};
		AUTO_HTTP struct bf_http *http = client(NULL);
		struct bfabric_cancel *cancel = NULL;
		struct bf_request request = {0};
		pthread_t other;

		peer_start(&peer);
		request = client_request("http", "127.0.0.1", peer.port);
		assert_int_equal(bfabric_cancel_new(&cancel, NULL), BFABRIC_OK);
		request.cancel = cancel;
		request.reply_deadline = counts ? bfabric_deadline_in(2) : 0;
		assert_int_equal(pthread_create(&other, NULL, wish, cancel), 0);
		AUTO_OUTCOME struct outcome o = client_perform(http, &request);

		assert_int_equal(o.status, counts ? BFABRIC_RETRY_LATER : BFABRIC_CANCELLED);
		assert_int_equal(pthread_join(other, NULL), 0);
		bfabric_cancel_free(cancel);
	}
}

static void a_server_that_drips_is_left_at_the_deadline(void **state)
{
	AUTO_PEER struct peer body = {0}, head = {0};
	AUTO_OUTCOME struct outcome o = post_within(&body, drip, 300);
	AUTO_OUTCOME struct outcome p = post_within(&head, drip_headers, 300);

	(void)state;
	assert_int_equal(o.status, BFABRIC_TIMEOUT);
	assert_true(o.sent);
	assert_int_equal(p.status, BFABRIC_TIMEOUT);
	assert_true(p.sent);
}

static void no_time_left_means_no_request(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_within(&peer, peer_hang, -1);

	(void)state;
	assert_int_equal(o.status, BFABRIC_TIMEOUT);
	assert_false(o.sent);
	peer_stop(&peer);
	assert_int_equal(peer.connections, 0);
}

/* ---- servers that say too much --------------------------------------------------------------- */

static struct outcome post_sized(size_t size)
{
	struct bf_secret answer = BF_SECRET_INIT;
	AUTO_PEER struct peer peer = {0};
	struct outcome o;

	bf_secret_printf(&answer, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", size);
	for (size_t i = 0; i < size; i++)
		bf_secret_putc(&answer, 'x');
	o = post_answered(&peer, bf_secret_reveal(&answer));
	peer_stop(&peer);
	bf_secret_release(&answer);
	return o;
}

static void one_mib_is_the_limit(void **state)
{
	const size_t max = (size_t)1 << 20;
	AUTO_OUTCOME struct outcome whole = post_sized(max);
	AUTO_OUTCOME struct outcome more = post_sized(max + 1);

	(void)state;
	assert_int_equal(whole.status, BFABRIC_OK);
	assert_int_equal(whole.reply.body.len, max);
	assert_int_equal(more.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(more.err.text, "1 MiB"));
	assert_true(more.sent);
}

static void flood(struct peer_conn *conn)
{
	char line[1000];

	memset(line, 'x', sizeof(line));
	memcpy(line, "X: ", 3);
	memcpy(line + sizeof(line) - 2, "\r\n", 2);
	peer_receive(conn);
	peer_puts(conn, conn->peer->answer);
	while (!conn->peer->stopping && peer_send(conn, line, sizeof(line)))
		;
}

static void flood_continue(struct peer_conn *conn)
{
	peer_receive(conn);
	while (!conn->peer->stopping && peer_puts(conn, "HTTP/1.1 100 Continue\r\nX: y\r\n\r\n"))
		;
}

static void flood_chunks(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_puts(conn, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
	while (!conn->peer->stopping && peer_puts(conn, "10\r\n0123456789abcdef\r\n"))
		;
}

static void floods_are_cut_off(void **state)
{
	AUTO_PEER struct peer headers = {.answer = "HTTP/1.1 200 OK\r\n"};
	AUTO_PEER struct peer trailers = {.answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: "
						    "chunked\r\n\r\n1\r\na\r\n0\r\n"};
	AUTO_PEER struct peer informational = {0}, chunks = {0};
	AUTO_OUTCOME struct outcome a = post_served(&headers, flood);
	AUTO_OUTCOME struct outcome b = post_served(&trailers, flood);
	AUTO_OUTCOME struct outcome c = post_served(&informational, flood_continue);
	AUTO_OUTCOME struct outcome d = post_served(&chunks, flood_chunks);

	(void)state;
	assert_int_equal(a.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(a.err.text, "64 KiB"));
	assert_int_equal(b.status, BFABRIC_BAD_REPLY);
	assert_int_equal(c.status, BFABRIC_BAD_REPLY);
	assert_int_equal(d.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(d.err.text, "1 MiB"));
}

static void what_is_no_http_is_a_bad_reply(void **state)
{
	static const char *const answers[] = {"SSH-2.0-OpenSSH_9.2\r\n", "<html></html>\n",
		"HTTP/0.9 200 OK\r\n\r\n", "\x15\x03\x01"};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		AUTO_PEER struct peer peer = {.answer = answers[i]};
		AUTO_OUTCOME struct outcome o = post_served(&peer, answer_and_close);

		assert_int_equal(o.status, BFABRIC_BAD_REPLY);
		assert_true(o.sent);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_spends_gets_a_connection_of_its_own),
		cmocka_unit_test(what_spends_is_never_sent_twice),
		cmocka_unit_test(a_client_survives_a_failure),
		cmocka_unit_test(refused),
		cmocka_unit_test(reset_before_reading),
		cmocka_unit_test(reset_after_the_request),
		cmocka_unit_test(closed_without_a_word),
		cmocka_unit_test(truncated_replies_are_no_replies),
		cmocka_unit_test(a_server_that_hangs_is_left_at_the_deadline),
		cmocka_unit_test(a_reply_may_come_after_the_deadline),
		cmocka_unit_test(a_wish_ends_a_request),
		cmocka_unit_test(a_server_that_drips_is_left_at_the_deadline),
		cmocka_unit_test(no_time_left_means_no_request),
		cmocka_unit_test(one_mib_is_the_limit),
		cmocka_unit_test(floods_are_cut_off),
		cmocka_unit_test(what_is_no_http_is_a_bad_reply),
	};

	client_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
