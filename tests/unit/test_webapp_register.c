/*
 * test_webapp_register.c - registering a web application at a server of this file, which stands in
 * the place of net/http.c: every allocation fails once, every step is refused once, and the secrets
 * of a client that is registered by then are never lost.
 */
#include "unit.h"
#include "wsdl_text.h"

#include "libbfabric/net/http.h"
#include "libbfabric/bfabric.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define BASE "https://bfabric.example.org/bfabric"
#define NS   ENDPOINT_NS

static struct bfabric_error err;
static const struct bfabric_webapp_metadata usual = {
	.name = "Viewer <1>",
	.web_url = "https://viewer.example.org/",
	.scope = "api:read",
	.service_user_login = "robot",
	.description = "shows & tells",
	.technology_id = 2,
	.hidden = true,
};

/* ---- the server ------------------------------------------------------------------------------ */

#define OPERATION(name)                                                                            \
	"<operation name='" name "'><input message='t:" name "'/><output message='t:reply'/>"      \
	"</operation>"
#define RECORD                                                                                     \
	"<xs:complexType name='record'><xs:sequence>" ELEMENT("name", "xs:string")                 \
		ELEMENT("errorreport",                                                             \
			"xs:string") "</xs:sequence>"                                              \
				     "<xs:attribute name='id' type='xs:long'/></xs:complexType>"
#define TYPES(saved)                                                                               \
	TYPE("read", ELEMENT("idonly", "xs:boolean") ELEMENT("login", "xs:string")                 \
			     ELEMENT("password", "xs:string") ELEMENT("page", "xs:int")            \
				     ELEMENT("query", "t:query"))                                  \
	TYPE("query", MANY("id", "xs:long"))                                                       \
	TYPE("save", ELEMENT("login", "xs:string") ELEMENT("password", "xs:string")                \
			     MANY("application", "t:saved"))                                       \
	TYPE("saved", saved) TYPE("reply", MANY("application", "t:record")) RECORD
#define WSDL(saved)                                                                                \
	"<definitions xmlns='http://schemas.xmlsoap.org/wsdl/' xmlns:t='" NS                       \
	"' xmlns:xs='http://www.w3.org/2001/XMLSchema' targetNamespace='" NS                       \
	"'><types><xs:schema targetNamespace='" NS                                                 \
	"'>" TYPES(saved) "</xs:schema></types><message name='read'><part name='parameters' "      \
			  "type='t:read'/>"                                                        \
			  "</message><message name='save'><part name='parameters' "                \
			  "type='t:save'/></message>"                                              \
			  "<message name='reply'><part name='return' "                             \
			  "type='t:reply'/></message><portType name='P'>" OPERATION("read")        \
				  OPERATION("save") "</portType></definitions>"
#define NAMES  ELEMENT("id", "xs:long") ELEMENT("name", "xs:string")
#define WORDS  ELEMENT("weburl", "xs:string") ELEMENT("type", "xs:string")
#define MORE   ELEMENT("description", "xs:string") ELEMENT("technologyid", "xs:long")
#define FIELDS NAMES WORDS MORE ELEMENT("hidden", "xs:boolean")
#define REPLY(records)                                                                             \
	"<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'><s:Body>"                 \
	"<n:r xmlns:n='" NS "'><return>" records "</return></n:r></s:Body></s:Envelope>"

struct server {
	const char *wsdl, *read, *save, *registration;
	long registration_status;
	unsigned registrations, saves;
	char body[2048]; /* of the last save */
};

static const struct server good = {
	.wsdl = WSDL(FIELDS ELEMENT("oauthclientid", "xs:long")),
	.read = REPLY("<numberofpages>1</numberofpages><application id='9'/>"),
	.save = REPLY("<application id='10'><name>Viewer</name></application>"),
	.registration = "{\"client_id\":\"c1\",\"client_secret\":\"cs\",\"id\":12}",
	.registration_status = 201,
};
static struct server server;

