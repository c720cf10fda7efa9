/* test_registration.c - registering a client, and what may be changed of it afterwards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/oauth/registration.h"
#include <string.h>

#define ENDPOINT "https://bfabric.example.org/bfabric/rest/oauth/register"
#define URI      ENDPOINT "/c1"

static struct bf_url base_url(void)
{
	struct bf_url url = BF_URL_INIT;
	struct bfabric_error err = {0};

	assert_int_equal(
		bf_url_parse("https://bfabric.example.org/bfabric", &url, &err), BFABRIC_OK);
	return url;
}

static void field(struct bf_secret *text, const char *name, const char *value)
{
	if (value && *value)
		bf_secret_printf(text, "%s=%s\n", name, value);
}

static void field_json(struct bf_secret *text, const char *name, const json_t *value)
{
	char *dump = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	field(text, name, dump);
	free(dump);
}

static void describe_as(const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_secret *ret_text)
{
	BF_AUTO_REGISTRATION struct bf_client_registration r = {0};
	BF_AUTO_URL struct bf_url base = base_url();
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_registration_accept(&base, before, reply, &r, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_null(r.client_id);
		return;
	}
	field(ret_text, "client_id", r.client_id);
	field(ret_text, "client_secret", bf_secret_reveal(&r.client_secret));
	bf_secret_printf(ret_text, "expires=%lld\nid=%lld\n", (long long)r.client_secret_expires_at,
		(long long)r.id);
	field(ret_text, "token", bf_secret_reveal(&r.registration_access_token));
	field(ret_text, "uri", r.registration_client_uri);
	field(ret_text, "scope", r.scope);
	field_json(ret_text, "redirect_uris", r.redirect_uris);
	field_json(ret_text, "grant_types", r.grant_types);
	field_json(ret_text, "document", r.document);
}

static void describe_registered(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	describe_as(NULL, reply, ret_text);
}

static void fill(struct bf_client_registration *client)
{
	client->client_id = strdup("c1");
	client->registration_client_uri = strdup(URI);
	bf_secret_puts(&client->client_secret, "s1");
	bf_secret_puts(&client->registration_access_token, "r1");
	client->client_secret_expires_at = 1900000000;
	client->id = 17;
}

static void describe_managed(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_REGISTRATION struct bf_client_registration before = {0};

	fill(&before);
	describe_as(&before, reply, ret_text);
}

static void describe_deleted(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_registration_delete_accept(reply, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n%s", bfabric_status_name(status), err.text);
	if (*err.text)
		bf_secret_putc(ret_text, '\n');
}

static void replies(void **state)
{
	(void)state;
	cases_run("registration", describe_registered);
}

static void replies_of_management(void **state)
{
	(void)state;
	cases_run("registration-managed", describe_managed);
}

static void replies_of_deletion(void **state)
{
	(void)state;
	cases_run("registration-deleted", describe_deleted);
}

/* ---- requests -------------------------------------------------------------------------------- */

static void check(const struct bf_request *request, const char *method, const char *url,
	const char *authorization, const char *body)
{
	assert_string_equal(request->method, method);
	assert_string_equal(request->url, url);
	assert_string_equal(bf_secret_reveal(&request->authorization), authorization);
	assert_string_equal(bf_secret_reveal(&request->body), body);
	if (*body)
		assert_string_equal(request->content_type, "application/json");
	else
		assert_null(request->content_type);
	/* sent twice, it makes two clients, or two secrets of one */
	assert_int_equal(request->spends, request->body.len > 0);
}

static void registering(void **state)
{
	static const char *const uris[] = {"https://app.example.org/callback", NULL};
	static const char *const grants[] = {"refresh_token", NULL};
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request plain = {0}, service = {0}, open = {0};
	struct bf_client_metadata m = {.client_name = "Caf\xc3\xa9 \"x\"", .redirect_uris = uris};
	struct bfabric_error err = {0};

	(void)state;
	bf_secret_puts(&token, "eyJ.a.b");
	assert_int_equal(bf_registration_build(ENDPOINT, &m, &token, &plain, &err), BFABRIC_OK);
	check(&plain, "POST", ENDPOINT, "Bearer eyJ.a.b",
		"{\"client_name\":\"Caf\xc3\xa9 \\\"x\\\"\","
		"\"redirect_uris\":[\"https://app.example.org/callback\"],"
		"\"grant_types\":[\"urn:ietf:params:oauth:grant-type:token-exchange\","
		"\"refresh_token\",\"authorization_code\"]}");
	m = (struct bf_client_metadata){
		.client_name = "cron", .scope = "api:read", .service_user_login = "robot"};
	assert_int_equal(bf_registration_build(ENDPOINT, &m, &token, &service, &err), BFABRIC_OK);
	check(&service, "POST", ENDPOINT, "Bearer eyJ.a.b",
		"{\"client_name\":\"cron\","
		"\"grant_types\":[\"urn:ietf:params:oauth:grant-type:token-exchange\","
		"\"refresh_token\",\"authorization_code\",\"client_credentials\"],"
		"\"scope\":\"api:read\",\"service_user_login\":\"robot\"}");
	m.grant_types = grants;
	assert_int_equal(bf_registration_build(ENDPOINT, &m, NULL, &open, &err), BFABRIC_OK);
	check(&open, "POST", ENDPOINT, "",
		"{\"client_name\":\"cron\",\"grant_types\":[\"refresh_token\"],"
		"\"scope\":\"api:read\",\"service_user_login\":\"robot\"}");
}

