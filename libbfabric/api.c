/*
 * One request to a web service: a token that is valid when it leaves, the reply read as it comes,
 * and what it means. A token that the server refuses although it looked valid is rejected once; the
 * next one is tried only for what reads.
 */
#include "api.h"

#include "base/concat.h"
#include "base/sys.h"
#include "net/http.h"
#include "policy.h"
#include <stdlib.h>
#include <string.h>

#define REPLY_MAX ((size_t)257 << 20) /* beyond what the reader of replies takes */

void bf_api_call_release(struct bf_api_call *call)
{
	bf_soap_head_clear(&call->head);
}

char *bf_api_url(const struct bfabric *client, const char *endpoint, const char *more)
{
	return bf_concat(client->session->env.url.text, "/", endpoint, more, NULL);
}

/* ---- connections ----------------------------------------------------------------------------- */

enum bfabric_status bf_api_http_take(
	struct bfabric *client, struct bf_http **ret, struct bfabric_error *err)
{
	struct bf_http *found = NULL;

	pthread_mutex_lock(&client->mutex);
	for (size_t i = 0; i < BF_CLIENT_IDLE && !found; i++)
		found = BF_TAKE(client->idle[i]);
	pthread_mutex_unlock(&client->mutex);
	if (!found)
		return bf_session_open_http(client->session, ret, err);
	*ret = found;
	return BFABRIC_OK;
}

void bf_api_http_give(struct bfabric *client, struct bf_http *http)
{
	pthread_mutex_lock(&client->mutex);
	for (size_t i = 0; i < BF_CLIENT_IDLE && http; i++)
		if (!client->idle[i])
			client->idle[i] = BF_TAKE(http);
	pthread_mutex_unlock(&client->mutex);
	bf_http_free(http);
}

enum bfabric_status bf_api_perform(struct bfabric *client, const struct bf_request *request,
	struct bf_reply *reply, bool *ret_sent, struct bfabric_error *err)
{
	struct bfabric_session *s = client->session;
	struct bf_transport transport = {0};
	struct bf_http *http = NULL;
	enum bfabric_status status;

	if (s->seam)
		return bf_trace_exchange(s, s->seam, request, reply, ret_sent, err);
	status = bf_api_http_take(client, &http, err);
	if (status != BFABRIC_OK)
		return status;
	transport = bf_http_transport(http);
	status = bf_trace_exchange(s, &transport, request, reply, ret_sent, err);
	bf_api_http_give(client, http);
	return status;
}

/* ---- one attempt ----------------------------------------------------------------------------- */

struct attempt {
	struct bf_api_call *call;
	struct bfabric_auth auth;
	struct bf_soap_reader *reader;
	struct bfabric_error trouble; /* of the reader; status OK: none */
	enum bf_api_verdict verdict;
	bool sent;
	bool no_memory; /* for a record */
};

static void attempt_release(struct attempt *a)
{
	bfabric_auth_clear(&a->auth);
	bf_soap_reader_free(a->reader);
}

static enum bfabric_status authenticate(struct attempt *a, struct bfabric_error *err)
{
	struct bf_api_call *call = a->call;
	struct bfabric_session *s = call->client->session;
	enum bfabric_status status =
		bfabric_session_auth(s, /* min_ttl= */ -1, call->deadline, &a->auth, err);

	if (status != BFABRIC_OK)
		return status;
	if (*a->auth.login && *a->auth.password)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_NOT_LOGGED_IN,
		"environment %.60s is logged out: there is no %s in %.300s", s->env.name,
		*a->auth.login ? "password" : "login", s->env.file);
}

static enum bfabric_status compose(
	const struct attempt *a, struct bf_request *ret, struct bfabric_error *err)
{
	const struct bf_api_call *call = a->call;
	BF_AUTO_SECRET struct bf_secret password = BF_SECRET_INIT;
	const char *ns = json_string_value(json_object_get(call->description, "namespace"));
	const struct bf_soap_request request = {
		.ns = ns ? ns : "",
		.operation = call->operation,
		.ids_only = call->ids_only,
		.login = a->auth.login,
		.password = &password,
		.parameters = call->parameters,
	};

	bf_secret_puts(&password, a->auth.password);
	ret->url = bf_api_url(call->client, call->endpoint, "");
	if (password.failed || !ret->url)
		return bf_fail_nomem(err);
	return bf_soap_write(&request, &ret->body, err);
}

