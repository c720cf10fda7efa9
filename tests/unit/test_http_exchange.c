/* test_http_exchange.c - what the transport sends, and how it reads servers that behave. */
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

static struct outcome post_answered(struct peer *peer, const char *answer)
{
	peer->serve = peer_serve_answer;
	peer->answer = answer;
	peer_start(peer);
	return client_post(peer);
}

/* ---- servers that answer --------------------------------------------------------------------- */

static void a_reply_arrives_whole(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_answered(&peer,
		"HTTP/1.1 400 Bad Request\r\nContent-Type: Application/JSON ; charset=UTF-8\r\n"
		"Retry-After: 17\r\nContent-Length: 9\r\n\r\n{\"a\":\"b\"}");

	(void)state;
	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 400);
	assert_string_equal(o.reply.content_type, "application/json");
	assert_string_equal(bf_secret_reveal(&o.reply.body), "{\"a\":\"b\"}");
	assert_int_equal(o.reply.retry_after, 17);
	assert_true(o.sent);
}

static void chunks_and_trailers_are_understood(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o =
		post_answered(&peer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
				     "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: x\r\n\r\n");

	(void)state;
	assert_int_equal(o.status, BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&o.reply.body), "abcde");
	assert_string_equal(o.reply.content_type, "");
	assert_int_equal(o.reply.retry_after, -1);
}

static void a_redirect_is_a_reply_and_not_followed(void **state)
{
	BF_AUTO_FREE char *answer = NULL; /* lives longer than the peer that sends it */
	AUTO_PEER struct peer other = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	peer_start(&other);
	assert_true(asprintf(&answer,
			    "HTTP/1.1 307 Moved\r\nLocation: http://127.0.0.1:%u/\r\n"
			    "Content-Length: 0\r\n\r\n",
			    other.port) > 0);
	AUTO_OUTCOME struct outcome o = post_answered(&peer, answer);

	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 307);
	peer_stop(&peer);
	peer_stop(&other);
	assert_int_equal(peer.requests, 1);
	assert_int_equal(other.connections, 0);
}

static void a_401_is_a_reply_and_not_repeated(void **state)
{
	AUTO_PEER struct peer peer = {0};
	AUTO_OUTCOME struct outcome o = post_answered(&peer,
		"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
		"WWW-Authenticate: Negotiate\r\nContent-Length: 0\r\n\r\n");

	(void)state;
	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 401);
	peer_stop(&peer);
	assert_int_equal(peer.requests, 1);
}

static void check_retry_after(const char *value, int64_t least, int64_t most)
{
	BF_AUTO_FREE char *answer = NULL; /* lives longer than the peer that sends it */
	AUTO_PEER struct peer peer = {0};

	assert_true(asprintf(&answer,
			    "HTTP/1.1 503 Later\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n",
			    value) > 0);
	AUTO_OUTCOME struct outcome o = post_answered(&peer, answer);

	assert_int_equal(o.status, BFABRIC_OK);
	assert_true(o.reply.retry_after >= least && o.reply.retry_after <= most);
}

static void retry_after_is_seconds_or_a_date(void **state)
{
	char date[64];
	const time_t later = time(NULL) + 100;
	struct tm tm;

	(void)state;
	strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&later, &tm));
	check_retry_after(date, 90, 100);
	check_retry_after("Wed, 21 Oct 2015 07:28:00 GMT", -1, -1);
	check_retry_after("120", 120, 120);
	check_retry_after("99999999999", 86400, 86400);
	check_retry_after("soon", -1, -1);
	check_retry_after("-5", -1, -1);
}

/* ---- what is sent ---------------------------------------------------------------------------- */

