#include "unit.h"

#include "libbfabric/base/url.h"

#include <stdlib.h>

static struct bfabric_error err;

static void test_canonical(void **state)
{
	static const struct {
		const char *in, *text, *host, *path;
		unsigned port;
		bool loopback, said_default;
	} rows[] = {
		{"https://h.org", "https://h.org", "h.org", "", 443, 0, 0},
		{"https://h.org/", "https://h.org", "h.org", "", 443, 0, 0},
		{"https://h.org///", "https://h.org", "h.org", "", 443, 0, 0},
		{"HTTPS://FGCZ-Bfabric.UZH.ch/bfabric/", "https://fgcz-bfabric.uzh.ch/bfabric",
			"fgcz-bfabric.uzh.ch", "/bfabric", 443, 0, 0},
		{"https://h.org:443/b", "https://h.org/b", "h.org", "/b", 443, 0, 1},
		{"https://h.org:80", "https://h.org:80", "h.org", "", 80, 0, 0},
		{"https://h.org:8443/B//c/", "https://h.org:8443/B//c", "h.org", "/B//c", 8443, 0,
			0},
		{"https://h.org:65535", "https://h.org:65535", "h.org", "", 65535, 0, 0},
		{"http://localhost:80/x", "http://localhost/x", "localhost", "/x", 80, 1, 1},
		{"http://LOCALHOST:8080", "http://localhost:8080", "localhost", "", 8080, 1, 0},
		{"http://127.0.0.1:443", "http://127.0.0.1:443", "127.0.0.1", "", 443, 1, 0},
		{"http://127.255.1.2/", "http://127.255.1.2", "127.255.1.2", "", 80, 1, 0},
		{"http://[::1]:90/a", "http://[::1]:90/a", "[::1]", "/a", 90, 1, 0},
		{"http://[0:0:0:0:0:0:0:1]/", "http://[::1]", "[::1]", "", 80, 1, 0},
		{"https://[2001:DB8:0:0:1:0:0:1]", "https://[2001:db8::1:0:0:1]",
			"[2001:db8::1:0:0:1]", "", 443, 0, 0},
		{"https://[2001:0db8::]:443/", "https://[2001:db8::]", "[2001:db8::]", "", 443, 0,
			1},
		{"https://[::]", "https://[::]", "[::]", "", 443, 0, 0},
		{"https://[1:0:3:4:5:6:7:8]", "https://[1:0:3:4:5:6:7:8]", "[1:0:3:4:5:6:7:8]", "",
			443, 0, 0},
		{"https://[::ffff:1.2.3.4]", "https://[::ffff:102:304]", "[::ffff:102:304]", "",
			443, 0, 0},
		{"https://10.0.0.1/x", "https://10.0.0.1/x", "10.0.0.1", "/x", 443, 0, 0},
		{"https://a_b.xn--bcher-kva.x1", "https://a_b.xn--bcher-kva.x1",
			"a_b.xn--bcher-kva.x1", "", 443, 0, 0},
		{"https://1.2.3.4.org", "https://1.2.3.4.org", "1.2.3.4.org", "", 443, 0, 0},
		{"https://h/a%20b/c;d=e,f@g:h!$&'()*+~_-.x",
			"https://h/a%20b/c;d=e,f@g:h!$&'()*+~_-.x", "h",
			"/a%20b/c;d=e,f@g:h!$&'()*+~_-.x", 443, 0, 0},
		{"https://h/...", "https://h/...", "h", "/...", 443, 0, 0},
		{"https://h/.a/b./%2e%2e%2e", "https://h/.a/b./%2e%2e%2e", "h", "/.a/b./%2e%2e%2e",
			443, 0, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BF_AUTO_URL struct bf_url url = BF_URL_INIT;
		BF_AUTO_URL struct bf_url again = BF_URL_INIT;

		if (bf_url_parse(rows[i].in, &url, &err) != BFABRIC_OK)
			fail_msg("%s: %s", rows[i].in, err.text);
		assert_string_equal(url.text, rows[i].text);
		assert_string_equal(url.host, rows[i].host);
		assert_string_equal(url.path, rows[i].path);
		assert_int_equal(url.port, rows[i].port);
		assert_int_equal(url.loopback, rows[i].loopback);
		assert_int_equal(url.explicit_default_port, rows[i].said_default);
		assert_int_equal(bf_url_parse(url.text, &again, &err), BFABRIC_OK);
		assert_string_equal(again.text, url.text);
	}
}

static void refuse(const char *text, const char *fragment)
{
	struct bf_url url = BF_URL_INIT; /* not released: a failure must leave nothing in it */

	if (bf_url_parse(text, &url, &err) != BFABRIC_BAD_CALL || !strstr(err.text, fragment))
		fail_msg("%s: \"%s\" instead of \"%s\"", text, err.text, fragment);
	assert_null(url.text);
	assert_null(url.host);
}

static const char *const refused[][2] = {
	{"", "empty"},
	{"h.org", "does not begin with https://"},
	{"//h.org", "does not begin with https://"},
	{"ftp://h.org", "does not begin with https://"},
	{"https:/h.org", "does not begin with https://"},
	{"https:h.org", "does not begin with https://"},
	{"file:///etc/passwd", "does not begin with https://"},
	{"https://", "no host"},
	{"https:///path", "no host"},
	{"https://:443/", "no host"},
	{"https://user@h.org", "user information"},
	{"https://user:pw@h.org/", "user information"},
	{"https://h.org@evil.org/", "user information"},
	{"https://@h.org", "user information"},
	{"https://h.org/?x=1", "query"},
	{"https://h.org?", "query"},
	{"https://h.org/#x", "fragment"},
	{"https://h.org\\@evil.org", "backslash"},
	{"https://h.org/a\\b", "backslash"},
	{"https://h org", "space"},
	{" https://h.org", "space"},
	{"https://h.org\n", "space or control"},
	{"https://h.org\t/", "space or control"},
	{"https://h.org/\x7f", "space or control"},
	{"https://h\xc3\xbc.org", "not ASCII"},
	{"https://h.org/\xc3\xbc", "not ASCII"},
	{"https://h\xe3\x80\x82org", "not ASCII"},
	{"https://h.org.", "trailing dot"},
	{"https://h.org.:443", "trailing dot"},
	{"https://.", "empty label"},
	{"https://.h.org", "empty label"},
	{"https://h..org", "empty label"},
	{"https://-h.org", "'-' at its edge"},
	{"https://h-.org", "'-' at its edge"},
	{"https://h!.org", "no host name has"},
	{"https://h%2eorg", "no host name has"},
	{"https://h.org%00.evil", "no host name has"},
	{"https://h,i", "no host name has"},
	{"https://127.1", "number"},
	{"https://127.0.0.01", "number"},
	{"https://0127.0.0.1", "number"},
	{"https://0x7f.1", "number"},
	{"https://0x7f000001", "number"},
	{"https://0x", "number"},
	{"https://2130706433", "number"},
	{"https://1.2.3.4.5", "number"},
	{"https://256.1.1.1", "number"},
	{"https://1.2.3.0x4", "number"},
	{"https://h.org.1", "number"},
	{"https://h:", "port"},
	{"https://h:0", "port"},
	{"https://h:00443", "port"},
	{"https://h:0443", "port"},
	{"https://h:65536", "port"},
	{"https://h:99999", "port"},
	{"https://h:443443", "port"},
	{"https://h:+443", "port"},
	{"https://h:-1", "port"},
	{"https://h:44a", "port"},
	{"https://h:1:2", "port"},
	{"https://[::1", "IPv6"},
	{"https://[]", "IPv6"},
	{"https://[::1]x", "port"},
	{"https://[::1]:", "port"},
	{"https://[fe80::1%25eth0]", "IPv6"},
	{"https://[::g]", "IPv6"},
	{"https://[127.0.0.1]", "IPv6"},
	{"https://[v1.a]", "IPv6"},
	{"https://[1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8:9:1:2:3:4:5:6:7:8]", "IPv6"},
	{"https://::1", "no host"},
	{"https://h/./x", "dot segment"},
	{"https://h/..", "dot segment"},
	{"https://h/a/../b", "dot segment"},
	{"https://h/a/%2e%2E/b", "dot segment"},
	{"https://h/a/.%2e/b", "dot segment"},
	{"https://h/%2e", "dot segment"},
	{"https://h/a/./", "dot segment"},
	{"https://h/a%2fb", "encodes a slash"},
	{"https://h/..%5cb", "encodes a slash"},
	{"https://h/a%00", "control"},
	{"https://h/a%0a", "control"},
	{"https://h/a%7F", "control"},
	{"https://h/a%", "malformed percent"},
	{"https://h/a%2", "malformed percent"},
	{"https://h/a%zz", "malformed percent"},
	{"https://h/a%2g", "malformed percent"},
	{"https://h/<x>", "must be percent-encoded"},
	{"https://h/a\"b", "must be percent-encoded"},
	{"https://h/a|b", "must be percent-encoded"},
	{"https://h/{x}", "must be percent-encoded"},
	{"http://h.org", "must begin with https://"},
	{"http://127.0.0.1.org", "must begin with https://"},
	{"http://localhost.org", "must begin with https://"},
	{"http://128.0.0.1", "must begin with https://"},
	{"http://[::2]", "must begin with https://"},
	{"http://[::ffff:127.0.0.1]", "must begin with https://"},
	{"http://0.0.0.0", "must begin with https://"},
};

static void test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		refuse(refused[i][0], refused[i][1]);
}