/* What the server says of a record becomes a message, or is shown beside it. */
static bool hide_in(json_t *record, const char *name, const char *secret)
{
	const char *said = json_string_value(json_object_get(record, name));
	BF_AUTO_FREE char *copy = said && strstr(said, secret) ? strdup(said) : NULL;

	if (!said || !strstr(said, secret))
		return true;
	bf_api_hide(copy, secret);
	return copy && json_object_set_new(record, name, json_string(copy)) == 0;
}

static bool on_record(void *data, json_t *record)
{
	struct attempt *a = data;
	struct bf_api_call *call = a->call;

	a->no_memory = !hide_in(record, "errorreport", a->auth.password) ||
		       !hide_in(record, "deletionreport", a->auth.password);
	if (a->no_memory)
		return false;

	call->records++;
	call->stopped = call->stopped || !call->record(call->data, record);
	return !call->stopped;
}

/* A fault comes with 500; any other page with such a status is for a person. */
static bool speaks_soap(const struct bf_reply *reply)
{
	return reply->status == 200 ||
	       (reply->status == 500 && strstr(reply->content_type, "xml") != NULL);
}

static bool on_body(void *data, const struct bf_reply *so_far, const char *bytes, size_t len)
{
	struct attempt *a = data;

	if (!speaks_soap(so_far))
		return false;
	a->trouble.status = bf_soap_reader_feed(a->reader, bytes, len, &a->trouble);
	return a->trouble.status == BFABRIC_OK && !a->call->stopped;
}

static enum bfabric_status send_it(
	struct attempt *a, struct bf_reply *reply, struct bfabric_error *err)
{
	const struct bfabric_session *s = a->call->client->session;
	BF_AUTO_REQUEST struct bf_request request = {
		.method = "POST",
		.content_type = "text/xml; charset=utf-8",
		.extra = "SOAPAction: \"\"",
		.whole_max_ms = BF_API_REQUEST_MS,
		.body_max = REPLY_MAX,
		.cancel = s->cancel,
		.on_body = on_body,
		.on_body_data = a,
		.spends = a->call->done != NULL,
	};
	enum bfabric_status status = compose(a, &request, err);

	if (status != BFABRIC_OK)
		return status;
	request.deadline = a->call->deadline;
	if (!request.deadline)
		request.deadline = bf_boot_ms(s->sys) + BF_API_REQUEST_MS;
	status = bf_api_perform(a->call->client, &request, reply, &a->sent, err);
	if (a->call->stopped) /* how the rest would have gone is no matter */
		return BFABRIC_OK;
	if (a->no_memory)
		return bf_fail_nomem(err);
	if (a->trouble.status != BFABRIC_OK)
		return bf_fail(err, a->trouble.status, "%s", a->trouble.text);
	if (status == BFABRIC_OK && speaks_soap(reply))
		return bf_soap_reader_end(a->reader, &a->call->head, err);
	return status;
}

/* ---- what it means --------------------------------------------------------------------------- */

enum bfabric_status bf_api_fail_words(const struct bf_api_call *call, enum bf_api_verdict verdict,
	const char *words, struct bfabric_error *err)
{
	const struct bfabric_session *s = call->client->session;
	struct bf_api_words said = {0};
	bool unknown = call->head.fault && call->done; /* it broke off, who knows where */

	bf_api_words_add(&said, words);
	switch (verdict) {
	case BF_API_BAD_LOGIN:
		return bf_api_fail_login(&s->env, words, err);
	case BF_API_SCOPE:
		return bf_api_fail_scope(&s->env, s->own != NULL, call->done != NULL, words, err);
	case BF_API_NOT_ALLOWED:
		return bf_fail(err, BFABRIC_FORBIDDEN, "'%s' of the endpoint '%s': %s",
			call->operation, call->endpoint, bf_api_words_end(&said));
	case BF_API_TAKEN:
	case BF_API_REFUSED:
		break;
	}
	return bf_fail(err, BFABRIC_REFUSED, "Query was not successful: %s%s%s%s",
		bf_api_words_end(&said), unknown ? " (whether anything was " : "",
		unknown ? call->done : "", unknown ? " is not known)" : "");
}

