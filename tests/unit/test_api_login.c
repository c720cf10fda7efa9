/*
 * A request to a web service carries a token that is valid when it leaves. One that the server
 * refuses all the same is replaced; a read is then asked once more, and nothing else ever is.
 */
#include "webservice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

#define BEGIN                                                                                      \
	struct webservice *ws = *state;                                                            \
	struct bfabric_error err = {0};                                                            \
	json_t *got = NULL

static const struct bfabric_read all = {.max_results = -1};

static enum bfabric_status read_all(struct webservice *ws, json_t **ret, struct bfabric_error *err)
{
	*ret = NULL;
	*err = (struct bfabric_error){0};
	return bfabric_read(ws->client, "sample", &all, ret, err);
}

static enum bfabric_status save(struct webservice *ws, struct bfabric_error *err)
{
	json_t *object = webservice_json("{'name': 'x'}");
	enum bfabric_status status;

	*err = (struct bfabric_error){0};
	status = bfabric_save(ws->client, "sample", object, NULL, NULL, err);
	json_decref(object);
	return status;
}

/* The token that went out last. */
static void last_token(const struct webservice *ws, char *to, size_t size)
{
	const char *at = strstr(bf_secret_reveal(&ws->last_body), "<password>");

	assert_non_null(at);
	at += strlen("<password>");
	snprintf(to, size, "%.*s", (int)strcspn(at, "<"), at);
}

static bool pass_a_night(void *data, json_t *record)
{
	struct webservice *ws = data;

	/* The first record of the second page: by the third the token will have expired. */
	if (json_integer_value(json_object_get(record, "id")) == 200)
		world_pass(ws->world, 40000);
	return true;
}

static void test_token_expires_between_pages(void **state)
{
	char before[1024], after[1024];
	json_t *one = NULL;
	BEGIN;

	(void)got;
	assert_int_equal(bfabric_read(ws->client, "sample", NULL, &one, &err), BFABRIC_OK);
	json_decref(one);
	last_token(ws, before, sizeof(before));
	ws->records = 300;
	assert_int_equal(
		bfabric_read_each(ws->client, "sample", &all, pass_a_night, ws, &err), BFABRIC_OK);
	last_token(ws, after, sizeof(after));
	assert_string_not_equal(before, after);
	assert_int_equal(ws->world->server->requests, 1);
	assert_int_equal(ws->posts, 4); /* nothing was refused */
}

static void test_refused_token_is_replaced(void **state)
{
	BEGIN;

	ws->records = 250;
	ws->next[0] = (struct webservice_trouble){.at = 2, .refuse = true};
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	assert_int_equal(json_array_size(got), 250);
	json_decref(got);
	assert_int_equal(ws->world->server->requests, 1);
	assert_int_equal(ws->posts, 4);
	assert_int_equal(ws->asked[1], 0); /* refused before it was looked at */
	assert_int_equal(ws->asked[2], 2);
}

static void test_http_401(void **state)
{
	BEGIN;

	ws->next[0] = (struct webservice_trouble){
		.at = 1, .http = 401, .type = "text/html", .body = "<html/>"};
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_int_equal(ws->world->server->requests, 1);
	assert_int_equal(ws->posts, 2);
}

#define INVALID                                                                                    \
	"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body><r><return>"      \
	"<errorreport>Invalid login or password. Could not login.</errorreport>"                   \
	"</return></r></s:Body></s:Envelope>"

static void test_never_twice(void **state)
{
	BEGIN;

	for (size_t i = 0; i < 4; i++)
		ws->next[i] = (struct webservice_trouble){.at = (unsigned)i + 1, .body = INVALID};
	assert_fails(read_all(ws, &got, &err), BFABRIC_LOGIN_REQUIRED, err,
		"the server does not take the token of environment TEST (Invalid login or "
		"password. Could not login.)");
	assert_int_equal(ws->posts, 2);
	assert_int_equal(ws->world->server->requests, 1);
	/* within the minute no new token is fetched for this reason, and none is tried twice */
	assert_fails(read_all(ws, &got, &err), BFABRIC_LOGIN_REQUIRED, err, "TEST");
	assert_int_equal(ws->posts, 3);
	assert_int_equal(ws->world->server->requests, 1);
}

static void test_the_refresh_fails(void **state)
{
	BEGIN;

	ws->next[0] = (struct webservice_trouble){.at = 1, .refuse = true};
	authserver_trouble_set(ws->world->server, TROUBLE_REFUSE, -1);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(ws->posts, 1);
	authserver_trouble_set(ws->world->server, TROUBLE_NONE, 0);
}

static void test_the_server_of_tokens_is_down(void **state)
{
	BEGIN;

	ws->next[0] = (struct webservice_trouble){.at = 1, .refuse = true};
	authserver_trouble_set(ws->world->server, TROUBLE_NOT_SENT, 1);
	assert_fails(read_all(ws, &got, &err), BFABRIC_RETRY_LATER, err, "does not answer");
	assert_int_equal(ws->posts, 1);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
}

