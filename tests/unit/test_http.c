#include "unit.h"

#include "libbfabric/base/http.h"

#include <stdlib.h>

static void test_releases(void **state)
{
	struct bf_request request = {.method = "POST", .url = strdup("https://h"), .spends = true};
	struct bf_reply reply = {.status = 200};

	(void)state;
	bf_secret_puts(&request.body, "secret");
	bf_secret_puts(&request.authorization, "Bearer x");
	bf_secret_puts(&reply.body, "secret");
	for (int twice = 0; twice < 2; twice++) {
		bf_request_release(&request);
		bf_reply_release(&reply);
		assert_null(request.url);
		assert_false(request.spends);
		assert_true(bf_secret_empty(&request.body));
		assert_true(bf_secret_empty(&request.authorization));
		assert_int_equal(reply.status, 0);
		assert_true(bf_secret_empty(&reply.body));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_releases)};

	return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
