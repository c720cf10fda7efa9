/*
 * test_client.c - clients and calls without a login against a server of this file: it stands in
 * the place of net/http.c. Every allocation fails once, and what is refused is told as what it is.
 */
#include "unit.h"

#include "libbfabric/net/http.h"
#include "libbfabric/bfabric.h"

#include <stdio.h>
#include <stdlib.h>

#define BASE "https://bfabric.example.org/bfabric"

static struct bfabric_error err;
static const struct bfabric_server server = {.base_url = BASE};
static const struct bfabric_credentials credentials = {"app", "s3cret"};

/* ---- the server ------------------------------------------------------------------------------ */

struct answer {
	const char *end; /* of the URL */
	long status;
	const char *body;
};

static const struct answer usual[] = {
	{"/openid-configuration", 404, "<html>"},
	{"/oauth/token", 200,
		"{\"access_token\":\"opaque-0123456789\",\"token_type\":\"Bearer\","
		"\"expires_in\":3600,\"refresh_token\":\"rt\",\"scope\":\"api:read\","
		"\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}"},
	{"/oauth/introspect", 200,
		"{\"active\":true,\"sub\":\"alice\",\"entityId\":\"77\",\"entityClassName\":"
		"\"Workunit\",\"groups\":[\"a\",\"b\"],\"scope\":\"api:read\",\"exp\":1900000000}"},
	{"/oauth/revoke", 200, ""},
	{"/oauth/register", 201,
		"{\"client_id\":\"c1\",\"client_secret\":\"cs\",\"id\":12,\"scope\":\"api:read\","
		"\"registration_access_token\":\"rat\","
		"\"registration_client_uri\":\"" BASE "/rest/oauth/register/c1\"}"},
	{NULL, 0, NULL},
};
static struct answer other; /* in the place of a usual one; end NULL: none */
static unsigned requests, revocations;

static const struct answer *answer_to(const char *url)
{
	size_t len = strlen(url);

	if (other.end && len > strlen(other.end) &&
		strcmp(url + len - strlen(other.end), other.end) == 0)
		return &other;
	for (const struct answer *a = usual; a->end; a++)
		if (len > strlen(a->end) && strcmp(url + len - strlen(a->end), a->end) == 0)
			return a;
	fail_msg("nobody answers %s", url);
	return NULL;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *error)
{
	const struct answer *answer = answer_to(request->url);

	(void)data;
	requests++;
	revocations += strstr(request->url, "/oauth/revoke") != NULL;
	*ret_sent = true;
	if (bf_cancelled(request->cancel))
		return bf_fail(error, BFABRIC_CANCELLED, "cancelled");
	*ret_reply = (struct bf_reply){.status = answer->status, .retry_after = -1};
	snprintf(ret_reply->content_type, sizeof(ret_reply->content_type), "application/json");
	fault_hold(true);
	bf_secret_puts(&ret_reply->body, answer->body);
	fault_hold(false);
	return BFABRIC_OK;
}

struct bf_http {
	int nothing;
};

enum bfabric_status bf_http_new(
	const struct bf_http_options *options, struct bf_http **ret, struct bfabric_error *error)
{
	(void)options;
	*ret = calloc(1, sizeof(**ret));
	return *ret ? BFABRIC_OK : bf_fail_nomem(error);
}

void bf_http_free(struct bf_http *http)
{
	free(http);
}

struct bf_transport bf_http_transport(struct bf_http *http)
{
	return (struct bf_transport){.perform = perform, .data = http};
}

static int begin(void **state)
{
	(void)state;
	other = (struct answer){0};
	requests = revocations = 0;
	return 0;
}

/* ---- no memory ------------------------------------------------------------------------------- */

static void check(enum bfabric_status status)
{
	bool failed = fault_disarm();

	if (status != BFABRIC_OK)
		assert_int_equal(err.status, status);
	assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
}

static void introspect(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric_claims claims = {0};
		enum bfabric_status status =
			bfabric_introspect(&server, &credentials, "token", 0, &claims, &err);

		check(status);
		if (status == BFABRIC_OK) {
			assert_string_equal(claims.subject, "alice");
			assert_int_equal(claims.entity_id, 77);
			assert_string_equal(claims.entity_class, "Workunit");
			assert_int_equal(claims.group_count, 2);
			assert_string_equal(claims.groups[1], "b");
			assert_non_null(strstr(claims.json, "\"active\""));
		} else {
			assert_null(claims.json);
		}
		bfabric_claims_clear(&claims);
		bfabric_claims_clear(&claims);
	}
}

