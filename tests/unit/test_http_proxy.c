/* test_http_proxy.c - which requests go through a proxy, and what is said when it is in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "client.h"
#include "peer_tls.h"
#include <stdlib.h>
#include <string.h>

#define OK_EMPTY  "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define FORBIDDEN "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
/* RFC 2606: never resolves, so a request that does not go through a proxy goes nowhere. */
#define AWAY "bfabric.invalid"

static int clean_environment(void **state)
{
	(void)state;
	client_clean_environment();
	return 0;
}

static void start_refusing(struct peer *proxy, const char *answer)
{
	proxy->serve = peer_serve_answer;
	proxy->answer = answer;
	peer_start(proxy);
}

static void set_to(const char *variable, const struct peer *proxy)
{
	BF_AUTO_FREE char *value = NULL;

	assert_true(asprintf(&value, "http://anna:geheim@127.0.0.1:%u/", proxy->port) > 0);
	setenv(variable, value, 1);
}

static struct outcome post_away(const struct bf_http_options *options)
{
	AUTO_HTTP struct bf_http *http = client(options);
	struct bf_request request = client_request("https", AWAY, 443);

	bf_secret_puts(&request.authorization, "Bearer CANARY");
	return client_perform(http, &request);
}

static void check_proxy_named(const struct outcome *o, const struct peer *proxy, const char *source)
{
	BF_AUTO_FREE char *name = NULL;

	assert_true(asprintf(&name, "http://127.0.0.1:%u ", proxy->port) > 0);
	assert_int_equal(o->status, BFABRIC_RETRY_LATER);
	assert_false(o->sent);
	assert_non_null(strstr(o->err.text, name));
	assert_non_null(strstr(o->err.text, source));
	assert_non_null(strstr(o->err.text, AWAY));
	assert_null(strstr(o->err.text, "anna"));
	assert_null(strstr(o->err.text, "geheim"));
	assert_null(strstr(o->err.text, "CANARY"));
}

static void a_refusing_proxy_is_named_without_its_password(void **state)
{
	static const char *const variables[] = {
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

	(void)state;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		AUTO_PEER struct peer proxy = {0};

		client_clean_environment();
		start_refusing(&proxy, FORBIDDEN);
		set_to(variables[i], &proxy);
		AUTO_OUTCOME struct outcome o = post_away(NULL);

		check_proxy_named(&o, &proxy, variables[i]);
		assert_non_null(strstr(o.err.text, "403"));
		peer_stop(&proxy);
		assert_non_null(
			strstr(bf_secret_reveal(&proxy.seen), "CONNECT " AWAY ":443 HTTP/"));
		assert_null(strstr(bf_secret_reveal(&proxy.seen), "CANARY"));
	}
}

static void other_ways_of_a_proxy_to_fail(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm=\"lab\"\r\n\r\n",
		"HTTP/1.1 302 Found\r\nLocation: http://portal.invalid/\r\n\r\n",
		"HTTP/1.1 502 Bad Gateway\r\n\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		AUTO_PEER struct peer proxy = {0};

		start_refusing(&proxy, answers[i]);
		set_to("https_proxy", &proxy);
		AUTO_OUTCOME struct outcome o = post_away(NULL);

		check_proxy_named(&o, &proxy, "https_proxy");
	}
}

static void a_proxy_that_is_not_there_is_named(void **state)
{
	const struct peer nobody = {.port = peer_free_port()};

	(void)state;
	set_to("https_proxy", &nobody);
	AUTO_OUTCOME struct outcome o = post_away(NULL);

	check_proxy_named(&o, &nobody, "https_proxy");
}

/* libcurl quotes the whole of a proxy that it cannot read. */
static void a_malformed_proxy_does_not_show_its_password(void **state)
{
	static const char *const proxies[] = {"ftp://anna:geheim@127.0.0.1:1",
		"http://anna:geheim@127.0.0.1:99999999", "http://anna:geheim@[::1",
		"http://anna:geheim@nowhere.invalid:3128", "anna:geheim@nowhere.invalid"};

	(void)state;
	for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
		const struct bf_http_options options = {.proxy = proxies[i]};
		AUTO_OUTCOME struct outcome o = post_away(&options);

		assert_int_equal(o.status, BFABRIC_RETRY_LATER);
		assert_false(o.sent);
		assert_non_null(strstr(o.err.text, "proxy"));
		assert_null(strstr(o.err.text, "anna"));
		assert_null(strstr(o.err.text, "geheim"));
	}
}

static void check_not_used(const struct bf_http_options *options, struct peer *proxy)
{
	AUTO_OUTCOME struct outcome o = post_away(options);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_null(strstr(o.err.text, "proxy"));
	peer_stop(proxy);
	assert_int_equal(proxy->connections, 0);
}

static void no_proxy_is_honoured(void **state)
{
	static const char *const values[] = {AWAY, "x.example, .invalid", "*"};

	(void)state;
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		AUTO_PEER struct peer proxy = {0};

		start_refusing(&proxy, FORBIDDEN);
		set_to("https_proxy", &proxy);
		setenv(i ? "no_proxy" : "NO_PROXY", values[i], 1);
		check_not_used(NULL, &proxy);
		client_clean_environment();
	}
}

