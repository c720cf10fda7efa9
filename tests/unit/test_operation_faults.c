/* test_operation_faults.c - no memory, at every allocation of what is asked beside token requests.
 */
#include "unit.h"

#include "libbfabric/oauth/introspection.h"
#include "libbfabric/oauth/revocation.h"

#define BASE "https://bfabric.example.org/bfabric"

static struct bfabric_error err;

static struct bf_secret long_secret(void)
{
	struct bf_secret secret = BF_SECRET_INIT;

	for (int i = 0; i < 40; i++)
		bf_secret_puts(&secret, "0123456789"); /* makes every buffer grow more than once */
	return secret;
}

static struct bf_reply reply_of(long status, const char *body)
{
	struct bf_reply reply = {.status = status, .retry_after = -1};

	bf_secret_puts(&reply.body, body);
	return reply;
}

static void check_built(const struct bf_request *request, enum bfabric_status status, bool failed)
{
	assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	assert_int_equal(request->url == NULL, failed);
}

static void test_revocation_build(void **state)
{
	BF_AUTO_SECRET struct bf_secret secret = long_secret();
	const struct bf_grant_params client = {.client_id = "a-client-with-a-long-name",
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &secret};

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status = bf_revocation_build(
			BASE "/revoke", &secret, BF_TOKEN_HINT_REFRESH, &client, &request, &err);

		check_built(&request, status, fault_disarm());
	}
}

static void test_introspection(void **state)
{
	BF_AUTO_REPLY struct bf_reply reply =
		reply_of(200, "{\"active\":true,\"sub\":\"jdoe\",\"exp\":1}");

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_INTROSPECTION struct bf_introspection r = {0};
		enum bfabric_status status = bf_introspection_accept(&reply, &r, &err);
		bool failed = fault_disarm();

		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(r.active, !failed);
	}
}

/* A refusal must not become something else because its text could not be made. */
static void test_refusal(void **state)
{
	BF_AUTO_REPLY struct bf_reply reply = reply_of(
		401, "{\"error\":\"invalid_client\",\"error_description\":\"no such client\"}");

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bfabric_status status = bf_revocation_accept(&reply, &err);

		fault_disarm();
		assert_int_equal(status, BFABRIC_DENIED);
		assert_true(*err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_revocation_build),
		cmocka_unit_test(test_introspection),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