static void refuse(const char *endpoint, const struct bf_client_metadata *m, const char *token)
{
	BF_AUTO_SECRET struct bf_secret initial = BF_SECRET_INIT;
	struct bf_request request = {.method = "untouched"};
	struct bfabric_error err = {0};

	bf_secret_puts(&initial, token);
	assert_int_equal(
		bf_registration_build(endpoint, m, &initial, &request, &err), BFABRIC_BAD_CALL);
	assert_true(*err.text);
	assert_string_equal(request.method, "untouched");
}

static void what_cannot_be_registered(void **state)
{
	static const char *const odd[] = {"https://app.example.org/\xff", NULL};
	const struct bf_client_metadata good = {.client_name = "x"};
	struct bf_client_metadata m = good;

	(void)state;
	refuse(NULL, &good, "t");
	refuse(ENDPOINT, &good, "");
	refuse(ENDPOINT, &good, "two words");
	refuse(ENDPOINT, &good, "x\r\nCookie: y");
	m.client_name = NULL, refuse(ENDPOINT, &m, "t");
	m.client_name = "", refuse(ENDPOINT, &m, "t");
	m.client_name = "\xff", refuse(ENDPOINT, &m, "t");
	m = good, m.redirect_uris = odd, refuse(ENDPOINT, &m, "t");
	m = good, m.grant_types = odd, refuse(ENDPOINT, &m, "t");
	m = good, m.scope = "\xc3", refuse(ENDPOINT, &m, "t");
	m = good, m.service_user_login = "\xc3", refuse(ENDPOINT, &m, "t");
}

static void managing(void **state)
{
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};
	BF_AUTO_REQUEST struct bf_request get = {0}, gone = {0};
	struct bf_request none = {.method = "untouched"};
	const struct bf_client_metadata nothing = {0};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(bf_registration_read_build(&client, &none, &err), BFABRIC_UNSUPPORTED);
	assert_int_equal(bf_registration_delete_build(&client, &none, &err), BFABRIC_UNSUPPORTED);
	fill(&client);
	assert_int_equal(bf_registration_read_build(&client, &get, &err), BFABRIC_OK);
	check(&get, "GET", URI, "Bearer r1", "");
	assert_int_equal(bf_registration_delete_build(&client, &gone, &err), BFABRIC_OK);
	check(&gone, "DELETE", URI, "Bearer r1", "");
	assert_int_equal(
		bf_registration_update_build(&client, &nothing, &none, &err), BFABRIC_BAD_CALL);
	client.document = json_object();
	bf_secret_clear(&client.registration_access_token);
	assert_int_equal(
		bf_registration_update_build(&client, &nothing, &none, &err), BFABRIC_UNSUPPORTED);
	assert_string_equal(none.method, "untouched");
}

/* What nobody here knows of is kept; what RFC 7592 forbids is not sent, whatever was read. */
static void an_update_sends_the_whole_document(void **state)
{
	static const char *const uris[] = {
		"https://b.example.org/", "https://c.example.org/", NULL};
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};
	BF_AUTO_REQUEST struct bf_request put = {0};
	const struct bf_client_metadata changes = {.redirect_uris = uris, .scope = "api:read"};
	struct bfabric_error err = {0};

	(void)state;
	fill(&client);
	client.document = json_pack("{s:s,s:s,s:s,s:s,s:i,s:i,s:[s],s:s,s:{s:i}}", "client_secret",
		"s1", "registration_access_token", "r1", "registration_client_uri", URI,
		"client_name", "n", "client_secret_expires_at", 0, "client_id_issued_at", 5,
		"redirect_uris", "https://a.example.org/", "scope", "tus", "x_unknown", "y", 1);
	assert_int_equal(bf_registration_update_build(&client, &changes, &put, &err), BFABRIC_OK);
	check(&put, "PUT", URI, "Bearer r1",
		"{\"client_name\":\"n\","
		"\"redirect_uris\":[\"https://b.example.org/\",\"https://c.example.org/\"],"
		"\"scope\":\"api:read\",\"x_unknown\":{\"y\":1},\"client_id\":\"c1\"}");
	assert_int_equal(json_object_size(client.document), 9); /* what was read stays as it was */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(replies_of_management),
		cmocka_unit_test(replies_of_deletion),
		cmocka_unit_test(registering),
		cmocka_unit_test(what_cannot_be_registered),
		cmocka_unit_test(managing),
		cmocka_unit_test(an_update_sends_the_whole_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