static void revoke(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM)
		check(bfabric_revoke(&server, &credentials, "token", 0, &err));
}

static void register_client(void **state)
{
	static const char *const uris[] = {"http://127.0.0.1/callback", NULL};
	static const struct bfabric_client_metadata metadata = {
		.client_name = "app", .redirect_uris = uris};

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric_registration made = {0};
		enum bfabric_status status =
			bfabric_register_client(&server, "token", &metadata, 0, &made, &err);

		check(status);
		if (status == BFABRIC_OK) {
			assert_string_equal(made.client_id, "c1");
			assert_string_equal(made.client_secret, "cs");
			assert_string_equal(made.registration_access_token, "rat");
			assert_int_equal(made.id, 12);
		}
		bfabric_registration_clear(&made);
	}
}

/* How the client authenticates is remembered where memory allows: a hint, asked for again. */
static void service(void **state)
{
	static const struct bfabric_login login = {
		.server.base_url = BASE, .client_id = "app", .client_secret = "s3cret"};
	unsigned forgiven = 0;

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric *client = NULL;
		enum bfabric_status status = bfabric_connect_oauth(&login, &client, &err);
		bool failed = fault_disarm();

		assert_true(status == BFABRIC_OK || (failed && status == BFABRIC_NO_MEMORY));
		forgiven += failed && status == BFABRIC_OK;
		bfabric_free(client);
	}
	assert_in_range(forgiven, 0, 1);
}

static void personal_access_token(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric *client = NULL;

		check(bfabric_connect_pat(&server, "pat", &client, &err));
		bfabric_free(client);
	}
	assert_int_equal(requests, 0);
}

/* An opaque token cannot be verified: what it says comes from the server. */
static void launch(void **state)
{
	static const struct bfabric_login login = {
		.server.base_url = BASE, .client_id = "app", .client_secret = "s3cret"};

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric *client = NULL;
		struct bfabric_claims claims = {0};
		struct bfabric_token token = {0};
		enum bfabric_status status = bfabric_from_url_token(&login,
			"https://app.example.org/?jwt=eyJhIjoxfQ.eyJhIjoxfQ.AAAA", &client, &claims,
			&err);

		check(status);
		if (status == BFABRIC_OK) {
			assert_int_equal(claims.entity_id, 77);
			assert_int_equal(
				bfabric_session_token(bfabric_session(client), 60, 0, &token, &err),
				BFABRIC_OK);
			assert_string_equal(token.value, "opaque-0123456789");
		}
		bfabric_token_clear(&token);
		bfabric_claims_clear(&claims);
		bfabric_free(client);
	}
}

/* ---- web applications ------------------------------------------------------------------------ */

static const struct bfabric_webapp_login webapp_login = {
	.server.base_url = BASE, .client_id = "app", .client_secret = "s3cret"};
static const char opened_at[] = "https://app.example.org/?jwt=eyJhIjoxfQ.eyJhIjoxfQ.AAAA";

/* All of it or nothing. As with a service, one thing may be forgiven. */
static void webapp(void **state)
{
	unsigned forgiven = 0;

	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric_webapp both = {0};
		enum bfabric_status status =
			bfabric_webapp_open(&webapp_login, opened_at, &both, &err);
		bool failed = fault_disarm();

		assert_true(status == BFABRIC_OK || (failed && status == BFABRIC_NO_MEMORY));
		forgiven += failed && status == BFABRIC_OK;
		assert_int_equal(both.user != NULL, status == BFABRIC_OK);
		assert_int_equal(both.service != NULL, status == BFABRIC_OK);
		assert_int_equal(both.context.entity_id, status == BFABRIC_OK ? 77 : 0);
		bfabric_webapp_clear(&both);
		bfabric_webapp_clear(&both);
	}
	assert_in_range(forgiven, 0, 1);
}