static void test_lengths(void **state)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	(void)state;
	bf_secret_puts(&text, "https://");
	for (int i = 0; i < 63; i++)
		bf_secret_putc(&text, 'a');
	assert_int_equal(bf_url_parse(bf_secret_reveal(&text), &url, &err), BFABRIC_OK);
	bf_secret_putc(&text, 'a');
	refuse(bf_secret_reveal(&text), "label that is too long");
	bf_secret_cut(&text, 8);
	for (int i = 0; i < 126; i++)
		bf_secret_puts(&text, "a.");
	bf_secret_puts(&text, "a");
	assert_int_equal(bf_url_parse(bf_secret_reveal(&text), &url, &err), BFABRIC_OK);
	bf_secret_puts(&text, "b");
	refuse(bf_secret_reveal(&text), "host of the URL is too long");
	bf_secret_cut(&text, 9);
	bf_secret_putc(&text, '/');
	while (text.len < 2048)
		bf_secret_putc(&text, 'p');
	assert_int_equal(bf_url_parse(bf_secret_reveal(&text), &url, &err), BFABRIC_OK);
	bf_secret_putc(&text, 'p');
	refuse(bf_secret_reveal(&text), "URL is too long");
}

/* A URL may hold a password where none belongs: no reason repeats it. */
static void test_reasons_do_not_quote(void **state)
{
	(void)state;
	refuse("https://me:hunter2@h.org", "user information");
	assert_null(strstr(err.text, "hunter2"));
	refuse("https://h.org/?token=hunter2", "query");
	assert_null(strstr(err.text, "hunter2"));
	refuse("hunter2", "");
	assert_null(strstr(err.text, "hunter2"));
}