static const char *answer_to(const struct bf_request *request, struct bf_reply *reply)
{
	const char *body = bf_secret_reveal(&request->body);

	if (strstr(request->url, "/openid-configuration")) {
		reply->status = 404;
		return "<html>";
	}
	if (strstr(request->url, "/oauth/register")) {
		server.registrations++;
		reply->status = server.registration_status;
		return server.registration;
	}
	if (strcmp(request->method, "GET") == 0)
		return server.wsdl;
	if (strstr(body, "<b:read>"))
		return server.read;
	assert_non_null(strstr(body, "<b:save>"));
	server.saves++;
	snprintf(server.body, sizeof(server.body), "%s", body);
	return server.save;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *error)
{
	const char *text;

	(void)data, (void)error; /* it always answers */
	*ret_reply = (struct bf_reply){.status = 200, .retry_after = -1};
	*ret_sent = true;
	text = answer_to(request, ret_reply);
	snprintf(ret_reply->content_type, sizeof(ret_reply->content_type), "%s",
		*text == '{' ? "application/json" : "text/xml");
	if (request->on_body) {
		(void)request->on_body(request->on_body_data, ret_reply, text, strlen(text));
		return BFABRIC_OK;
	}
	fault_hold(true);
	bf_secret_puts(&ret_reply->body, text);
	fault_hold(false);
	return BFABRIC_OK;
}

struct bf_http {
	int nothing;
};

enum bfabric_status bf_http_new(
	const struct bf_http_options *options, struct bf_http **ret, struct bfabric_error *error)
{
	(void)options; /* there is one server */
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

/* ---- one call -------------------------------------------------------------------------------- */

struct scene {
	struct bfabric *client;
	struct bfabric_registration registration;
	json_t *application;
};

static int begin(void **state)
{
	static const struct bfabric_server at = {.base_url = BASE};
	struct scene *scene = calloc(1, sizeof(*scene));

	assert_non_null(scene);
	server = good;
	*state = scene;
	return bfabric_connect_pat(&at, "employee", &scene->client, NULL) == BFABRIC_OK ? 0 : -1;
}

static void forget(struct scene *scene)
{
	bfabric_registration_clear(&scene->registration);
	json_decref(scene->application);
	scene->application = NULL;
}

static int end(void **state)
{
	struct scene *scene = *state;

	forget(scene);
	bfabric_free(scene->client);
	free(scene);
	return 0;
}

static enum bfabric_status call(struct scene *scene, const struct bfabric_webapp_metadata *webapp)
{
	forget(scene);
	return bfabric_register_webapp(
		scene->client, webapp, 0, &scene->registration, &scene->application, &err);
}

static void test_both(void **state)
{
	struct scene *scene = *state;
	struct bfabric_webapp_metadata webapp = usual;

	assert_int_equal(call(scene, &webapp), BFABRIC_OK);
	assert_string_equal(scene->registration.client_secret, "cs");
	assert_int_equal(json_integer_value(json_object_get(scene->application, "id")), 10);
	assert_non_null(strstr(server.body, "<name>Viewer &lt;1&gt;</name>"));
	assert_non_null(strstr(server.body, "<oauthclientid>12</oauthclientid>"));
	assert_non_null(strstr(server.body, "<description>shows &amp; tells</description>"));
	assert_non_null(strstr(server.body, "<technologyid>2</technologyid>"));
	assert_non_null(strstr(server.body, "<hidden>true</hidden>"));
	assert_null(strstr(server.body, "<id>"));
	webapp = (struct bfabric_webapp_metadata){
		.name = "V", .web_url = "https://v.example.org/", .application_id = 9};
	assert_int_equal(call(scene, &webapp), BFABRIC_OK);
	assert_non_null(strstr(server.body, "<id>9</id>"));
	assert_null(strstr(server.body, "<hidden>"));
	assert_null(strstr(server.body, "<description>"));
	forget(scene);
	assert_int_equal(bfabric_register_webapp(scene->client, &webapp, 0, &scene->registration,
				 /* ret_application= */ NULL, NULL),
		BFABRIC_OK);
}

/* What was registered is in the caller's hands, whatever fails after it. */
static void test_no_memory(void **state)
{
	struct scene *scene = *state;
	unsigned halves = 0;

	/* the description is kept by the client: how reading that fails is another test's */
	assert_int_equal(call(scene, &usual), BFABRIC_OK);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bfabric_status status;
		bool failed;

		server.registrations = server.saves = 0;
		status = call(scene, &usual);
		failed = fault_disarm();
		assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		assert_int_equal(scene->application != NULL, status == BFABRIC_OK);
		if (server.saves || scene->registration.client_id)
			assert_string_equal(scene->registration.client_secret, "cs");
		halves += failed && scene->registration.client_id;
	}
	assert_true(halves > 5);
}

