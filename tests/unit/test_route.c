/* test_route.c - which certificates and which proxy, and what they are called. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "client.h"
#include "libbfabric/net/route.h"
#include <stdlib.h>
#include <string.h>

static struct bf_route choose(const char *url_text, const char *proxy, bool ignore)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	struct bf_route route;

	assert_int_equal(bf_url_parse(url_text, &url, NULL), BFABRIC_OK);
	bf_route_choose(/* ca_file= */ NULL, proxy, ignore, &url, &route);
	return route;
}

/* The order is libcurl's own: the scheme's variable before the general one, small letters first. */
static void the_order_of_variables(void **state)
{
	static const char *const names[] = {"ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"};

	(void)state;
	client_clean_environment();
	setenv("http_proxy", "http://never", 1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bf_route route;

		setenv(names[i], names[i], 1);
		route = choose("https://h.example", NULL, false);
		assert_string_equal(route.proxy, names[i]);
		assert_string_equal(route.proxy_source, names[i]);
	}
	setenv("https_proxy", "", 1); /* empty is unset */
	assert_string_equal(choose("https://h.example", NULL, false).proxy, "HTTPS_PROXY");
	assert_string_equal(choose("https://h.example", NULL, true).proxy, "");
	assert_string_equal(choose("https://h.example", "p", false).proxy, "p");
	assert_string_equal(choose("https://h.example", "", false).proxy, "");
	assert_string_equal(choose("https://127.0.0.1", NULL, false).proxy, "");
	assert_string_equal(choose("https://[::1]", "p", false).proxy, "p");
	assert_string_equal(choose("http://127.0.0.1", "p", false).proxy, "");
	client_clean_environment();
	unsetenv("http_proxy");
}

static void a_proxy_is_shown_without_its_user(void **state)
{
	static const struct {
		const char *proxy, *shown;
	} rows[] = {
		{"http://proxy.lab:3128", "http://proxy.lab:3128"},
		{"proxy.lab:3128", "proxy.lab:3128"},
		{"http://anna:geheim@proxy.lab:3128/", "http://proxy.lab:3128"},
		{"anna:geheim@proxy.lab", "proxy.lab"},
		{"http://anna:ge@heim@proxy.lab/", "http://proxy.lab"},
		{"http://anna:ge/heim@proxy.lab", "http://proxy.lab"},
		{"anna:x://geheim@proxy.lab", "proxy.lab"},
		{"socks5h://anna@[::1]:1080?x", "socks5h://[::1]:1080"},
		{"http://proxy\033[2J", "http://proxy?[2J"},
		{"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bf_route route = {.proxy = rows[i].proxy};
		char shown[100];

		bf_route_show_proxy(&route, shown, sizeof(shown));
		assert_string_equal(shown, rows[i].shown);
	}
}

static void a_proxy_is_found_in_a_text(void **state)
{
	static const struct {
		const char *proxy, *text;
		bool found;
	} rows[] = {
		{"http://anna:geheim@proxy.lab:3128/", "Failed to connect to proxy.lab port 3128",
			true},
		{"proxy.lab", "Failed to connect to proxy.lab port 1080", true},
		{"http://[::1]:3128", "Failed to connect to ::1 port 3128", true},
		{"http://proxy.lab:3128", "Failed to connect to bfabric.example.org", false},
		{"", "anything", false},
		{"http://:3128", "anything", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct bf_route route = {.proxy = rows[i].proxy};

		assert_int_equal(bf_route_names_proxy(&route, rows[i].text), rows[i].found);
	}
}

static void the_systems_certificates_have_no_name(void **state)
{
	const struct bf_route route = {.proxy = ""};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_route_fail_store(&route, &err), BFABRIC_BAD_CONFIG);
	assert_non_null(strstr(err.text, "this system"));
	assert_int_equal(bf_route_fail_trust(&route, "h", "why", &err), BFABRIC_BAD_CONFIG);
	assert_non_null(strstr(err.text, "this system: why"));
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), wanted = strlen(end);

	return length >= wanted && strcmp(text + length - wanted, end) == 0;
}

/* However long host, path and reason are, a caller's context in front included. */
static void distrust_says_what_to_do(void **state)
{
	char word[400] = "";
	const struct bf_route by_system = {.proxy = ""};
	const struct bf_route by_variable = {.ca_file = word, .ca_source = "SSL_CERT_FILE"};
	struct bfabric_error err = {0};

	(void)state;
	memset(word, 'x', sizeof(word) - 1);
	assert_int_equal(bf_route_fail_trust(&by_system, word, word, &err), BFABRIC_BAD_CONFIG);
	assert_true(ends_with(err.text, "in 'libbfabric: ca_file' of the environment, or before a "
					"first login in SSL_CERT_FILE"));
	assert_int_equal(bf_route_fail_trust(&by_variable, word, word, &err), BFABRIC_BAD_CONFIG);
	assert_non_null(strstr(err.text, "(from SSL_CERT_FILE)"));
	assert_true(ends_with(err.text, "name another file in 'libbfabric: ca_file'"));
	bf_fail_context(&err, err.status, "%s", "a line of context");
	assert_true(ends_with(err.text, "'libbfabric: ca_file'"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_order_of_variables),
		cmocka_unit_test(a_proxy_is_shown_without_its_user),
		cmocka_unit_test(a_proxy_is_found_in_a_text),
		cmocka_unit_test(the_systems_certificates_have_no_name),
		cmocka_unit_test(distrust_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
