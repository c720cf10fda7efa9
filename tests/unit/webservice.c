#include "webservice.h"

#include "fault.h"
#include "wsdl_text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BASE "https://bfabric.test/bfabric/"
#define NS   ENDPOINT_NS

/* ---- descriptions ---------------------------------------------------------------------------- */

#define REPORT ELEMENT("errorreport", "xs:string")
#define WRAPPER(operation, type)                                                                   \
	"<message name='" operation "'><part name='parameters' type='tns:" type "'/></message>"    \
	"<message name='" operation "R'><part name='return' type='tns:reply'/></message>"
#define OPERATION(name)                                                                            \
	"<operation name='" name "'><input message='tns:" name "'/><output message='tns:" name     \
	"R'/></operation>"

#define TYPES                                                                                      \
	TYPE("readRequest", ELEMENT("idonly", "xs:boolean") LOGIN ELEMENT("page", "xs:int")        \
				    ELEMENT("query", "tns:query"))                                 \
	TYPE("query", MANY("id", "xs:long") MANY("name", "xs:string") MANY("containerid",          \
			      "xs:long") ELEMENT("includedeletableupdateable", "xs:boolean"))      \
	TYPE("saveRequest", LOGIN MANY("sample", "tns:saved"))                                     \
	TYPE("saved", ELEMENT("id", "xs:long") ELEMENT("name", "xs:string")                        \
			      MANY("attribute", "tns:attribute"))                                  \
	TYPE("attribute", ELEMENT("name", "xs:string") ELEMENT("position", "xs:int"))              \
	TYPE("deleteRequest", LOGIN MANY("id", "xs:long"))                                         \
	"<xs:complexType name='record'><xs:sequence>" ELEMENT("name", "xs:string") REPORT ELEMENT( \
		"deletionreport",                                                                  \
		"xs:string") "</xs:sequence><xs:attribute name='id' "                              \
			     "type='xs:long'/>"                                                    \
			     "<xs:attribute name='classname' type='xs:string'/>"                   \
			     "</xs:complexType>" TYPE("reply",                                     \
				     ELEMENT("entitiesonpage", "xs:int") REPORT ELEMENT(           \
					     "numberofpages", "xs:int") ELEMENT("page", "xs:int")  \
					     MANY("sample", "tns:record")                          \
						     MANY("container", "tns:record"))

#define WSDL(messages, operations)                                                                 \
	"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:tns='" NS                     \
	"' xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='" NS                       \
	"'><types><xs:schema targetNamespace='" NS "'>" TYPES "</xs:schema></types>" messages      \
	"<portType name='P'>" operations "</portType></definitions>"

static const char sample_wsdl[] = WSDL(WRAPPER("read", "readRequest") WRAPPER("save", "saveRequest")
					       WRAPPER("checkandinsert", "saveRequest")
						       WRAPPER("delete", "deleteRequest"),
	OPERATION("read") OPERATION("save") OPERATION("checkandinsert") OPERATION("delete"));
static const char container_wsdl[] = WSDL(WRAPPER("read", "readRequest"), OPERATION("read"));

/* ---- requests -------------------------------------------------------------------------------- */

/* The text of the first element of this name, "" when there is none. */
static const char *element(const char *body, const char *name, char *to, size_t size)
{
	char tag[64];
	const char *at;

	snprintf(tag, sizeof(tag), "<%s>", name);
	at = strstr(body, tag);
	*to = '\0';
	if (at)
		snprintf(to, size, "%.*s", (int)strcspn(at + strlen(tag), "<"), at + strlen(tag));
	return to;
}

/* ---- replies --------------------------------------------------------------------------------- */

static void open_reply(struct bf_secret *out)
{
	bf_secret_puts(out, "<?xml version='1.0' encoding='UTF-8'?><s:Envelope "
			    "xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"
			    "<n:reply xmlns:n='" NS "'><return>");
}

static void close_reply(struct bf_secret *out)
{
	bf_secret_puts(out, "</return></n:reply></s:Body></s:Envelope>");
}

static void put_record(struct bf_secret *out, int64_t id, bool ids_only)
{
	bf_secret_printf(out, "<sample classname='sample' id='%lld'>", (long long)id);
	if (!ids_only)
		bf_secret_printf(out, "<name>sample %lld</name>", (long long)id);
	bf_secret_puts(out, "</sample>");
}

/* What a query with ids finds: those that there are, descending. */
static void answer_ids(const struct webservice *ws, const char *body, struct bf_secret *out)
{
	int64_t ids[256];
	size_t count = 0;

	for (const char *at = body; (at = strstr(at, "<id>")) && count < 256; at += 4)
		ids[count++] = strtoll(at + 4, NULL, 10);
	bf_secret_printf(out, "<numberofpages>%d</numberofpages>", count > 0);
	for (int64_t id = ws->records; id > 0; id--)
		for (size_t i = 0; i < count; i++)
			if (ids[i] == id)
				put_record(out, id, strstr(body, "<idonly>true<") != NULL);
}

