/*
 * Reading from a web service in memory: pages, and what goes wrong.
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

/* ---- pages ----------------------------------------------------------------------------------- */

static void test_one_page(void **state)
{
	BEGIN;

	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK);
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(got, 0), "name")), "sample 3");
	assert_string_equal(
		json_string_value(json_object_get(json_array_get(got, 0), "classname")), "sample");
	webservice_ids(got, 3, 3);
	assert_string_equal(ws->last_url, "https://bfabric.test/bfabric/sample");
	assert_true(webservice_asked(ws, "<login>__oauth__</login>"));
	assert_true(webservice_asked(ws, "<includedeletableupdateable>false<"));
	assert_false(ws->last_spends);
	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK);
	webservice_ids(got, 3, 3);
	assert_int_equal(ws->gets, 1); /* the description is remembered */
	assert_int_equal(ws->posts, 2);
}

static void test_offset_and_max(void **state)
{
	static const int64_t numbers[] = {0, 1, 99, 100, 101, 250, 300};
	BEGIN;

	ws->records = 250;
	for (size_t o = 0; o < 7; o++)
		for (size_t m = 0; m <= 7; m++) {
			struct bfabric_read read = {
				.offset = numbers[o], .max_results = m == 7 ? -1 : numbers[m]};
			int64_t there = read.offset < 250 ? 250 - read.offset : 0;
			int64_t wanted = read.max_results == 0 ? 100 : read.max_results;

			if (wanted < 0 || wanted > there)
				wanted = there;
			assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
			webservice_ids(got, 250 - read.offset, wanted);
		}
}

static void test_pages_are_asked_once(void **state)
{
	const struct bfabric_read all = {.max_results = -1};
	BEGIN;

	ws->records = 300;
	assert_int_equal(webservice_read(ws, &all, &got, &err), BFABRIC_OK);
	webservice_ids(got, 300, 300);
	assert_int_equal(ws->posts, 3);
	assert_int_equal(ws->asked[0], 1);
	assert_int_equal(ws->asked[1], 2);
	assert_int_equal(ws->asked[2], 3);
}

static void test_without_numberofpages(void **state)
{
	const struct bfabric_read all = {.max_results = -1};
	BEGIN;

	ws->pages = -1;
	ws->records = 250;
	assert_int_equal(webservice_read(ws, &all, &got, &err), BFABRIC_OK);
	webservice_ids(got, 250, 250);
	assert_int_equal(ws->posts, 3);
	ws->records = 200;
	assert_int_equal(webservice_read(ws, &all, &got, &err), BFABRIC_OK);
	webservice_ids(got, 200, 200);
	assert_int_equal(ws->posts, 6); /* an empty one to see the end */
	ws->same_page = true;
	assert_fails(webservice_read(ws, &all, &got, &err), BFABRIC_BAD_REPLY, err,
		"page 2, after 100 records: the endpoint 'sample' answers with the page before");
}

static void test_made_up_number_of_pages(void **state)
{
	const struct bfabric_read all = {.max_results = -1};
	BEGIN;

	ws->pages = INT32_MAX;
	ws->records = 150;
	assert_int_equal(webservice_read(ws, &all, &got, &err), BFABRIC_OK);
	webservice_ids(got, 150, 150);
	assert_int_equal(ws->posts, 3);
}

static void test_beyond_the_last_page(void **state)
{
	const struct bfabric_read far = {.offset = 1000};
	BEGIN;

	assert_int_equal(webservice_read(ws, &far, &got, &err), BFABRIC_OK);
	webservice_ids(got, 0, 0);
	assert_int_equal(ws->posts, 1);
	assert_int_equal(ws->asked[0], 1);
}

static void test_nothing_found(void **state)
{
	BEGIN;

	ws->records = 0;
	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK);
	webservice_ids(got, 0, 0);
}

static void test_ids_only(void **state)
{
	const struct bfabric_read ids = {.ids_only = true};
	BEGIN;

	assert_int_equal(webservice_read(ws, &ids, &got, &err), BFABRIC_OK);
	assert_true(webservice_asked(ws, "<idonly>true<"));
	assert_int_equal(json_object_size(json_array_get(got, 0)), 2);
	webservice_ids(got, 3, 3);
}

