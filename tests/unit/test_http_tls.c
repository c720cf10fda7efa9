/* test_http_tls.c - whom the transport trusts, and what it says when it does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "client.h"
#include "libbfabric/base/sys.h"
#include "peer_tls.h"
#include <openssl/err.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define OK_EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"

static struct authority ours, other; /* made once: the tests only read them */

static int make_authorities(void **state)
{
	(void)state;
	authority_make(&ours);
	authority_make(&other);
	return 0;
}

static int release_authorities(void **state)
{
	(void)state;
	authority_release(&ours);
	authority_release(&other);
	return 0;
}

static int clean_environment(void **state)
{
	(void)state;
	client_clean_environment();
	return 0;
}

static void start(struct peer *peer, const char *names, long from_s, long to_s)
{
	peer->tls = authority_server(&ours, names, from_s, to_s);
	if (!peer->serve)
		peer->serve = peer_serve_answer;
	peer->answer = OK_EMPTY;
	peer_start(peer);
}

static struct outcome post(const struct peer *peer, const struct bf_http_options *options)
{
	AUTO_HTTP struct bf_http *http = client(options);
	struct bf_request request = client_request("https", "127.0.0.1", peer->port);

	bf_secret_puts(&request.authorization, "Basic Q0xJOg==");
	return client_perform(http, &request);
}

/* The name of the certificates' file or folder and who chose it must be in the text. */
static void check_untrusted(const struct outcome *o, const char *store, const char *source)
{
	assert_int_equal(o->status, BFABRIC_BAD_CONFIG);
	assert_false(o->sent);
	assert_non_null(strstr(o->err.text, store));
	assert_non_null(strstr(o->err.text, source));
}

static void the_ca_file_is_trusted(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	start(&peer, "IP:127.0.0.1", -60, 3600);
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 200);
	assert_true(o.sent);
}

static void an_unknown_authority_is_not(void **state)
{
	const struct bf_http_options options = {.ca_file = other.file};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	start(&peer, "IP:127.0.0.1", -60, 3600);
	AUTO_OUTCOME struct outcome by_file = post(&peer, &options);
	AUTO_OUTCOME struct outcome by_system = post(&peer, NULL);

	check_untrusted(&by_file, other.file, "ca_file");
	assert_non_null(strstr(by_file.err.text, "127.0.0.1"));
	assert_int_equal(by_system.status, BFABRIC_BAD_CONFIG);
	assert_false(by_system.sent);
	peer_stop(&peer);
	assert_int_equal(peer.requests, 0);
}

static void check_bad_certificate(const char *names, long from_s, long to_s, const char *word)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {0};

	start(&peer, names, from_s, to_s);
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	check_untrusted(&o, ours.file, "ca_file");
	assert_non_null(strstr(o.err.text, "127.0.0.1"));
	assert_non_null(strstr(o.err.text, word));
}

static void wrong_certificates_are_refused(void **state)
{
	(void)state;
	check_bad_certificate("DNS:bfabric.example.org", -60, 3600, "subject name");
	check_bad_certificate("IP:127.0.0.2", -60, 3600, "subject name");
	check_bad_certificate("IP:127.0.0.1", -3600, -60, "expired");
	check_bad_certificate("IP:127.0.0.1", 3600, 7200, "not yet valid");
}

static void a_missing_or_broken_ca_file_is_named(void **state)
{
	const struct bf_http_options missing = {.ca_file = "/nonexistent/lab-ca.pem"};
	const struct bf_http_options broken = {.ca_file = "/dev/null"};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	start(&peer, "IP:127.0.0.1", -60, 3600);
	AUTO_OUTCOME struct outcome o = post(&peer, &missing);
	AUTO_OUTCOME struct outcome p = post(&peer, &broken);

	check_untrusted(&o, missing.ca_file, "ca_file");
	check_untrusted(&p, broken.ca_file, "ca_file");
}

static void the_environment_names_certificates(void **state)
{
	static const struct {
		const char *variable;
		bool folder;
	} rows[] = {{"SSL_CERT_FILE", false}, {"SSL_CERT_DIR", true}, {"CURL_CA_BUNDLE", false}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bf_http_options deaf = {.ignore_environment = true};
		const struct bf_http_options own = {.ca_file = ours.file};
		AUTO_PEER struct peer peer = {0};

		client_clean_environment();
		start(&peer, "IP:127.0.0.1", -60, 3600);
		setenv(rows[i].variable, rows[i].folder ? ours.dir : ours.file, 1);
		AUTO_OUTCOME struct outcome trusted = post(&peer, NULL);
		AUTO_OUTCOME struct outcome ignored = post(&peer, &deaf);

		setenv(rows[i].variable, rows[i].folder ? other.dir : other.file, 1);
		AUTO_OUTCOME struct outcome foreign = post(&peer, NULL);
		AUTO_OUTCOME struct outcome configured = post(&peer, &own);

		assert_int_equal(trusted.status, BFABRIC_OK);
		assert_int_equal(ignored.status, BFABRIC_BAD_CONFIG);
		check_untrusted(&foreign, other.dir, rows[i].variable);
		assert_int_equal(configured.status, BFABRIC_OK);
	}
}

