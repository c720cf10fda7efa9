#include "unit.h"

#include "helper/git.h"

#include <stdio.h>

static struct bfabric_error err;

static enum bfabric_status read_text(const char *text, struct bf_git_request *request)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	bf_git_request_release(request);
	assert_int_equal(bf_kv_parse(text, strlen(text), &kv, &err), BFABRIC_OK);
	return bf_git_request_read(&kv, request, &err);
}

static void assert_member(const char *member, const char *wanted)
{
	if (wanted)
		assert_string_equal(member ? member : "(absent)", wanted);
	else
		assert_null(member);
}

static void test_reads(void **state)
{
	static const struct {
		const char *text, *protocol, *host, *username, *secret;
		bool authtype;
	} cases[] = {
		{"protocol=https\nhost=h.org:8443\nusername=u\npassword=p\nwwwauth[]=Basic\n",
			"https", "h.org:8443", "u", "p", false},
		{"capability[]=authtype\ncapability[]=state\nhost=h\n", NULL, "h", NULL, NULL,
			true},
		{"capability[]=authtype\ncapability[]=\n", NULL, NULL, NULL, NULL, false},
		{"capability[]=\ncapability[]=authtype\n", NULL, NULL, NULL, NULL, true},
		{"capability=authtype\n", NULL, NULL, NULL, NULL, false},
		{"credential=c\nauthtype=Bearer\n", NULL, NULL, NULL, "c", false},
		{"host=a\nhost=b\n", NULL, "b", NULL, NULL, false},
		/* a URL replaces everything before it, and only that */
		{"protocol=https\nhost=good.org\nusername=u\ncapability[]=authtype\nurl=http://"
		 "evil.org/x\n",
			"http", "evil.org", NULL, NULL, false},
		{"url=https://u:p%40q@h.org:1/x?y#z\ncapability[]=authtype\n", "https", "h.org:1",
			"u", "p@q", true},
		{"url=https://h.org?@good.org/\n", "https", "h.org", NULL, NULL, false},
		{"url=https://a@b@h.org/\n", "https", "b@h.org", "a", NULL, false},
		{"url=https:///path\n", "https", "", NULL, NULL, false},
		{"url=cert:///path\n", "cert", "", NULL, NULL, false},
		{"url=https://%68.org\n", "https", "h.org", NULL, NULL, false},
		{"url=https://h.org\nhost=other.org\n", "https", "other.org", NULL, NULL, false},
	};
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(read_text(cases[i].text, &request), BFABRIC_OK);
		assert_member(request.protocol, cases[i].protocol);
		assert_member(request.host, cases[i].host);
		assert_member(request.username, cases[i].username);
		assert_member(request.secret, cases[i].secret);
		assert_int_equal(request.authtype, cases[i].authtype);
	}
}

static void test_refuses(void **state)
{
	static const char *const bad[] = {"url=\n", "url=h.org\n", "url=://h.org\n",
		"url=https://h.org%0ahost=evil.org/\n", "url=https://%00@h.org\n",
		"url=https://u%0d@h.org\n", "url=https://u:%1b@h.org\n", "url=https://h%\n",
		"url=https://h%4\n", "url=https://h%4/\n", "url=https://h%zz\n",
		"url=https://h%7f.org\n"};
	BF_AUTO_GIT_REQUEST struct bf_git_request request = BF_GIT_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_fails(read_text(bad[i], &request), BFABRIC_BAD_CALL, err, "url= ");
		assert_null(request.host);
	}
}

static const char *answer(bool authtype, const char *token, int64_t expires_at)
{
	static char text[256];
	struct bf_git_request request = {.authtype = authtype};
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	assert_int_equal(bf_git_put_answer(&request, token, strlen(token), expires_at, &out, &err),
		BFABRIC_OK);
	snprintf(text, sizeof(text), "%s", bf_secret_reveal(&out));
	return text;
}

static void test_answers(void **state)
{
	(void)state;
	assert_string_equal(answer(true, "tok", 1786000000),
		"capability[]=authtype\nauthtype=Bearer\ncredential=tok\nephemeral=1\n"
		"password_expiry_utc=1786000000\n");
	assert_string_equal(answer(false, "tok", 1786000000),
		"username=__oauth__\npassword=tok\npassword_expiry_utc=1786000000\n");
	assert_string_equal(answer(false, "tok", 0), "username=__oauth__\npassword=tok\n");
}

static void test_never_answers_with_an_unsafe_token(void **state)
{
	static const char *const bad[] = {"", "a\nquit=1", "a\r", "a b", "\x80"};
	struct bf_git_request request = BF_GIT_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		assert_fails(bf_git_put_answer(&request, bad[i], strlen(bad[i]), 0, &out, &err),
			BFABRIC_BAD_REPLY, err, "characters");
		assert_true(bf_secret_empty(&out));
	}
}

static void test_small_answers(void **state)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	(void)state;
	bf_git_put_capability(&out);
	assert_string_equal(
		bf_secret_reveal(&out), "version 0\ncapability authtype\ncapability state\n");
	bf_secret_clear(&out);
	bf_git_put_quit(&out);
	assert_string_equal(bf_secret_reveal(&out), "quit=1\n");
}

static void test_operations(void **state)
{
	(void)state;
	assert_int_equal(bf_git_operation("get"), BF_GIT_GET);
	assert_int_equal(bf_git_operation("store"), BF_GIT_STORE);
	assert_int_equal(bf_git_operation("erase"), BF_GIT_ERASE);
	assert_int_equal(bf_git_operation("capability"), BF_GIT_CAPABILITY);
	assert_int_equal(bf_git_operation("Get"), BF_GIT_OTHER);
	assert_int_equal(bf_git_operation(""), BF_GIT_OTHER);
}

/* Without memory: a clean failure, and nothing is lost or leaked. */
static void test_every_allocation(void **state)
{
	static const char text[] =
		"protocol=https\nhost=h.org\nurl=https://u:p@h.org/\npassword=q\n";
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	(void)state;
	assert_int_equal(bf_kv_parse(text, sizeof(text) - 1, &kv, &err), BFABRIC_OK);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bf_git_request request = BF_GIT_REQUEST_INIT;
		enum bfabric_status status = bf_git_request_read(&kv, &request, &err);

		if (fault_disarm()) {
			assert_int_equal(status, BFABRIC_NO_MEMORY);
			assert_null(request.host);
		} else {
			assert_int_equal(status, BFABRIC_OK);
		}
		bf_git_request_release(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reads),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_never_answers_with_an_unsafe_token),
		cmocka_unit_test(test_small_answers),
		cmocka_unit_test(test_operations),
		cmocka_unit_test(test_every_allocation),
	};

	return cmocka_run_group_tests_name("git_protocol", tests, NULL, NULL);
}