static void test_same_origin(void **state)
{
	static const struct {
		const char *a, *b;
		bool same;
	} rows[] = {
		{"https://h/a", "https://H:443/b", true},
		{"https://h", "https://h:8443", false},
		{"https://h", "https://i", false},
		{"https://localhost:80", "http://localhost", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BF_AUTO_URL struct bf_url a = BF_URL_INIT;
		BF_AUTO_URL struct bf_url b = BF_URL_INIT;

		assert_int_equal(bf_url_parse(rows[i].a, &a, &err), BFABRIC_OK);
		assert_int_equal(bf_url_parse(rows[i].b, &b, &err), BFABRIC_OK);
		assert_int_equal(bf_url_same_origin(&a, &b), rows[i].same);
		assert_int_equal(bf_url_same_origin(&b, &a), rows[i].same);
	}
}

static void test_serves(void **state)
{
	static const struct {
		const char *url, *protocol, *hostport;
		bool serves;
	} rows[] = {
		{"https://h.org/bfabric", "https", "h.org", true},
		{"https://h.org/bfabric", "HTTPS", "H.Org", true},
		{"https://h.org/bfabric", "https", "h.org:443", true},
		{"https://h.org/bfabric", "https", "h.org:0443", false},
		{"https://h.org/bfabric", "https", "h.org:8443", false},
		{"https://h.org/bfabric", "https", "h.org:443:443", false},
		{"https://h.org/bfabric", "https", "h.org:443/", false},
		{"https://h.org/bfabric", "https", "h.org:443 ", false},
		{"https://h.org/bfabric", "https", "h.org:4430000000443", false},
		{"https://h.org/bfabric", "https", "h.org:", false},
		{"https://h.org/bfabric", "http", "h.org", false},
		{"https://h.org/bfabric", "httpsx", "h.org", false},
		{"https://h.org/bfabric", "", "h.org", false},
		{"https://h.org/bfabric", "https", "", false},
		{"https://h.org/bfabric", "https", "h.org.", false},
		{"https://h.org/bfabric", "https", "h.org.evil.org", false},
		{"https://h.org/bfabric", "https", "h.orgx", false},
		{"https://h.org/bfabric", "https", "xh.org", false},
		{"https://h.org/bfabric", "https", "h.or", false},
		{"https://h.org/bfabric", "https", "user@h.org", false},
		{"https://h.org/bfabric", "https", "h.org@evil.org", false},
		{"https://h.org/bfabric", "https", "h.org/bfabric", false},
		{"https://h.org/bfabric", "https", " h.org", false},
		{"https://h.org/bfabric", "https", "h.org,evil.org", false},
		{"https://h.org/bfabric", "https", "h\xef\xbc\x8eorg", false},
		{"https://h.org:8443", "https", "h.org:8443", true},
		{"https://h.org:8443", "https", "h.org", false},
		{"https://h.org:8443", "https", "h.org:443", false},
		{"http://127.0.0.1:8080", "http", "127.0.0.1:8080", true},
		{"http://127.0.0.1:8080", "http", "127.1:8080", false},
		{"http://127.0.0.1:8080", "http", "localhost:8080", false},
		{"http://127.0.0.1:8080", "https", "127.0.0.1:8080", false},
		{"http://127.0.0.1", "http", "127.0.0.1", true},
		{"http://127.0.0.1", "http", "127.0.0.11", false},
		{"http://[::1]:99", "http", "[::1]:99", true},
		{"http://[::1]:99", "http", "::1:99", false},
		{"http://[::1]:99", "http", "[0:0:0:0:0:0:0:1]:99", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		BF_AUTO_URL struct bf_url url = BF_URL_INIT;

		assert_int_equal(bf_url_parse(rows[i].url, &url, &err), BFABRIC_OK);
		if (bf_url_serves(&url, rows[i].protocol, rows[i].hostport) != rows[i].serves)
			fail_msg("%s for %s %s", rows[i].url, rows[i].protocol, rows[i].hostport);
	}
}

static void test_form(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	bf_form_encode(&out, "aZ09*-._ ~&=+%/:\xc3\xbc\0\n", 20);
	assert_string_equal(bf_secret_reveal(&out), "aZ09*-._+%7E%26%3D%2B%25%2F%3A%C3%BC%00%0A");
}

static void test_no_memory(void **state)
{
	static const char *const urls[] = {"https://h.org:8443/b", "http://[::1]"};

	(void)state;
	for (size_t i = 0; i < 2; i++)
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			BF_AUTO_URL struct bf_url url = BF_URL_INIT;
			enum bfabric_status status = bf_url_parse(urls[i], &url, &err);

			assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		}
}

static void test_reuse(void **state)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;

	(void)state;
	assert_int_equal(bf_url_parse("https://a", &url, &err), BFABRIC_OK);
	assert_int_equal(bf_url_parse("https://b", &url, &err), BFABRIC_OK);
	assert_int_equal(bf_url_parse("https://..", &url, NULL), BFABRIC_BAD_CALL);
	assert_string_equal(url.text, "https://b");
}