static void webapp_refused(void **state)
{
	struct bfabric_webapp_login login = webapp_login;
	struct bfabric_webapp both = {0};

	(void)state;
	other = (struct answer){"/oauth/introspect", 200, "{\"active\":false}"};
	assert_fails(bfabric_webapp_open(&login, opened_at, &both, &err), BFABRIC_DENIED, err,
		"not valid");
	assert_int_equal(revocations, 2);
	other = (struct answer){"/oauth/token", 400, "{\"error\":\"unauthorized_client\"}"};
	assert_int_not_equal(bfabric_webapp_open(&login, opened_at, &both, &err), BFABRIC_OK);
	assert_non_null(strstr(err.text, "the service of the web application"));
	other = (struct answer){0};
	requests = 0;
	assert_fails(bfabric_webapp_open(&login, "no launch token", &both, &err), BFABRIC_BAD_CALL,
		err, "token");
	login.user_environment = login.service_environment = "APP";
	assert_fails(bfabric_webapp_open(&login, opened_at, &both, &err), BFABRIC_BAD_CALL, err,
		"cannot both be kept in the environment APP");
	assert_int_equal(bfabric_webapp_open(&login, opened_at, &both, NULL), BFABRIC_BAD_CALL);
	login = (struct bfabric_webapp_login){.server.base_url = BASE, .client_id = "app"};
	assert_fails(bfabric_webapp_open(&login, opened_at, &both, &err), BFABRIC_BAD_CALL, err,
		"secret");
	assert_int_equal(requests, 0);
	assert_null(both.user);
	assert_null(both.service);
}

/* ---- refusals -------------------------------------------------------------------------------- */

static void what_is_refused(void **state)
{
	struct bfabric_claims claims = {0};
	struct bfabric *client = NULL;
	struct bfabric_login login = {
		.server.base_url = BASE, .client_id = "app", .client_secret = "s3cret"};

	(void)state;
	other = (struct answer){"/oauth/introspect", 200, "{\"active\":false}"};
	assert_fails(bfabric_introspect(&server, &credentials, "token", 0, &claims, &err),
		BFABRIC_DENIED, err, "not valid");
	assert_int_equal(revocations, 0);
	assert_fails(
		bfabric_from_url_token(&login, "eyJhIjoxfQ.eyJhIjoxfQ.AAAA", &client, NULL, &err),
		BFABRIC_DENIED, err, "not valid");
	assert_int_equal(revocations, 2); /* what was exchanged is nobody's */
	other = (struct answer){"/oauth/token", 400, "{\"error\":\"invalid_grant\"}"};
	assert_fails(
		bfabric_from_url_token(&login, "eyJhIjoxfQ.eyJhIjoxfQ.AAAA", &client, NULL, &err),
		BFABRIC_DENIED, err, "launch token");
	assert_null(client);
	assert_fails(bfabric_connect_oauth(&login, &client, &err), BFABRIC_LOGIN_REQUIRED, err,
		"lapsed");
	other = (struct answer){"/oauth/revoke", 501, ""};
	assert_int_equal(
		bfabric_revoke(&server, &credentials, "token", 0, &err), BFABRIC_UNSUPPORTED);
	other = (struct answer){"/oauth/register", 403, ""};
	assert_int_equal(bfabric_register_client(&server, "token",
				 &(struct bfabric_client_metadata){.client_name = "a"}, 0,
				 &(struct bfabric_registration){0}, &err),
		BFABRIC_FORBIDDEN);
}

/* Half a client, where a whole one is needed. */
static void missing_credentials(void **state)
{
	static const struct {
		const char *id, *secret;
	} halves[] = {{NULL, "s3cret"}, {"app", NULL}, {"app", ""}, {"", "s3cret"}};
	static const char launch_token[] = "eyJhIjoxfQ.eyJhIjoxfQ.AAAA";
	struct bfabric_claims claims = {.expires_at = 7};
	struct bfabric *client = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(halves) / sizeof(halves[0]); i++) {
		const struct bfabric_login login = {.server.base_url = BASE,
			.client_id = halves[i].id,
			.client_secret = halves[i].secret};

		assert_fails(bfabric_connect_oauth(&login, &client, &err), BFABRIC_BAD_CALL, err,
			"client id");
		assert_fails(bfabric_from_url_token(&login, launch_token, &client, &claims, &err),
			BFABRIC_BAD_CALL, err, "client id");
	}
	for (int i = 0; i < 2; i++) {
		const struct bfabric_credentials nobody = {i ? "" : NULL, "s3cret"};

		assert_fails(bfabric_introspect(&server, &nobody, "token", 0, &claims, &err),
			BFABRIC_BAD_CALL, err, "client id");
		assert_fails(bfabric_revoke(&server, &nobody, "token", 0, &err), BFABRIC_BAD_CALL,
			err, "client id");
	}
	assert_null(client);
	assert_int_equal(claims.expires_at, 7);
	assert_int_equal(requests, 0);
}