static void note_progress(void *data, int64_t records, int64_t of)
{
	char *log = data;

	sprintf(log + strlen(log), "%lld/%lld ", (long long)records, (long long)of);
}

static void test_progress(void **state)
{
	char log[100] = "";
	struct bfabric_read read = {.max_results = -1, .progress = note_progress, .data = log};
	BEGIN;

	ws->records = 250;
	assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_string_equal(log, "100/300 200/300 250/250 ");
	*log = '\0';
	read.max_results = 120;
	assert_int_equal(webservice_read(ws, &read, &got, &err), BFABRIC_OK);
	json_decref(got);
	assert_string_equal(log, "100/120 120/120 ");
}

struct taker {
	struct webservice *ws;
	int64_t taken, enough;
	unsigned posts; /* when the first came */
	json_t *first;
};

static bool take(void *data, json_t *record)
{
	struct taker *t = data;

	if (t->taken == 0)
		t->first = json_incref(record);
	return ++t->taken != t->enough;
}

static void test_the_callback_ends_it(void **state)
{
	const struct bfabric_read all = {.max_results = -1};
	struct taker t = {.enough = 130};
	BEGIN;

	(void)got;
	ws->records = 1000;
	assert_int_equal(bfabric_read_each(ws->client, "sample", &all, take, &t, &err), BFABRIC_OK);
	assert_int_equal(t.taken, 130);
	assert_int_equal(ws->posts, 2);
	/* the first is still ours */
	assert_int_equal(json_integer_value(json_object_get(t.first, "id")), 1000);
	json_decref(t.first);
}

/* What comes for a record may use the same client. */
static bool look_up(void *data, json_t *record)
{
	struct taker *t = data;
	json_t *container = NULL;

	(void)record; /* one lookup each */
	t->taken++;
	assert_int_equal(bfabric_read(t->ws->client, "sample", NULL, &container, NULL), BFABRIC_OK);
	json_decref(container);
	return true;
}

static void test_reading_in_the_callback(void **state)
{
	struct taker t = {.ws = *state};
	BEGIN;

	(void)got;
	assert_int_equal(
		bfabric_read_each(ws->client, "sample", NULL, look_up, &t, &err), BFABRIC_OK);
	assert_int_equal(t.taken, 3);
	assert_int_equal(ws->posts, 4);
}

/* ---- what goes wrong ------------------------------------------------------------------------- */

#define SOAP(content)                                                                              \
	"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>" content         \
	"</s:Body></s:Envelope>"
#define RETURN(content) SOAP("<r><return>" content "</return></r>")

static void assert_no_token(const struct webservice *ws, const char *text)
{
	const char *at = strstr(bf_secret_reveal(&ws->last_body), "<password>");
	BF_AUTO_FREE char *token = NULL;

	assert_non_null(at);
	at += strlen("<password>");
	token = strndup(at, strcspn(at, "<"));
	assert_true(strlen(token) > 8);
	assert_null(strstr(text, token));
}