/* It left and no answer came that says what became of it. */
static enum bfabric_status fail_lost(
	const struct attempt *a, enum bfabric_status status, struct bfabric_error *err)
{
	if (!a->call->done || !a->sent)
		return status;
	return bf_fail_context(err, status, "whether anything was %s is not known", a->call->done);
}

static enum bfabric_status fail_http(
	const struct attempt *a, const struct bf_reply *reply, struct bfabric_error *err)
{
	BF_AUTO_FREE char *url = bf_api_url(a->call->client, a->call->endpoint, "");
	enum bfabric_status status = bf_api_fail_http(url ? url : "B-Fabric", reply, err);

	/* With these the service was not reached at all. */
	return reply->status < 500 ? status : fail_lost(a, status, err);
}

static enum bfabric_status understand(
	struct attempt *a, const struct bf_reply *reply, struct bfabric_error *err)
{
	const struct bf_api_call *call = a->call;
	const struct bf_soap_head *head = &call->head;
	const char *words = head->fault ? head->fault : head->errorreport;

	if (call->stopped)
		return BFABRIC_OK;
	if (reply->status == 401)
		words = "HTTP 401";
	else if (!speaks_soap(reply) || (reply->status == 500 && !head->fault))
		return fail_http(a, reply, err);
	a->verdict = reply->status == 401 ? BF_API_BAD_LOGIN : bf_api_judge(words);
	if (head->fault && a->verdict == BF_API_TAKEN) /* one without words */
		a->verdict = BF_API_REFUSED;
	if (a->verdict != BF_API_TAKEN)
		return bf_api_fail_words(call, a->verdict, words, err);
	if (!head->answered)
		return bf_fail(err, BFABRIC_DENIED,
			"the answer of '%s' is empty, as it is when B-Fabric cannot tell who asks: "
			"the login of environment %.60s is not taken",
			call->endpoint, call->client->session->env.name);
	return BFABRIC_OK;
}

static enum bfabric_status try_it(struct attempt *a, struct bfabric_error *err)
{
	struct bf_api_call *call = a->call;
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_soap_expected expected = {.description = call->description,
		.operation = call->operation,
		.record = on_record,
		.data = a};
	enum bfabric_status status;

	bf_soap_head_clear(&call->head);
	call->head = (struct bf_soap_head){.pages = -1, .page = -1, .count = -1};
	status = bf_soap_reader_new(&expected, &a->reader, err);
	if (status == BFABRIC_OK)
		status = send_it(a, &reply, err);
	status = status == BFABRIC_OK ? understand(a, &reply, err) : fail_lost(a, status, err);
	if (status != BFABRIC_OK && err)
		bf_api_hide(err->text, a->auth.password);
	return status;
}

/* ---- once more ------------------------------------------------------------------------------- */

static enum bfabric_status with_next_token(
	struct attempt *first, enum bfabric_status status, struct bfabric_error *err)
{
	struct bf_api_call *call = first->call;
	BF_CLEANUP(attempt_release) struct attempt second = {.call = call};
	struct bfabric_error trouble = {0};

	/* best effort: where it cannot be noted down, the same token comes again */
	(void)!bfabric_session_reject(call->client->session, first->auth.password, /* err= */ NULL);
	if (authenticate(&second, &trouble) != BFABRIC_OK)
		return bf_fail(err, trouble.status, "%s%s%s%s", call->done ? "nothing was " : "",
			call->done ? call->done : "", call->done ? ": " : "", trouble.text);
	if (strcmp(first->auth.password, second.auth.password) == 0)
		return status;
	if (call->done || call->records)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"the server no longer took the token; there is a new one now, try "
			"again%s%s",
			call->done ? ": nothing was " : "", call->done ? call->done : "");
	return try_it(&second, err);
}

enum bfabric_status bf_api_ask(struct bf_api_call *call, struct bfabric_error *err)
{
	BF_CLEANUP(attempt_release) struct attempt first = {.call = call};
	enum bfabric_status status = authenticate(&first, err);

	call->records = 0;
	call->stopped = false;
	if (status == BFABRIC_OK)
		status = try_it(&first, err);
	if (first.verdict != BF_API_BAD_LOGIN ||
		call->client->session->env.method == BFABRIC_AUTH_PASSWORD)
		return status;
	return with_next_token(&first, status, err);
}