static void ssl_cert_file_and_folder_add_up(void **state)
{
	AUTO_PEER struct peer peer = {0};

	(void)state;
	start(&peer, "IP:127.0.0.1", -60, 3600);
	setenv("SSL_CERT_FILE", other.file, 1);
	setenv("SSL_CERT_DIR", ours.dir, 1);
	setenv("CURL_CA_BUNDLE", "/nonexistent", 1);
	AUTO_OUTCOME struct outcome o = post(&peer, NULL);

	assert_int_equal(o.status, BFABRIC_OK);
}

/* The server knows nothing newer than TLS 1.1. */
static void old_tls_is_refused(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	peer.tls = authority_server(&ours, "IP:127.0.0.1", -60, 3600);
	SSL_CTX_set_security_level(peer.tls, 0);
	assert_int_equal(SSL_CTX_set_min_proto_version(peer.tls, TLS1_VERSION), 1);
	assert_int_equal(SSL_CTX_set_max_proto_version(peer.tls, TLS1_1_VERSION), 1);
	peer.serve = peer_serve_answer;
	peer.answer = OK_EMPTY;
	peer_start(&peer);
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_false(o.sent);
	peer_stop(&peer);
	assert_int_equal(peer.requests, 0);
}

static int choose_h2(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char wanted[] = "\x02h2\x08http/1.1";
	unsigned char *chosen = NULL;

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto(&chosen, out_len, wanted, sizeof(wanted) - 1, in, in_len) !=
		OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* HTTP/2 has replays of its own; a server that prefers it gets HTTP/1.1 from us. */
static void http_2_is_not_spoken(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {0};

	(void)state;
	peer.tls = authority_server(&ours, "IP:127.0.0.1", -60, 3600);
	SSL_CTX_set_alpn_select_cb(peer.tls, choose_h2, NULL);
	peer.serve = peer_serve_answer;
	peer.answer = OK_EMPTY;
	peer_start(&peer);
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	assert_int_equal(o.status, BFABRIC_OK);
	peer_stop(&peer);
	assert_non_null(strstr(bf_secret_reveal(&peer.seen), " HTTP/1.1\r\n"));
}

static void plain_hang(struct peer_conn *conn)
{
	peer_hang(conn);
}

/* It takes the connection and never shakes hands: nothing of ours was said. */
static void a_handshake_that_hangs(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {.serve = plain_hang};
	AUTO_HTTP struct bf_http *http = client(&options);
	struct bf_request request;

	(void)state;
	peer_start(&peer);
	request = client_request("https", "127.0.0.1", peer.port);
	request.deadline = bf_boot_ms(&bf_sys_real) + 300;
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_TIMEOUT);
	assert_false(o.sent);
}

static void a_handshake_that_is_reset(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {.serve = peer_reset};

	(void)state;
	peer_start(&peer); /* plain */
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_false(o.sent);
	assert_non_null(strstr(o.err.text, "127.0.0.1"));
}

static void receive_and_reset(struct peer_conn *conn)
{
	peer_receive(conn);
	peer_reset(conn);
}

static void a_reset_after_the_request(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {.serve = receive_and_reset};

	(void)state;
	start(&peer, "IP:127.0.0.1", -60, 3600);
	AUTO_OUTCOME struct outcome o = post(&peer, &options);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_true(o.sent);
}

/* Default action of SIGPIPE: the test program would end here. */
static void a_peer_that_hangs_up_does_not_kill_us(void **state)
{
	const struct bf_http_options options = {.ca_file = ours.file};
	AUTO_PEER struct peer peer = {.serve = peer_reset};
	AUTO_HTTP struct bf_http *http = client(&options);
	struct bf_request request;
	sigset_t mask;

	(void)state;
	signal(SIGPIPE, SIG_DFL);
	start(&peer, "IP:127.0.0.1", -60, 3600);
	request = client_request("https", "127.0.0.1", peer.port);
	for (int i = 0; i < 4096; i++)
		bf_secret_printf(&request.body, "%0512d", i);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_true(o.sent);
	assert_int_equal(pthread_sigmask(SIG_BLOCK, NULL, &mask), 0);
	assert_false(sigismember(&mask, SIGPIPE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_ca_file_is_trusted),
		cmocka_unit_test(an_unknown_authority_is_not),
		cmocka_unit_test(wrong_certificates_are_refused),
		cmocka_unit_test(a_missing_or_broken_ca_file_is_named),
		cmocka_unit_test_teardown(the_environment_names_certificates, clean_environment),
		cmocka_unit_test_teardown(ssl_cert_file_and_folder_add_up, clean_environment),
		cmocka_unit_test(old_tls_is_refused),
		cmocka_unit_test(http_2_is_not_spoken),
		cmocka_unit_test(a_handshake_that_hangs),
		cmocka_unit_test(a_handshake_that_is_reset),
		cmocka_unit_test(a_reset_after_the_request),
		cmocka_unit_test(a_peer_that_hangs_up_does_not_kill_us),
	};

	client_clean_environment();
	return cmocka_run_group_tests(tests, make_authorities, release_authorities);
}
