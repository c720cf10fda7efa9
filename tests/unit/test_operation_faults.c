/* test_operation_faults.c - no memory, at every allocation of what is asked beside token requests.
 */
#include "unit.h"

#include "libbfabric/oauth/introspection.h"
#include "libbfabric/oauth/launch_old.h"
#include "libbfabric/oauth/registration.h"
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

static void fill(struct bf_client_registration *client)
{
	client->client_id = strdup("c1");
	client->registration_client_uri = strdup(BASE "/register/c1");
	bf_secret_puts(&client->client_secret, "s1");
	bf_secret_puts(&client->registration_access_token, "r1");
	client->document = json_pack("{s:s}", "client_name", "n");
}

static void test_registration_build(void **state)
{
	static const char *const uris[] = {"https://app.example.org/", NULL};
	const struct bf_client_metadata metadata = {
		.client_name = "n", .redirect_uris = uris, .scope = "api:read"};
	BF_AUTO_SECRET struct bf_secret token = long_secret();
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};

	(void)state;
	fill(&client);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status =
			bf_registration_build(BASE "/register", &metadata, &token, &request, &err);

		check_built(&request, status, fault_disarm());
	}
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status =
			bf_registration_update_build(&client, &metadata, &request, &err);

		check_built(&request, status, fault_disarm());
	}
}

static json_malloc_t json_malloc_real;
static unsigned json_count, json_n; /* the allocation of jansson's that fails */

static void *json_malloc_or_not(size_t size)
{
	return ++json_count == json_n ? NULL : json_malloc_real(size);
}

static bool updated_without_allocation(const struct bf_client_registration *client, unsigned n)
{
	static const char *const uris[] = {"https://app.example.org/", NULL};
	const struct bf_client_metadata changes = {.redirect_uris = uris, .scope = "api:read"};
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;
	bool failed;

	json_n = n;
	json_count = 0;
	status = bf_registration_update_build(client, &changes, &request, &err);
	failed = json_count >= n;
	json_n = 0;
	if (!failed)
		assert_int_equal(status, BFABRIC_OK);
	if (status == BFABRIC_OK) /* then nothing is missing */
		assert_string_equal(bf_secret_reveal(&request.body),
			"{\"client_name\":\"n\",\"client_id\":\"c1\",\"redirect_uris\":"
			"[\"https://app.example.org/\"],\"scope\":\"api:read\"}");
	return !failed;
}

/* An update replaces all: a member that got lost for lack of memory would be deleted. */
static void test_update_loses_nothing(void **state)
{
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};
	json_free_t json_free_real;
	unsigned n = 1;

	(void)state;
	fill(&client);
	json_get_alloc_funcs(&json_malloc_real, &json_free_real);
	json_set_alloc_funcs(json_malloc_or_not, json_free_real);
	while (!updated_without_allocation(&client, n))
		n++;
	json_set_alloc_funcs(json_malloc_real, json_free_real);
	assert_true(n > 5); /* the hook was at work */
}

static void test_registration_accept(void **state)
{
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_REGISTRATION struct bf_client_registration before = {0};
	BF_AUTO_REPLY struct bf_reply full = reply_of(201,
		"{\"client_id\":\"c1\",\"client_secret\":\"s\",\"registration_access_token\":"
		"\"r\",\"registration_client_uri\":\"" BASE "/register/c1\"}");
	BF_AUTO_REPLY struct bf_reply terse = reply_of(200, "{\"client_id\":\"c1\"}");

	(void)state;
	fill(&before);
	assert_int_equal(bf_url_parse(BASE, &base, &err), BFABRIC_OK);
	for (int managed = 0; managed < 2; managed++) {
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			BF_AUTO_REGISTRATION struct bf_client_registration r = {0};
			enum bfabric_status status = bf_registration_accept(&base,
				managed ? &before : NULL, managed ? &terse : &full, &r, &err);
			bool failed = fault_disarm();

			assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
			assert_int_equal(r.client_id == NULL, failed);
		}
	}
}

static void test_launch(void **state)
{
	json_t *claims = json_pack("{s:s,s:i}", "entityId", "5", "exp", 7);

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
		BF_AUTO_LAUNCH struct bf_launch launch = {0};
		enum bf_launch_kind kind = BF_LAUNCH_OLD;
		enum bfabric_status found =
			bf_launch_find("https://app.example.org/?jwt=aaaaaaaaaaaaaaaa.bbbbbbbb.cc",
				&kind, &token, &err);
		enum bfabric_status read = bf_launch_from_claims(claims, &launch, &err);
		bool failed = fault_disarm();

		assert_int_equal(found, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(bf_secret_empty(&token), failed);
		assert_int_equal(read, BFABRIC_OK); /* it copies nothing */
	}
	json_decref(claims);
}

static void test_old_launch(void **state)
{
	BF_AUTO_SECRET struct bf_secret token = long_secret();
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_REPLY struct bf_reply reply =
		reply_of(200, "{\"user\":\"jdoe\",\"userWsPassword\":\"x\"}");

	(void)state;
	assert_int_equal(bf_url_parse(BASE, &base, &err), BFABRIC_OK);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_REQUEST struct bf_request request = {0};
		enum bfabric_status status = bf_old_launch_build(&base, &token, &request, &err);

		check_built(&request, status, fault_disarm());
	}
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_OLD_LAUNCH struct bf_old_launch launch = {0};
		enum bfabric_status status = bf_old_launch_accept(&reply, &launch, &err);
		bool failed = fault_disarm();

		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(launch.context.claims == NULL, failed);
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
		cmocka_unit_test(test_registration_build),
		cmocka_unit_test(test_update_loses_nothing),
		cmocka_unit_test(test_registration_accept),
		cmocka_unit_test(test_launch),
		cmocka_unit_test(test_old_launch),
		cmocka_unit_test(test_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
