#include "unit.h"

#include "keyring/value.h"

#define OURS "protocol=bfabric\nhost=h\nusername=PROD\npassword=p\n"
#define GITS "protocol=https\nhost=h\nusername=me\npassword=p\n"

static void take(const char *text, struct bf_request *request)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;

	bf_request_release(request);
	assert_int_equal(bf_kv_parse(text, strlen(text), &kv, NULL), BFABRIC_OK);
	assert_int_equal(bf_request_take(&kv, BF_NEED_PASSWORD, request, NULL), BFABRIC_OK);
}

static void test_keeps(void **state)
{
	static const struct {
		const char *text, *kept;
	} cases[] = {
		{OURS, "p"},
		{OURS "oauth_refresh_token=r\n", "p"},
		{GITS, "p"},
		{GITS "oauth_refresh_token=r\npassword_expiry_utc=9\n",
			"p\npassword_expiry_utc=9\noauth_refresh_token=r"},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;

		take(cases[i].text, &request);
		bf_value_make(&request, &value);
		assert_string_equal(bf_secret_reveal(&value), cases[i].kept);
		assert_true(bf_value_has_password(&request, &value));
	}
}

/* What an item holds cannot add a line of its own, nor pass for a status. */
static void test_answers(void **state)
{
	static const struct {
		const char *text, *user, *held, *reply; /* NULL: an error */
	} cases[] = {
		{OURS, NULL, "{}", "username=PROD\npassword={}\n"},
		{OURS, NULL, "a\nstatus=ok", NULL},
		{OURS, NULL, "a\r", NULL},
		{GITS, "me", "p", "username=me\npassword=p\n"},
		{GITS, NULL, "", "password=\n"},
		{GITS, "me", "p\nquit=1\npassword_expiry_utc=9\nhost=evil\n",
			"username=me\npassword=p\npassword_expiry_utc=9\n"},
		{GITS, "me", "p\noauth_refresh_token=r\npassword_expiry_utc\n\n",
			"username=me\npassword=p\noauth_refresh_token=r\n"},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bf_answer answer = BF_ANSWER_INIT;
		BF_AUTO_SECRET struct bf_secret held = BF_SECRET_INIT;

		take(cases[i].text, &request);
		bf_secret_puts(&held, cases[i].held);
		assert_int_equal(bf_value_answer(&request, cases[i].user, &held, &answer),
			cases[i].reply ? BF_OUT_OK : BF_OUT_ERROR);
		assert_string_equal(
			bf_secret_reveal(&answer.lines), cases[i].reply ? cases[i].reply : "");
		assert_false(answer.lines.failed);
		bf_secret_release(&answer.lines);
	}
}

static void test_answers_no_nul(void **state)
{
	struct bf_answer answer = BF_ANSWER_INIT;
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;
	BF_AUTO_SECRET struct bf_secret held = BF_SECRET_INIT;

	(void)state;
	take(GITS, &request);
	bf_secret_put(&held, "p\0x", 3);
	assert_int_equal(bf_value_answer(&request, NULL, &held, &answer), BF_OUT_ERROR);
	assert_string_equal(answer.message, "the item holds something else than a line of text");
}

static void test_compares(void **state)
{
	static const struct {
		const char *text, *held;
		bool same;
	} cases[] = {
		{GITS, "p", true},
		{GITS, "p\npassword_expiry_utc=9", true},
		{GITS, "pp", false},
		{GITS, "", false},
		{OURS, "p", true},
		{OURS, "p\nx", false},
	};
	BF_AUTO_REQUEST struct bf_request request = BF_REQUEST_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		BF_AUTO_SECRET struct bf_secret held = BF_SECRET_INIT;

		take(cases[i].text, &request);
		bf_secret_puts(&held, cases[i].held);
		assert_int_equal(bf_value_has_password(&request, &held), cases[i].same);
	}
}

/* Scripts and the library's store rely on these. */
static void test_outcomes(void **state)
{
	static const struct {
		enum bf_outcome outcome;
		const char *name;
		int exit_code;
	} cases[] = {
		{BF_OUT_OK, "ok", 0},
		{BF_OUT_NOT_FOUND, "not-found", 0},
		{BF_OUT_LOCKED, "locked", 10},
		{BF_OUT_NO_SERVICE, "no-service", 11},
		{BF_OUT_DENIED, "denied", 12},
		{BF_OUT_TIMEOUT, "timeout", 13},
		{BF_OUT_ERROR, "error", 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_string_equal(bf_outcome_name(cases[i].outcome), cases[i].name);
		assert_int_equal(bf_outcome_exit_code(cases[i].outcome), cases[i].exit_code);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keeps),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_answers_no_nul),
		cmocka_unit_test(test_compares),
		cmocka_unit_test(test_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