/* ---- refusals -------------------------------------------------------------------------------- */

/* Nothing is registered where it can be known that no application will follow. */
static void test_before(void **state)
{
	struct scene *scene = *state;
	struct bfabric_webapp_metadata webapp = usual;

	webapp.application_id = 11;
	server.read = REPLY("<numberofpages>0</numberofpages>");
	assert_fails(
		call(scene, &webapp), BFABRIC_BAD_CALL, err, "there is no application with id 11");
	server.read = REPLY("<errorreport>Insufficient scope: api:read</errorreport>");
	assert_int_equal(call(scene, &webapp), BFABRIC_FORBIDDEN);
	webapp.application_id = -1;
	assert_fails(call(scene, &webapp), BFABRIC_BAD_CALL, err, "1 or more");
	webapp = (struct bfabric_webapp_metadata){.name = "V"};
	assert_fails(call(scene, &webapp), BFABRIC_BAD_CALL, err, "a name and an address");
	webapp = usual;
	webapp.name = "\xff";
	assert_fails(call(scene, &webapp), BFABRIC_BAD_CALL, err, "UTF-8");
	webapp.name = "bell\a";
	assert_fails(call(scene, &webapp), BFABRIC_BAD_CALL, err, "control characters");
	(void)end(state); /* another client: this one has read the description */
	assert_int_equal(begin(state), 0);
	scene = *state;
	server.wsdl = WSDL(FIELDS);
	assert_fails(call(scene, &usual), BFABRIC_BAD_CALL, err, "no field 'oauthclientid'");
	assert_int_equal(server.registrations, 0);
}

static void test_registration_refused(void **state)
{
	struct scene *scene = *state;

	server.registration_status = 403;
	server.registration = "{\"error\":\"access_denied\"}";
	assert_int_equal(call(scene, &usual), BFABRIC_FORBIDDEN);
	assert_null(scene->registration.client_id);
	assert_int_equal(server.saves, 0);
}

static void test_application_refused(void **state)
{
	struct scene *scene = *state;

	server.save = REPLY("<application><errorreport>no such technology</errorreport>"
			    "</application>");
	assert_fails(call(scene, &usual), BFABRIC_REFUSED, err,
		"the client c1 (oauthclientid 12) is registered, but its application was not "
		"saved: ");
	assert_non_null(strstr(err.text, "no such technology"));
	assert_null(strstr(err.text, "cs\""));
	assert_string_equal(scene->registration.client_secret, "cs");
	assert_null(scene->application);
	server.registration = "{\"client_id\":\"c1\",\"client_secret\":\"cs\"}";
	assert_fails(call(scene, &usual), BFABRIC_BAD_REPLY, err, "did not say its number");
	assert_string_equal(scene->registration.client_secret, "cs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_both, begin, end),
		cmocka_unit_test_setup_teardown(test_no_memory, begin, end),
		cmocka_unit_test_setup_teardown(test_before, begin, end),
		cmocka_unit_test_setup_teardown(test_registration_refused, begin, end),
		cmocka_unit_test_setup_teardown(test_application_refused, begin, end),
	};

	return cmocka_run_group_tests_name("webapp_register", tests, NULL, NULL);
}
