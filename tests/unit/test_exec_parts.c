/* The pure parts of exec and doctor: when to ask again, which helpers git asks, what a date says.
 */
#include "unit.h"

#include "helper/git_helpers.h"
#include "helper/worker.h"
#include "libbfabric/base/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_pause(void **state)
{
	static const struct {
		int64_t left, min_ttl;
		unsigned failures;
		int64_t pause;
	} rows[] = {
		{28800, 60, 0, 60}, /* never longer than a minute */
		{100, 60, 0, 40},   /* when min_ttl is left */
		{61, 60, 0, 1},
		{60, 60, 0, 48}, /* it still was the same: the last fifth */
		{5, 60, 0, 4},
		{4, 60, 0, 3},
		{1, 60, 0, 1},
		{0, 60, 0, 1},
		{-100, 60, 0, 1},
		{50, 0, 0, 50},
		{28800, 60, 1, 1}, /* 1, 2, 4, ... */
		{28800, 60, 2, 2},
		{28800, 60, 6, 32},
		{28800, 60, 7, 60},
		{28800, 60, 4000000000U, 60},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(bf_worker_pause(1000000, 1000000 + rows[i].left, rows[i].min_ttl,
					 rows[i].failures),
			rows[i].pause);
	assert_int_equal(bf_worker_pause(1000000, 0, 60, 0), 60); /* no expiry known */
}

#define URL "https://b.lab.org"

/* Records of `git config -z --show-origin`: F is where, then key and value. */
#define ENTRY(key, value) "file:F\0" key "\n" value "\0"

static size_t helpers(const char *listing, size_t len, const char **ret_last)
{
	struct bf_git_helper found[BF_GIT_HELPERS_MAX] = {{0}};
	size_t n = bf_git_helpers_for(listing, len, URL, found);

	*ret_last = n ? found[n - 1].value : NULL;
	if (n)
		assert_string_equal(found[n - 1].origin, "file:F");
	return n;
}

#define HELPERS(text, last) helpers(text, sizeof(text) - 1, last)

static void test_helpers_in_order(void **state)
{
	const char *last = NULL;

	(void)state;
	assert_int_equal(HELPERS("", &last), 0);
	assert_int_equal(HELPERS(ENTRY("credential.helper", "store"), &last), 1);
	assert_int_equal(
		HELPERS(ENTRY("credential.helper", "store") ENTRY("credential." URL ".helper", "")
				ENTRY("credential." URL ".helper", "ours"),
			&last),
		1);
	assert_string_equal(last, "ours");
	assert_int_equal(HELPERS(ENTRY("credential." URL ".helper", "ours")
					 ENTRY("credential.helper", "cache"),
				 &last),
		2);
	assert_string_equal(last, "cache");
}

static void test_helpers_of_a_host(void **state)
{
	static const struct {
		const char *key;
		bool matches;
	} rows[] = {
		{"credential.https://b.lab.org.helper", true},
		{"credential.HTTPS://B.LAB.ORG/.helper", true},
		{"credential.https://me@b.lab.org.helper", true},
		{"credential.https://*.lab.org.helper", true},
		{"credential.https://*.org.helper", false},
		{"credential.http://b.lab.org.helper", false},
		{"credential.https://b.lab.org:8443.helper", false},
		{"credential.https://b.lab.org/x.helper", false},
		{"credential.https://lab.org.helper", false},
		{"credential.https://b.lab.org.evil.org.helper", false},
		{"credential.https://.helper", false},
		{"credential..helper", false},
		{"credential.usehttppath", false},
		{"http.helper", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char listing[200];
		const char *last = NULL;
		int n = snprintf(listing, sizeof(listing), "file:F%c%s\nx%c", 0, rows[i].key, 0);

		assert_int_equal(helpers(listing, (size_t)n, &last), rows[i].matches);
	}
}

/* Whatever git prints, cut anywhere: nothing beyond the end is read. */
static void test_listing_cut_short(void **state)
{
	static const char whole[] = ENTRY("credential.helper", "a") ENTRY("http.extraheader", "b");

	(void)state;
	for (size_t len = 0; len < sizeof(whole); len++) {
		char *copy = calloc(1, len + 1);
		const char *last = NULL;

		assert_non_null(copy);
		memcpy(copy, whole, len);
		assert_true(helpers(copy, len, &last) <= 1);
		assert_null(bf_git_header_for(copy, len, URL));
		free(copy);
	}
}

static void test_ours(void **state)
{
	(void)state;
	assert_true(bf_git_helper_is_ours("/usr/bin/git-credential-bfabric"));
	assert_true(bf_git_helper_is_ours("/usr/bin/git-credential-bfabric --env A"));
	assert_true(bf_git_helper_is_ours("bfabric"));
	assert_false(bf_git_helper_is_ours("store --file git-credential-bfabric"));
	assert_false(bf_git_helper_is_ours("!tee /tmp/x | git-credential-bfabric"));
	assert_false(bf_git_helper_is_ours("bfabrics"));
	assert_false(bf_git_helper_is_ours(""));
}

static void test_fixed_header(void **state)
{
	static const char one[] = ENTRY("http.https://b.lab.org/.extraheader", "Authorization: x");
	static const char reset[] =
		ENTRY("http.extraheader", "authorization: x") ENTRY("http.extraheader", "");
	static const char other[] = ENTRY("http.extraheader", "X-Thing: y");

	(void)state;
	assert_string_equal(bf_git_header_for(one, sizeof(one) - 1, URL), "file:F");
	assert_null(bf_git_header_for(reset, sizeof(reset) - 1, URL));
	assert_null(bf_git_header_for(other, sizeof(other) - 1, URL));
}

static void test_date(void **state)
{
	static const struct {
		const char *line;
		int64_t date;
	} rows[] = {
		{"Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 784111777}, /* RFC 9110, 5.6.7 */
		{"date:Sun, 06 Nov 1994 08:49:37 GMT\r\n", 784111777},
		{"Date: Sun Nov  6 08:49:37 1994\r\n", 0},
		{"Date: Sun, 06 Foo 1994 08:49:37 GMT\r\n", 0},
		{"Date: Sun, 99 Nov 1994 08:49:37 GMT\r\n", 0},
		{"Date: \r\n", 0},
		{"Dates: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 0},
		{"Date: Sun, 06 Nov 1994 08:49:37 GMT                                    \r\n", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bf_reply reply = {0};

		bf_reply_note_header(&reply, rows[i].line, strlen(rows[i].line));
		assert_int_equal(reply.date, rows[i].date);
	}
}

static void test_certificates(void **state)
{
	struct bf_reply reply = {0};

	(void)state;
	bf_reply_note_certificate(&reply, 0, "Subject:CN = b.lab.org");
	bf_reply_note_certificate(&reply, 0, "Expire date:Nov  6 08:49:37 1994 GMT");
	bf_reply_note_certificate(&reply, 1, "Issuer:CN = A \033[2JCA");
	bf_reply_note_certificate(&reply, 1, "Cert:-----BEGIN");
	bf_reply_note_certificate(&reply, BF_CHAIN_MAX, "Subject:too many");
	assert_int_equal(reply.chain_count, 2);
	assert_string_equal(reply.chain[0].subject, "CN = b.lab.org");
	assert_int_equal(reply.chain[0].not_after, 784111777);
	assert_null(strchr(reply.chain[1].issuer, '\033'));
	assert_int_equal(reply.chain[1].not_after, 0);
	bf_reply_release(&reply);
	assert_null(reply.chain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pause),
		cmocka_unit_test(test_helpers_in_order),
		cmocka_unit_test(test_helpers_of_a_host),
		cmocka_unit_test(test_listing_cut_short),
		cmocka_unit_test(test_ours),
		cmocka_unit_test(test_fixed_header),
		cmocka_unit_test(test_date),
		cmocka_unit_test(test_certificates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