static void the_request_says_what_it_must_and_no_more(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer,
		.answer = "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;
	const char *seen = NULL;

	(void)state;
	peer_start(&peer);
	for (int i = 0; i < 2; i++) {
		request = client_request("http", "127.0.0.1", peer.port);
		bf_secret_puts(&request.authorization, "Basic Q0xJOg==");
		AUTO_OUTCOME struct outcome o = client_perform(http, &request);

		assert_int_equal(o.status, BFABRIC_OK);
	}
	peer_stop(&peer);
	seen = bf_secret_reveal(&peer.seen);
	assert_ptr_equal(strstr(seen, "POST /bfabric/x HTTP/1.1\r\n"), seen);
	assert_non_null(strstr(seen, "\r\nAuthorization: Basic Q0xJOg==\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
	assert_non_null(strstr(seen, "\r\nContent-Length: 3\r\n"));
	assert_non_null(strstr(seen, "\r\nUser-Agent: bfabric-auth/"));
	assert_non_null(strstr(seen, "\r\n\r\na=b"));
	assert_null(strcasestr(seen, "\r\nExpect:"));
	assert_null(strcasestr(seen, "\r\nCookie:"));
	assert_null(strcasestr(seen, "\r\nAccept-Encoding:"));
}

static void check_method(const char *method, const char *body, const char *first, bool length)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;
	const char *seen = NULL;

	peer_start(&peer);
	request = client_request("http", "localhost", peer.port);
	request.method = method;
	request.content_type = NULL;
	bf_secret_cut(&request.body, 0);
	bf_secret_puts(&request.body, body);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	seen = bf_secret_reveal(&peer.seen);
	assert_ptr_equal(strstr(seen, first), seen);
	assert_null(strcasestr(seen, "\r\nContent-Type:"));
	assert_null(strcasestr(seen, "\r\nAuthorization:"));
	assert_int_equal(strcasestr(seen, "\r\nContent-Length:") != NULL, length);
	assert_string_equal(strstr(seen, "\r\n\r\n") + 4, body);
}

static void methods(void **state)
{
	(void)state;
	check_method("GET", "", "GET /bfabric/x HTTP/1.1\r\n", false);
	check_method("POST", "", "POST /bfabric/x HTTP/1.1\r\n", true);
	check_method("PUT", "{}", "PUT /bfabric/x HTTP/1.1\r\n", true);
	check_method("DELETE", "", "DELETE /bfabric/x HTTP/1.1\r\n", false);
}

/* A password for this host in ~/.netrc is none of our business. */
static void netrc_is_not_read(void **state)
{
	AUTO_PEER struct peer peer = {0};
	char dir[] = "/tmp/bfabric-test-XXXXXX";
	BF_AUTO_FREE char *path = NULL;
	FILE *f = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_true(asprintf(&path, "%s/.netrc", dir) > 0);
	f = fopen(path, "we");
	assert_non_null(f);
	fputs("machine 127.0.0.1 login anna password geheim\n", f);
	fclose(f);
	setenv("HOME", dir, 1);
	setenv("NETRC", path, 1);
	AUTO_OUTCOME struct outcome o = post_answered(&peer, OK_EMPTY);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_null(strcasestr(bf_secret_reveal(&peer.seen), "\r\nAuthorization:"));
	client_clean_environment();
	unlink(path);
	rmdir(dir);
}

static void bytes_are_bytes(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	(void)state;
	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	bf_secret_put(&request.body, "\0\xff", 2);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_memory_equal(bf_secret_reveal(&peer.seen) + peer.seen.len - 5, "a=b\0\xff", 5);
}

/* libcurl would ask first and wait a second for the answer that no small server gives. */
static void a_large_body_is_sent_without_asking(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	(void)state;
	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	for (int i = 0; i < 4096; i++)
		bf_secret_printf(&request.body, "%0512d", i);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_null(strcasestr(bf_secret_reveal(&peer.seen), "\r\nExpect:"));
	assert_true(peer.seen.len > (size_t)2 << 20);
}

/* ---- requests that are never sent ------------------------------------------------------------ */

static void check_refused_url(const char *url)
{
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request = {.method = "GET", .url = strdup(url)};
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_BAD_CALL);
	assert_false(o.sent);
}

static void urls_that_are_refused(void **state)
{
	(void)state;
	check_refused_url("http://bfabric.example.org/");
	check_refused_url("http://192.0.2.1/");
	check_refused_url("http://localhost.example.org/");
	check_refused_url("http://127.1/");
	check_refused_url("http://anna:geheim@127.0.0.1/");
	check_refused_url("file:///etc/passwd");
	check_refused_url("gopher://127.0.0.1/");
	check_refused_url("127.0.0.1/");
	check_refused_url("");
	check_refused_url("http://127.0.0.1/a b");
	check_refused_url("http://127.0.0.1/\r\nX: y");
	check_refused_url("http://127.0.0.1/?a\r\nX: y");
	check_refused_url("http://127.0.0.1/?a#b");
	check_refused_url("http://127.0.0.1/#b");
}

static void a_query_is_let_through(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request = {.method = "GET"};

	(void)state;
	peer_start(&peer);
	assert_true(asprintf(&request.url, "http://127.0.0.1:%u/s?wsdl&a=%%20", peer.port) > 0);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_non_null(strstr(bf_secret_reveal(&peer.seen), "GET /s?wsdl&a=%20 HTTP/1.1\r\n"));
}

static void a_header_cannot_be_smuggled_in(void **state)
{
	static const struct {
		const char *text;
		size_t len;
	} rows[] = {{"Bearer a\r\nX: y", 14}, {"Bearer a\n", 9}, {"Bearer a\0b", 10}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_HTTP struct bf_http *http = client(NULL);
		struct bf_request request = client_request("http", "127.0.0.1", 1);

		bf_secret_put(&request.authorization, rows[i].text, rows[i].len);
		AUTO_OUTCOME struct outcome o = client_perform(http, &request);

		assert_int_equal(o.status, BFABRIC_BAD_CALL);
		assert_null(strstr(o.err.text, "Bearer"));
	}
}

/* ---- bodies in pieces ------------------------------------------------------------------------ */