static void answer_read(struct webservice *ws, const char *body, struct bf_secret *out)
{
	char text[32];
	int64_t page = strtoll(element(body, "page", text, sizeof(text)), NULL, 10);
	int64_t pages = ws->pages == -2 ? (ws->records + 99) / 100 : ws->pages;
	int64_t first;

	if (ws->posts <= sizeof(ws->asked) / sizeof(ws->asked[0]))
		ws->asked[ws->posts - 1] = page;
	if (strstr(body, "<id>")) {
		answer_ids(ws, body, out);
		return;
	}
	first = ws->records - (ws->same_page ? 0 : (page - 1) * 100);
	bf_secret_puts(out, "<entitiesonpage>100</entitiesonpage>");
	if (pages >= 0)
		bf_secret_printf(out, "<numberofpages>%lld</numberofpages>", (long long)pages);
	for (int64_t id = first; id > 0 && id > first - 100; id--)
		put_record(out, id, strstr(body, "<idonly>true<") != NULL);
}

/* A sample called "bad" is not saved. */
static void answer_save(const char *body, struct bf_secret *out)
{
	int id = 500;
	char name[64];

	for (const char *at = body; (at = strstr(at, "<sample>")); at += 8) {
		element(at, "name", name, sizeof(name));
		if (strncmp(name, "bad", 3) == 0)
			bf_secret_printf(out,
				"<sample><errorreport>%s will not do</errorreport></sample>", name);
		else
			bf_secret_printf(out,
				"<sample classname='sample' id='%d'><name>%s</name></sample>", id++,
				name);
	}
}

/* Even numbers cannot be deleted, those beyond `records` are not there. */
static void answer_delete(const struct webservice *ws, const char *body, struct bf_secret *out)
{
	for (const char *at = body; (at = strstr(at, "<id>")); at += 4) {
		long long id = strtoll(at + 4, NULL, 10);

		if (id > ws->records)
			bf_secret_printf(out,
				"<sample><errorreport>There is no sample with id %lld!"
				"</errorreport></sample>",
				id);
		else
			bf_secret_printf(out,
				"<sample><deletionreport>Sample %lld %s.</deletionreport></sample>",
				id, id % 2 ? "removed successfully" : "is not deletable");
	}
}

static bool takes(const struct webservice *ws, const char *password)
{
	return *password && strcmp(password, ws->refused) != 0;
}

static void answer(struct webservice *ws, const char *body, struct bf_secret *out)
{
	char password[1024];

	open_reply(out);
	if (!takes(ws, element(body, "password", password, sizeof(password))))
		bf_secret_puts(out, "<errorreport>Invalid login or password. Could not login."
				    "</errorreport>");
	else if (strstr(body, "<b:read>"))
		answer_read(ws, body, out);
	else if (strstr(body, "<b:delete>"))
		answer_delete(ws, body, out);
	else
		answer_save(body, out);
	close_reply(out);
}

/* ---- the transport --------------------------------------------------------------------------- */

static enum bfabric_status deliver(const struct webservice *ws, const struct bf_request *request,
	struct bf_reply *reply, const char *bytes, size_t len)
{
	for (size_t at = 0; at < len; at += ws->piece) {
		size_t piece = len - at < ws->piece ? len - at : ws->piece;
		bool more = true;

		if (request->on_body) {
			fault_hold(false);
			more = request->on_body(request->on_body_data, reply, bytes + at, piece);
			fault_hold(true);
		} else {
			bf_secret_put(&reply->body, bytes + at, piece);
		}
		if (!more)
			break;
	}
	return BFABRIC_OK;
}

static void set_head(struct bf_reply *reply, long status, const char *type)
{
	reply->status = status ? status : 200;
	reply->retry_after = -1;
	snprintf(reply->content_type, sizeof(reply->content_type), "%s", type ? type : "text/xml");
}

static enum bfabric_status get(
	struct webservice *ws, const struct bf_request *request, struct bf_reply *reply)
{
	const char *wsdl = ws->wsdl                                           ? ws->wsdl
			   : strcmp(request->url, BASE "container?wsdl") == 0 ? container_wsdl
									      : sample_wsdl;
	bool known = strcmp(request->url, BASE "sample?wsdl") == 0 ||
		     strcmp(request->url, BASE "container?wsdl") == 0;
	long status = ws->wsdl_status ? ws->wsdl_status : known ? 200 : 404;

	ws->gets++;
	assert_true(bf_secret_empty(&request->authorization));
	if (status != 200)
		wsdl = "<html><title>Not here</title></html>";
	set_head(reply, status, status == 200 ? "text/xml" : "text/html");
	return deliver(ws, request, reply, wsdl, strlen(wsdl));
}

static const struct webservice_trouble *trouble_now(const struct webservice *ws)
{
	static const struct webservice_trouble none;

	for (size_t i = 0; i < WEBSERVICE_TROUBLES; i++)
		if (ws->next[i].at == ws->posts)
			return &ws->next[i];
	return &none;
}

