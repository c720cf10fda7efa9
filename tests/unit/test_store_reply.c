/* What a store answers: each file in tests/data/store-reply, however the program ended. */
#include "unit.h"
#include "cases.h"
#include "libbfabric/local/store_private.h"

static const char *const verdicts[] = {
	[BF_STORE_SAYS_OK] = "ok",
	[BF_STORE_SAYS_NOT_FOUND] = "not found",
	[BF_STORE_SAYS_LOCKED] = "locked",
	[BF_STORE_SAYS_NO_SERVICE] = "no service",
	[BF_STORE_SAYS_DENIED] = "denied",
	[BF_STORE_SAYS_TIMEOUT] = "timeout",
	[BF_STORE_SAYS_ERROR] = "error",
	[BF_STORE_SAYS_NOTHING] = "nothing",
};

static const struct ending {
	const char *name;
	struct bf_child_end end;
} endings[] = {
	{"ended with 0", {.known = true}},
	{"ended with 10", {.known = true, .code = 10}},
	{"killed", {.known = true, .code = -1, .signal = 9}},
	{"unknown end", {.known = false}},
};

static void describe_one(
	const struct bf_secret *output, const struct ending *how, bool tells, struct bf_secret *out)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	struct bfabric_error err = {0};

	bf_secret_printf(out, "%s, %s: ", tells ? "keyring" : "helper", how->name);
	if (bf_store_reply_parse(output, &how->end, tells, &reply, &err) != BFABRIC_OK) {
		bf_secret_printf(out, "%s: %s\n", bfabric_status_name(err.status), err.text);
		return;
	}
	bf_secret_puts(out, verdicts[reply.verdict]);
	if (*reply.message)
		bf_secret_printf(out, ", message %s", reply.message);
	if (!bf_secret_empty(&reply.password)) {
		bf_secret_puts(out, ", password ");
		bf_secret_put_secret(out, &reply.password);
	}
	bf_secret_putc(out, '\n');
}

static void describe(const char *bytes, size_t len, struct bf_secret *out)
{
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;

	bf_secret_put(&output, bytes, len);
	for (int tells = 1; tells >= 0; tells--)
		for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
			describe_one(&output, &endings[i], tells, out);
}

static void test_cases(void **state)
{
	(void)state;
	cases_run_files("store-reply", describe);
}

static void test_every_failure(void **state)
{
	static const char text[] = "status=ok\npassword=x\n";
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;
	const struct bf_child_end end = {.known = true};

	(void)state;
	bf_secret_puts(&output, text);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_STORE_REPLY struct bf_store_reply reply = {0};
		enum bfabric_status status =
			bf_store_reply_parse(&output, &end, /* tells= */ true, &reply, NULL);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