static void the_environment_can_be_ignored(void **state)
{
	const struct bf_http_options deaf = {.ignore_environment = true};
	const struct bf_http_options none = {.proxy = ""};
	AUTO_PEER struct peer proxy = {0}, again = {0};

	(void)state;
	start_refusing(&proxy, FORBIDDEN);
	set_to("https_proxy", &proxy);
	check_not_used(&deaf, &proxy);
	start_refusing(&again, FORBIDDEN);
	set_to("https_proxy", &again);
	check_not_used(&none, &again);
}

static void the_configured_proxy_comes_first(void **state)
{
	AUTO_PEER struct peer configured = {0}, environment = {0};
	BF_AUTO_FREE char *proxy = NULL;
	struct bf_http_options options = {0};

	(void)state;
	start_refusing(&configured, FORBIDDEN);
	start_refusing(&environment, FORBIDDEN);
	set_to("https_proxy", &environment);
	setenv("no_proxy", "*", 1);
	assert_true(asprintf(&proxy, "http://127.0.0.1:%u", configured.port) > 0);
	options.proxy = proxy;
	AUTO_OUTCOME struct outcome o = post_away(&options);

	check_proxy_named(&o, &configured, "from proxy");
	peer_stop(&environment);
	assert_int_equal(environment.connections, 0);
}

/* Also where a proxy is configured: it would read what goes to loopback by http. */
static void loopback_is_reached_directly(void **state)
{
	static const char *const variables[] = {"http_proxy", "https_proxy", "all_proxy"};
	AUTO_PEER struct peer proxy = {0}, server = {0};
	BF_AUTO_FREE char *configured = NULL;
	struct bf_http_options options = {0};

	(void)state;
	start_refusing(&proxy, FORBIDDEN);
	start_refusing(&server, OK_EMPTY);
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		set_to(variables[i], &proxy);
	assert_true(asprintf(&configured, "http://127.0.0.1:%u", proxy.port) > 0);
	for (int i = 0; i < 2; i++) {
		options.proxy = i ? configured : NULL;
		AUTO_HTTP struct bf_http *http = client(&options);
		struct bf_request request =
			client_request("http", i ? "localhost" : "127.0.0.1", server.port);
		AUTO_OUTCOME struct outcome o = client_perform(http, &request);

		assert_int_equal(o.status, BFABRIC_OK);
		assert_int_equal(o.reply.status, 200);
	}
	peer_stop(&proxy);
	assert_int_equal(proxy.connections, 0);
}

static void https_to_loopback_avoids_the_environments_proxy(void **state)
{
	AUTO_PEER struct peer proxy = {0};
	AUTO_HTTP struct bf_http *http = client(NULL);
	struct bf_request request = client_request("https", "127.0.0.1", peer_free_port());

	(void)state;
	start_refusing(&proxy, FORBIDDEN);
	set_to("https_proxy", &proxy);
	AUTO_OUTCOME struct outcome o = client_perform(http, &request);

	assert_int_equal(o.status, BFABRIC_RETRY_LATER);
	assert_null(strstr(o.err.text, "proxy"));
	peer_stop(&proxy);
	assert_int_equal(proxy.connections, 0);
}

/* The real thing: a tunnel, TLS with the server inside it, and the token only there. */
static void a_request_through_a_tunnel(void **state)
{
	AUTO_PEER struct peer proxy = {.tunnel = true};
	struct authority authority = {0};
	BF_AUTO_FREE char *address = NULL;
	struct bf_http_options options = {0};
	const char *seen = NULL;

	(void)state;
	authority_make(&authority);
	proxy.tls = authority_server(&authority, "DNS:" AWAY, -60, 3600);
	start_refusing(&proxy, OK_EMPTY);
	assert_true(asprintf(&address, "http://127.0.0.1:%u", proxy.port) > 0);
	options = (struct bf_http_options){.proxy = address, .ca_file = authority.file};
	AUTO_OUTCOME struct outcome o = post_away(&options);

	assert_int_equal(o.status, BFABRIC_OK);
	assert_int_equal(o.reply.status, 200);
	assert_true(o.sent);
	peer_stop(&proxy);
	seen = bf_secret_reveal(&proxy.seen);
	assert_ptr_equal(strstr(seen, "CONNECT " AWAY ":443"), seen);
	assert_true(strstr(seen, "CANARY") > strstr(seen, "\r\n\r\n"));
	authority_release(&authority);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			a_refusing_proxy_is_named_without_its_password, clean_environment),
		cmocka_unit_test_teardown(other_ways_of_a_proxy_to_fail, clean_environment),
		cmocka_unit_test_teardown(a_proxy_that_is_not_there_is_named, clean_environment),
		cmocka_unit_test(a_malformed_proxy_does_not_show_its_password),
		cmocka_unit_test_teardown(no_proxy_is_honoured, clean_environment),
		cmocka_unit_test_teardown(the_environment_can_be_ignored, clean_environment),
		cmocka_unit_test_teardown(the_configured_proxy_comes_first, clean_environment),
		cmocka_unit_test_teardown(loopback_is_reached_directly, clean_environment),
		cmocka_unit_test_teardown(
			https_to_loopback_avoids_the_environments_proxy, clean_environment),
		cmocka_unit_test(a_request_through_a_tunnel),
	};

	client_clean_environment();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