struct pieces {
	struct bf_secret text;
	long status;
	char content_type[128];
	size_t wanted; /* bytes; then no more */
};

static bool take_piece(void *data, const struct bf_reply *so_far, const char *bytes, size_t len)
{
	struct pieces *pieces = data;

	assert_true(bf_secret_empty(&so_far->body));
	pieces->status = so_far->status;
	memcpy(pieces->content_type, so_far->content_type, sizeof(pieces->content_type));
	bf_secret_put(&pieces->text, bytes, len);
	return pieces->text.len < pieces->wanted;
}

/* 3 MiB, more than a body of which nothing else is said. */
static void serve_much(struct peer_conn *conn)
{
	char part[1024];

	memset(part, 'x', sizeof(part));
	if (!peer_receive(conn))
		return;
	peer_puts(conn, "HTTP/1.1 500 Oh\r\nContent-Type: text/XML\r\nConnection: close\r\n"
			"Content-Length: 3145728\r\n\r\n");
	for (int i = 0; i < 3072 && peer_send(conn, part, sizeof(part)); i++)
		;
}

static struct outcome ask_for_much(struct pieces *pieces, size_t body_max)
{
	AUTO_PEER struct peer peer = {.serve = serve_much};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	request.on_body = pieces ? take_piece : NULL;
	request.on_body_data = pieces;
	request.body_max = body_max;
	return client_perform(http, &request);
}

static void a_body_comes_in_pieces(void **state)
{
	struct pieces pieces = {.wanted = SIZE_MAX};
	AUTO_OUTCOME struct outcome o = ask_for_much(&pieces, (size_t)3 << 20);

	(void)state;
	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 500);
	assert_true(bf_secret_empty(&o.reply.body));
	assert_int_equal(pieces.text.len, 3 << 20);
	assert_int_equal(pieces.status, 500);
	assert_string_equal(pieces.content_type, "text/xml");
	bf_secret_release(&pieces.text);
}

static void whoever_has_enough_gets_no_more(void **state)
{
	struct pieces pieces = {.wanted = 5000};
	AUTO_OUTCOME struct outcome o = ask_for_much(&pieces, 0);

	(void)state;
	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 500);
	assert_in_range(pieces.text.len, 5000, 1 << 20);
	bf_secret_release(&pieces.text);
}

static void the_limit_of_a_body_is_the_requests(void **state)
{
	struct pieces pieces = {.wanted = SIZE_MAX};
	AUTO_OUTCOME struct outcome kept = ask_for_much(NULL, (size_t)3 << 20);
	AUTO_OUTCOME struct outcome beyond = ask_for_much(NULL, ((size_t)3 << 20) - 1);
	AUTO_OUTCOME struct outcome pieced = ask_for_much(&pieces, 2000000);
	AUTO_OUTCOME struct outcome small = ask_for_much(NULL, 700);

	(void)state;
	assert_int_equal(kept.status, BFABRIC_OK);
	assert_int_equal(kept.reply.body.len, 3 << 20);
	assert_int_equal(beyond.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(beyond.err.text, "more than 2 MiB"));
	assert_int_equal(pieced.status, BFABRIC_BAD_REPLY);
	assert_in_range(pieces.text.len, 1, 2000000);
	assert_int_equal(small.status, BFABRIC_BAD_REPLY);
	assert_non_null(strstr(small.err.text, "more than 700 bytes"));
	bf_secret_release(&pieces.text);
}

static void one_more_header_is_sent(void **state)
{
	AUTO_PEER struct peer peer = {.serve = peer_serve_answer, .answer = OK_EMPTY};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request;

	(void)state;
	peer_start(&peer);
	request = client_request("http", "127.0.0.1", peer.port);
	request.extra = "SOAPAction: \"\"";
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_non_null(strstr(bf_secret_reveal(&peer.seen), "\r\nSOAPAction: \"\"\r\n"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_comes_in_pieces),
		cmocka_unit_test(whoever_has_enough_gets_no_more),
		cmocka_unit_test(the_limit_of_a_body_is_the_requests),
		cmocka_unit_test(one_more_header_is_sent),
		cmocka_unit_test(a_reply_arrives_whole),
		cmocka_unit_test(chunks_and_trailers_are_understood),
		cmocka_unit_test(a_redirect_is_a_reply_and_not_followed),
		cmocka_unit_test(a_401_is_a_reply_and_not_repeated),
		cmocka_unit_test(retry_after_is_seconds_or_a_date),
		cmocka_unit_test(the_request_says_what_it_must_and_no_more),
		cmocka_unit_test(methods),
		cmocka_unit_test(netrc_is_not_read),
		cmocka_unit_test(bytes_are_bytes),
		cmocka_unit_test(a_large_body_is_sent_without_asking),
		cmocka_unit_test(urls_that_are_refused),
		cmocka_unit_test(a_query_is_let_through),
		cmocka_unit_test(a_header_cannot_be_smuggled_in),
	};

	client_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