static void test_answers(void **state)
{
	static const struct {
		struct webservice_trouble trouble;
		enum bfabric_status status;
		const char *says;
	} cases[] = {
		{{.body = RETURN("<errorreport>No such\n thing.</errorreport>")}, BFABRIC_REFUSED,
			"Query was not successful: No such thing."},
		{{.body = RETURN("<errorreport>Invalid login: only admins. bob</errorreport>")},
			BFABRIC_FORBIDDEN, "only admins. bob"},
		{{.body = RETURN("<errorreport>Insufficient scope: api:read</errorreport>")},
			BFABRIC_FORBIDDEN, "lacks the scope api:read"},
		{{.body = RETURN("<sample id='3'/><sample><errorreport>Bad.</errorreport></sample>"
				 "<sample id='1'/><sample><errorreport>Worse.</errorreport>"
				 "</sample>")},
			BFABRIC_REFUSED, "Query was not successful: Bad.; Worse."},
		{{.body = RETURN("")}, BFABRIC_DENIED, "is empty"},
		{{.body = SOAP("<s:Fault><faultcode>s:Server</faultcode><faultstring>It broke"
			       "</faultstring></s:Fault>"),
			 .http = 500},
			BFABRIC_REFUSED, "Query was not successful: It broke"},
		{{.body = "<html/>", .http = 500, .type = "text/html"}, BFABRIC_RETRY_LATER,
			"HTTP 500"},
		{{.body = "<html/>", .http = 404, .type = "text/html"}, BFABRIC_RETRY_LATER,
			"https://bfabric.test/bfabric/sample is not there"},
		{{.body = "", .http = 302, .type = ""}, BFABRIC_BAD_REPLY, "redirection"},
		{{.body = "<html><body>x</body></html>", .type = "text/html"}, BFABRIC_BAD_REPLY,
			"HTML"},
		{{.body = ""}, BFABRIC_BAD_REPLY, ""},
		{{.cut = 400}, BFABRIC_BAD_REPLY, ""},
		{{.e = BFABRIC_TIMEOUT}, BFABRIC_TIMEOUT, "the line is dead"},
		{{.body = "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>"},
			BFABRIC_BAD_REPLY, ""},
	};
	BEGIN;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ws->next[0] = cases[i].trouble;
		ws->next[0].at = ws->posts + 1;
		assert_fails(
			webservice_read(ws, NULL, &got, &err), cases[i].status, err, cases[i].says);
		assert_null(strstr(err.text, "not known"));
		assert_no_token(ws, err.text);
	}
	assert_int_equal(webservice_read(ws, NULL, &got, &err), BFABRIC_OK);
	webservice_ids(got, 3, 3);
}

static void test_a_page_fails_in_the_middle(void **state)
{
	const struct bfabric_read all = {.max_results = -1};
	struct taker t = {0};
	BEGIN;

	(void)got;
	ws->records = 1150;
	ws->next[0] = (struct webservice_trouble){
		.at = 4, .http = 503, .type = "text/html", .body = "busy"};
	assert_fails(bfabric_read_each(ws->client, "sample", &all, take, &t, &err),
		BFABRIC_RETRY_LATER, err, "page 4 of 12, after 300 records: https://bfabric.test");
	assert_int_equal(t.taken, 300);
	json_decref(t.first);
	/* in the middle of its bytes: what was whole is the caller's */
	t = (struct taker){0};
	ws->next[0] = (struct webservice_trouble){.at = 6, .cut = 1000};
	assert_fails(bfabric_read_each(ws->client, "sample", &all, take, &t, &err),
		BFABRIC_BAD_REPLY, err, "page 2 of 12, after 1");
	assert_in_range(t.taken, 101, 130);
	json_decref(t.first);
}

/* Enough came before the rest of the page went wrong. */
static void test_trouble_after_enough(void **state)
{
	const struct bfabric_read two = {.max_results = 2};
	BEGIN;

	ws->records = 100;
	ws->next[0] = (struct webservice_trouble){.at = 1, .cut = 1500};
	assert_int_equal(webservice_read(ws, &two, &got, &err), BFABRIC_OK);
	webservice_ids(got, 100, 2);
}

static void test_only_reading(void **state)
{
	json_t *object = webservice_json("{'name': 'x'}");
	BEGIN;

	(void)got;
	assert_fails(bfabric_save(ws->client, "container", object, NULL, NULL, &err),
		BFABRIC_BAD_CALL, err,
		"the endpoint 'container' has no method 'save', it has: read");
	assert_int_equal(ws->posts, 0);
	json_decref(object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		webservice_test(test_one_page),
		webservice_test(test_offset_and_max),
		webservice_test(test_pages_are_asked_once),
		webservice_test(test_without_numberofpages),
		webservice_test(test_made_up_number_of_pages),
		webservice_test(test_beyond_the_last_page),
		webservice_test(test_nothing_found),
		webservice_test(test_ids_only),
		webservice_test(test_progress),
		webservice_test(test_the_callback_ends_it),
		webservice_test(test_reading_in_the_callback),
		webservice_test(test_answers),
		webservice_test(test_a_page_fails_in_the_middle),
		webservice_test(test_trouble_after_enough),
		webservice_test(test_only_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
