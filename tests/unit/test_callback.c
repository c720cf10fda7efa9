/* test_callback.c - what comes to the loopback address, whole and in pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/callback.h"
#include <stdlib.h>
#include <string.h>

static const struct bf_callback_place place = {"127.0.0.1", 49152};

static const char *const verdicts[] = {
	[BF_CALLBACK_MORE] = "MORE",
	[BF_CALLBACK_OURS] = "OURS",
	[BF_CALLBACK_FOREIGN] = "FOREIGN",
};

static void put(struct bf_secret *text, const char *how, enum bf_callback_verdict verdict,
	const struct bf_secret *query)
{
	bf_secret_printf(text, "%s: %s", how, verdicts[verdict]);
	if (verdict == BF_CALLBACK_OURS)
		bf_secret_printf(text, " \"%s\"", bf_secret_reveal(query));
	else
		assert_true(bf_secret_empty(query));
	bf_secret_putc(text, '\n');
}

/* However the network cuts it, the verdict is the same one and comes as soon as it can. */
static void in_pieces(const char *bytes, size_t len, enum bf_callback_verdict whole)
{
	const char *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
	size_t needed = end ? (size_t)(end - bytes) + 4 : BF_CALLBACK_MAX;

	for (size_t n = 0; n <= len; n++) {
		BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
		char *exact = malloc(n ? n : 1); /* so that a look behind the end is noticed */
		enum bf_callback_verdict verdict;

		memcpy(exact, bytes, n);
		verdict = bf_callback_request(&place, exact, n, &query);
		free(exact);
		assert_int_equal(verdict, n < needed ? BF_CALLBACK_MORE : whole);
	}
}

static void describe(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret pasted = BF_SECRET_INIT;
	enum bf_callback_verdict verdict = bf_callback_request(&place, bytes, len, &query);

	put(ret_text, "request", verdict, &query);
	put(ret_text, "pasted", bf_callback_pasted(&place, bytes, len, &pasted), &pasted);
	in_pieces(bytes, len, verdict);
}

static void requests(void **state)
{
	(void)state;
	cases_run_files("callback", describe);
}

static enum bf_callback_verdict ask(
	const struct bf_callback_place *at, const char *host, size_t padding)
{
	BF_AUTO_SECRET struct bf_secret bytes = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;

	bf_secret_printf(&bytes, "GET /callback HTTP/1.1\r\nHost: %s\r\nX: ", host);
	while (padding--)
		bf_secret_putc(&bytes, 'x');
	bf_secret_puts(&bytes, "\r\n\r\n");
	return bf_callback_request(at, bf_secret_reveal(&bytes), bytes.len, &query);
}

static void places(void **state)
{
	static const struct bf_callback_place six = {"[::1]", 8080}, http = {"127.0.0.1", 80};
	BF_AUTO_SECRET struct bf_secret uri = BF_SECRET_INIT;

	(void)state;
	assert_int_equal(ask(&six, "[::1]:8080", 0), BF_CALLBACK_OURS);
	assert_int_equal(ask(&six, "127.0.0.1:8080", 0), BF_CALLBACK_FOREIGN);
	assert_int_equal(ask(&http, "127.0.0.1", 0), BF_CALLBACK_OURS);
	assert_int_equal(ask(&http, "127.0.0.1:80", 0), BF_CALLBACK_OURS);
	bf_callback_uri(&six, &uri);
	assert_string_equal(bf_secret_reveal(&uri), "http://[::1]:8080/callback");
}

static void sizes(void **state)
{
	static const char fixed[] = "GET /callback HTTP/1.1\r\nHost: 127.0.0.1:49152\r\nX: \r\n";
	size_t room = BF_CALLBACK_MAX - strlen(fixed);

	(void)state;
	assert_int_equal(ask(&place, "127.0.0.1:49152", room), BF_CALLBACK_OURS);
	assert_int_equal(ask(&place, "127.0.0.1:49152", room + 1), BF_CALLBACK_FOREIGN);
	assert_int_equal(ask(&place, "127.0.0.1:49152", 4 * room), BF_CALLBACK_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(places),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