static void shown(const char *url, const char *expected)
{
	char text[64];

	bf_url_show(text, sizeof(text), url);
	assert_string_equal(text, expected);
}

static void test_show(void **state)
{
	(void)state;
	shown("https://h/bfabric/rest/oauth/token", "https://h/bfabric/rest/oauth/token");
	shown("https://h/v?token=SECRET", "https://h/v?token=[...]");
	shown("https://h/?a=1&jwt=S.E.C=&b", "https://h/?a=[...]&jwt=[...]&[...]");
	shown("https://h/?SECRET", "https://h/?[...]");
	shown("https://h/?a==SECRET&", "https://h/?a=[...]&");
	shown("https://h/?x=?token=SECRET", "https://h/?x=[...]");
	shown("https://h/?c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0PQ==", "https://h/?[...]");
	shown("https://h/#jwt=SECRET", "https://h/#jwt=[...]");
	shown("https://h/?a=#SECRET", "https://h/?a=#[...]");
	shown("?", "?");
	shown("", "");
	shown("https://h/\x1b[2J?a=b", "https://h/?[2J?a=[...]");
	shown("https://host.example.org/a/path/that/is/longer/than/the/place/for/it?token=SECRET",
		"https://host.example.org/a/path/that/is/longer/than/the/plac...");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_reasons_do_not_quote),
		cmocka_unit_test(test_same_origin),
		cmocka_unit_test(test_serves),
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_show),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_reuse),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