/* What is handed out is written on success only, and need not be wanted. */
static void launch_with_and_without_claims(void **state)
{
	const struct bfabric_login login = {
		.server.base_url = BASE, .client_id = "app", .client_secret = "s3cret"};
	static const char launch_token[] = "eyJhIjoxfQ.eyJhIjoxfQ.AAAA";
	struct bfabric_claims claims = {.expires_at = 7};
	struct bfabric *client = NULL;

	(void)state;
	other = (struct answer){"/oauth/introspect", 200, "{\"active\":false}"};
	assert_int_equal(bfabric_from_url_token(&login, launch_token, &client, &claims, NULL),
		BFABRIC_DENIED);
	assert_null(client);
	assert_int_equal(claims.expires_at, 7);
	other = (struct answer){0};
	assert_int_equal(
		bfabric_from_url_token(&login, launch_token, &client, NULL, NULL), BFABRIC_OK);
	bfabric_free(client);
}

/* Nothing of this reaches a server. */
static void bad_calls(void **state)
{
	struct bfabric_claims claims = {0};
	struct bfabric *client = NULL;
	struct bfabric_login login = {.server.base_url = BASE};
	struct bfabric_ui ui = {0};

	(void)state;
	assert_fails(bfabric_verify_jwt(&server, "", NULL, 0, &claims, &err), BFABRIC_BAD_CALL, err,
		"no token");
	assert_fails(bfabric_verify_jwt(&server, "opaque", NULL, 0, &claims, &err),
		BFABRIC_UNSUPPORTED, err, "introspect");
	assert_fails(bfabric_parse_url_token(NULL, &claims, &err), BFABRIC_BAD_CALL, err, "token");
	assert_fails(bfabric_parse_url_token("https://a.example/?token=abc", &claims, &err),
		BFABRIC_UNSUPPORTED, err, "older");
	assert_fails(bfabric_connect_pat(&server, "two words", &client, &err), BFABRIC_BAD_CALL,
		err, "personal access token");
	assert_int_equal(bfabric_connect_pat(&server, NULL, &client, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bfabric_connect_pat(&server, "", &client, &err), BFABRIC_BAD_CALL);
	assert_fails(bfabric_connect_pat(&(struct bfabric_server){0}, "pat", &client, &err),
		BFABRIC_BAD_CALL, err, "base URL");
	assert_fails(bfabric_connect_pat(&(struct bfabric_server){.base_url = "http://example.org"},
			     "pat", &client, &err),
		BFABRIC_BAD_CALL, err, "base URL");
	assert_fails(bfabric_connect_oauth(&login, &client, &err), BFABRIC_BAD_CALL, err, "secret");
	assert_fails(bfabric_connect_device_code(&login, &ui, &client, &err), BFABRIC_UNSUPPORTED,
		err, "show_code");
	assert_fails(bfabric_connect_pkce(&login, NULL, &client, &err), BFABRIC_UNSUPPORTED, err,
		"open_url");
	assert_null(client);
	assert_int_equal(requests, 0);
}

static void cancelled(void **state)
{
	struct bfabric_cancel *cancel = NULL;
	struct bfabric_server there = server;
	struct bfabric_claims claims = {0};

	(void)state;
	assert_int_equal(bfabric_cancel_new(&cancel, &err), BFABRIC_OK);
	bfabric_cancel_now(cancel);
	there.cancel = cancel;
	assert_int_equal(bfabric_introspect(&there, &credentials, "token", 0, &claims, &err),
		BFABRIC_CANCELLED);
	assert_int_equal(bfabric_revoke(&there, &credentials, "token", 0, &err), BFABRIC_CANCELLED);
	bfabric_cancel_free(cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(introspect, begin),
		cmocka_unit_test_setup(revoke, begin),
		cmocka_unit_test_setup(register_client, begin),
		cmocka_unit_test_setup(service, begin),
		cmocka_unit_test_setup(personal_access_token, begin),
		cmocka_unit_test_setup(launch, begin),
		cmocka_unit_test_setup(webapp, begin),
		cmocka_unit_test_setup(webapp_refused, begin),
		cmocka_unit_test_setup(what_is_refused, begin),
		cmocka_unit_test_setup(missing_credentials, begin),
		cmocka_unit_test_setup(launch_with_and_without_claims, begin),
		cmocka_unit_test_setup(bad_calls, begin),
		cmocka_unit_test_setup(cancelled, begin),
	};

	return cmocka_run_group_tests_name("client", tests, NULL, NULL);
}