static enum bfabric_status post(struct webservice *ws, const struct bf_request *request,
	struct bf_reply *reply, bool *sent, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;
	const struct webservice_trouble *trouble;
	const char *body = bf_secret_reveal(&request->body);

	ws->posts++;
	trouble = trouble_now(ws);
	bf_secret_clear(&ws->last_body);
	bf_secret_put_secret(&ws->last_body, &request->body);
	ws->last_spends = request->spends;
	*sent = !trouble->unsent;
	if (trouble->refuse)
		element(body, "password", ws->refused, sizeof(ws->refused));
	if (trouble->e != BFABRIC_OK)
		return bf_fail(err, trouble->e, "the line is dead");
	if (trouble->body)
		bf_secret_puts(&out, trouble->body);
	else
		answer(ws, body, &out);
	set_head(reply, trouble->http, trouble->type);
	if (trouble->cut && trouble->cut < out.len)
		bf_secret_cut(&out, trouble->cut);
	return deliver(ws, request, reply, bf_secret_reveal(&out), out.len);
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	struct webservice *ws = data;
	enum bfabric_status status;

	fault_hold(true);
	if (strstr(request->url, "/rest/") || strstr(request->url, "/.well-known/")) {
		status = ws->auth.perform(ws->auth.data, request, ret_reply, ret_sent, err);
	} else {
		snprintf(ws->last_url, sizeof(ws->last_url), "%s", request->url);
		*ret_sent = true;
		status = strcmp(request->method, "GET") == 0
				 ? get(ws, request, ret_reply)
				 : post(ws, request, ret_reply, ret_sent, err);
	}
	fault_hold(false);
	return status;
}

/* ---- set-up ---------------------------------------------------------------------------------- */

static void fill_environment(enum bfabric_auth_method method, struct bf_environment *env)
{
	*env = (struct bf_environment){.method = method, .min_ttl = 60, .line = 3};
	env->name = strdup("TEST");
	env->file = strdup("test.yml");
	env->client_id = strdup("CLI");
	env->scope = strdup("api:read");
	assert_int_equal(bf_url_parse("https://bfabric.test/bfabric", &env->url, NULL), BFABRIC_OK);
	if (method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		bf_secret_puts(&env->client_secret, "s3cret");
	if (method == BFABRIC_AUTH_PAT)
		bf_secret_puts(&env->pat, "personal-token");
	if (method == BFABRIC_AUTH_PASSWORD) {
		env->login = strdup("alice");
		bf_secret_puts(&env->password, "0123456789abcdef0123456789abcdef");
	}
}

void webservice_client(struct webservice *ws, enum bfabric_auth_method method)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bfabric_session *s = NULL;

	bfabric_free(ws->client);
	ws->client = NULL;
	fill_environment(method, &env);
	assert_int_equal(bf_session_new(&env, "--env", &ws->seams, &s, NULL), BFABRIC_OK);
	assert_int_equal(bf_client_new(s, &ws->client, NULL), BFABRIC_OK);
}

int webservice_setup(void **state)
{
	struct webservice *ws = calloc(1, sizeof(*ws));
	void *world = NULL;

	assert_non_null(ws);
	assert_int_equal(world_setup(&world), 0);
	*state = ws;
	ws->world = world;
	ws->auth = ws->world->transport;
	ws->transport = (struct bf_transport){.perform = perform, .data = ws};
	ws->seams = ws->world->seams;
	ws->seams.transport = &ws->transport;
	ws->records = 3;
	ws->pages = -2;
	ws->piece = 700;
	world_login(ws->world);
	world_pass(ws->world, 60); /* old enough to be refused */
	webservice_client(ws, BFABRIC_AUTH_OAUTH);
	return 0;
}

int webservice_teardown(void **state)
{
	struct webservice *ws = *state;
	void *world = ws->world;

	bfabric_free(ws->client);
	bf_secret_release(&ws->last_body);
	free(ws);
	return world_teardown(&world);
}

json_t *webservice_json(const char *text)
{
	BF_AUTO_FREE char *copy = strdup(text);
	json_t *value;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_loads(copy, JSON_DECODE_ANY, NULL);
	assert_non_null(value);
	return value;
}

/* ---- asking ------------------------------------------------------------------------------------
 */

enum bfabric_status webservice_read(struct webservice *ws, const struct bfabric_read *read,
	json_t **ret, struct bfabric_error *err)
{
	*ret = NULL;
	*err = (struct bfabric_error){0};
	return bfabric_read(ws->client, "sample", read, ret, err);
}

void webservice_ids(json_t *records, int64_t first, int64_t count)
{
	assert_int_equal(json_array_size(records), count);
	for (int64_t i = 0; i < count; i++)
		assert_int_equal(json_integer_value(
					 json_object_get(json_array_get(records, (size_t)i), "id")),
			first - i);
	json_decref(records);
}

bool webservice_asked(const struct webservice *ws, const char *text)
{
	return strstr(bf_secret_reveal(&ws->last_body), text) != NULL;
}