static void test_saving_is_not_repeated(void **state)
{
	BEGIN;

	(void)got;
	ws->next[0] = (struct webservice_trouble){.at = 1, .refuse = true};
	assert_fails(save(ws, &err), BFABRIC_RETRY_LATER, err,
		"there is a new one now, try again: nothing was saved");
	assert_int_equal(ws->posts, 1);
	assert_int_equal(save(ws, &err), BFABRIC_OK);
	assert_int_equal(ws->posts, 2);
}

static void test_saving_without_a_new_token(void **state)
{
	BEGIN;

	(void)got;
	ws->next[0] = (struct webservice_trouble){.at = 1, .refuse = true};
	authserver_trouble_set(ws->world->server, TROUBLE_NOT_SENT, 1);
	assert_fails(save(ws, &err), BFABRIC_RETRY_LATER, err, "nothing was saved: ");
	assert_int_equal(ws->posts, 1);
	/* the next one gets a new token first; a second refusal within the minute ends it */
	ws->next[0] = (struct webservice_trouble){.at = 2, .body = INVALID};
	assert_fails(save(ws, &err), BFABRIC_LOGIN_REQUIRED, err, "does not take the token");
	assert_int_equal(ws->posts, 2);
	assert_int_equal(ws->world->server->requests, 2);
}

static void test_personal_token(void **state)
{
	BEGIN;

	webservice_client(ws, BFABRIC_AUTH_PAT);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
	strcpy(ws->refused, "personal-token");
	assert_fails(read_all(ws, &got, &err), BFABRIC_LOGIN_REQUIRED, err, "TEST");
	assert_int_equal(ws->posts, 2);
	assert_null(strstr(err.text, "personal-token"));
}

static void test_password(void **state)
{
	BEGIN;

	webservice_client(ws, BFABRIC_AUTH_PASSWORD);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_non_null(strstr(bf_secret_reveal(&ws->last_body), "<login>alice</login>"));
	last_token(ws, ws->refused, sizeof(ws->refused));
	assert_fails(read_all(ws, &got, &err), BFABRIC_DENIED, err,
		"does not take login and password of environment TEST");
	assert_int_equal(ws->posts, 2);
	/* logged out: the server would answer nothing at all */
	bf_secret_clear(&ws->client->session->env.password);
	assert_fails(read_all(ws, &got, &err), BFABRIC_NOT_LOGGED_IN, err,
		"environment TEST is logged out: there is no password in test.yml");
	assert_int_equal(ws->posts, 2);
}

static void test_service(void **state)
{
	BEGIN;

	ws->world->server->form = FORM_SECRET;
	strcpy(ws->world->server->secret, "s3cret");
	py_logout(ws->world);
	webservice_client(ws, BFABRIC_AUTH_CLIENT_CREDENTIALS);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_int_equal(ws->world->server->requests, 1);
}

static void test_logged_out(void **state)
{
	BEGIN;

	py_logout(ws->world);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_NOT_LOGGED_IN);
	assert_int_equal(ws->gets, 1); /* the description needs no login */
	assert_int_equal(ws->posts, 0);
}

static void test_cancelled(void **state)
{
	struct bfabric_cancel *cancel = NULL;
	BEGIN;

	(void)got;
	assert_int_equal(bfabric_cancel_new(&cancel, NULL), BFABRIC_OK);
	ws->seams.cancel = cancel;
	webservice_client(ws, BFABRIC_AUTH_OAUTH);
	/* it is for the transport to notice, which gets to know it */
	assert_ptr_equal(ws->client->session->cancel, cancel);
	ws->next[0] = (struct webservice_trouble){.at = 1, .e = BFABRIC_CANCELLED};
	assert_fails(save(ws, &err), BFABRIC_CANCELLED, err, "whether anything was saved is not");
	bfabric_free(ws->client);
	ws->client = NULL;
	bfabric_cancel_free(cancel);
	ws->seams.cancel = NULL;
}

/* What a person sees with -v. */
static void note(void *data, const char *line)
{
	char *log = data;

	snprintf(log + strlen(log), 4000 - strlen(log), "%s\n", line);
}

static void test_trace(void **state)
{
	char log[4000] = "", token[1024];
	BEGIN;

	bf_session_trace_to(ws->client->session, note, log);
	assert_int_equal(read_all(ws, &got, &err), BFABRIC_OK);
	json_decref(got);
	last_token(ws, token, sizeof(token));
	assert_null(strstr(log, token));
	assert_non_null(strstr(log, "POST https://bfabric.test/bfabric/sample: HTTP 200"));
	assert_non_null(strstr(log, "GET https://bfabric.test/bfabric/sample?"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		webservice_test(test_token_expires_between_pages),
		webservice_test(test_refused_token_is_replaced),
		webservice_test(test_http_401),
		webservice_test(test_never_twice),
		webservice_test(test_the_refresh_fails),
		webservice_test(test_the_server_of_tokens_is_down),
		webservice_test(test_saving_is_not_repeated),
		webservice_test(test_saving_without_a_new_token),
		webservice_test(test_personal_token),
		webservice_test(test_password),
		webservice_test(test_service),
		webservice_test(test_logged_out),
		webservice_test(test_cancelled),
		webservice_test(test_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
