/*
 * test_api_threads.c - one client, many threads: each call has a connection of its own, also one
 * that a callback makes while its page still arrives. The server of this file stands in the place
 * of net/http.c. Run under TSan as well.
 */
#include "unit.h"
#include "wsdl_text.h"

#include "libbfabric/net/http.h"
#include "libbfabric/bfabric.h"

#include <jansson.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE    "https://bfabric.example.org/bfabric"
#define THREADS 8
#define ROUNDS  20
#define PAGES   3
#define RECORDS 5 /* on a page */

/* ---- the server ------------------------------------------------------------------------------ */

#define OPERATION(name)                                                                            \
	"<operation name='" name "'><input message='t:" name "'/><output message='t:reply'/>"      \
	"</operation>"
#define MESSAGE(name, part)                                                                        \
	"<message name='" name "'><part name='" part "' type='t:" name "'/></message>"
#define TYPES                                                                                      \
	TYPE("read", ELEMENT("idonly", "xs:boolean") LOGIN ELEMENT("page", "xs:int")               \
			     ELEMENT("query", "t:query"))                                          \
	TYPE("query", MANY("id", "xs:long"))                                                       \
	TYPE("save", LOGIN MANY("sample", "t:saved"))                                              \
	TYPE("saved", ELEMENT("name", "xs:string")) TYPE("reply", MANY("sample", "t:saved"))

static const char wsdl[] =
	"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:t='" ENDPOINT_NS
	"' xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='" ENDPOINT_NS
	"'><types><xs:schema targetNamespace='" ENDPOINT_NS "'>" TYPES
	"</xs:schema></types>" MESSAGE("read", "parameters") MESSAGE("save", "parameters")
		MESSAGE("reply", "return") "<portType name='P'>" OPERATION("read")
			OPERATION("save") "</portType></definitions>";

static atomic_uint connections, shared, gets;

struct bf_http {
	atomic_bool busy;
};

static void put_reply(const char *request, struct bf_secret *out)
{
	bf_secret_puts(out,
		"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
		"<n:r xmlns:n='" ENDPOINT_NS "'><return>");
	if (strstr(request, "<b:read>"))
		bf_secret_printf(out, "<numberofpages>%d</numberofpages>", PAGES);
	for (int i = 0; i < (strstr(request, "<b:read>") ? RECORDS : 1); i++)
		bf_secret_puts(out, "<sample id='1'><name>x</name></sample>");
	bf_secret_puts(out, "</return></n:r></s:Body></s:Envelope>");
}

/* In pieces, so that records come before their page is whole. */
static void deliver(
	const struct bf_request *request, struct bf_reply *reply, const char *text, size_t len)
{
	for (size_t at = 0; at < len; at += 200) {
		size_t piece = len - at < 200 ? len - at : 200;

		if (!request->on_body)
			bf_secret_put(&reply->body, text + at, piece);
		else if (!request->on_body(request->on_body_data, reply, text + at, piece))
			return;
		sched_yield();
	}
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bf_http *http = data;

	(void)err; /* it always answers */
	if (atomic_exchange(&http->busy, true))
		atomic_fetch_add(&shared, 1);
	*ret_sent = true;
	*ret_reply = (struct bf_reply){.status = 200, .retry_after = -1};
	snprintf(ret_reply->content_type, sizeof(ret_reply->content_type), "text/xml");
	if (strcmp(request->method, "GET") == 0) {
		atomic_fetch_add(&gets, 1);
		bf_secret_puts(&text, wsdl);
	} else {
		put_reply(bf_secret_reveal(&request->body), &text);
	}
	deliver(request, ret_reply, bf_secret_reveal(&text), text.len);
	atomic_store(&http->busy, false);
	return BFABRIC_OK;
}

enum bfabric_status bf_http_new(
	const struct bf_http_options *options, struct bf_http **ret, struct bfabric_error *err)
{
	(void)options; /* there is one server */
	atomic_fetch_add(&connections, 1);
	*ret = calloc(1, sizeof(**ret));
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

void bf_http_free(struct bf_http *http)
{
	if (http)
		atomic_fetch_sub(&connections, 1);
	free(http);
}

struct bf_transport bf_http_transport(struct bf_http *http)
{
	return (struct bf_transport){.perform = perform, .data = http};
}

/* ---- the threads ----------------------------------------------------------------------------- */

struct worker {
	pthread_t thread;
	pthread_barrier_t *start;
	struct bfabric *client;
	unsigned records, inner, failed;
};

/* Saves within the reading of the first page. */
static bool on_record(void *data, struct json_t *record)
{
	struct worker *w = data;
	json_t *object = NULL;

	(void)record; /* that it came is enough */
	if (w->records++ % ((size_t)PAGES * RECORDS) != 0)
		return true;
	object = json_pack("{s:s}", "name", "y");
	if (bfabric_save(w->client, "sample", object, NULL, NULL, NULL) == BFABRIC_OK)
		w->inner++;
	json_decref(object);
	return true;
}

static void *work(void *data)
{
	static const struct bfabric_read all = {.max_results = -1};
	struct worker *w = data;

	pthread_barrier_wait(w->start);
	for (int i = 0; i < ROUNDS; i++) {
		const char *endpoint = i % 2 ? "sample" : "workunit";
		json_t *description = NULL;
		bool there = false;

		w->failed += bfabric_read_each(w->client, endpoint, &all, on_record, w, NULL) !=
			     BFABRIC_OK;
		w->failed +=
			bfabric_inspect(w->client, endpoint, 0, &description, NULL) != BFABRIC_OK;
		json_decref(description);
		w->failed += bfabric_exists(w->client, "sample", "id", "1", NULL, &there, NULL) !=
				     BFABRIC_OK ||
			     !there;
	}
	return NULL;
}

static void one_client(void **state)
{
	static const struct bfabric_server server = {.base_url = BASE};
	struct worker workers[THREADS] = {0};
	struct bfabric *client = NULL;
	pthread_barrier_t start;

	(void)state;
	assert_int_equal(bfabric_connect_pat(&server, "pat", &client, NULL), BFABRIC_OK);
	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){.start = &start, .client = client};
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&start);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(workers[i].failed, 0);
		assert_int_equal(workers[i].records, ROUNDS * PAGES * RECORDS);
		assert_int_equal(workers[i].inner, ROUNDS);
	}
	assert_int_equal(shared, 0);
	assert_in_range(
		gets, 2, 2 * THREADS);      /* two endpoints; who is at it at once may ask, too */
	assert_in_range(connections, 1, 4); /* that lie idle now */
	bfabric_free(client);
	assert_int_equal(connections, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(one_client)};

	return cmocka_run_group_tests_name("api_threads", tests, NULL, NULL);
}
