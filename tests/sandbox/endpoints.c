/* SPDX-License-Identifier: MIT */
#include "endpoints.h"

#include "reply.h"
#include "soap.h"

#include <string.h>

static void handle_front_page(struct sb_request *rq);
static void handle_missing(struct sb_request *rq);

#define OAUTH SB_BASE "/rest/oauth/"

static const struct sb_endpoint rows[] = {
	{"discovery", SB_BASE "/.well-known/openid-configuration", SB_EXACT, "GET", SB_BODY_NONE,
		sb_handle_discovery},
	{"jwks", OAUTH "jwks", SB_EXACT, "GET", SB_BODY_NONE, sb_handle_jwks,
		.metadata = "jwks_uri"},
	{"authorize", OAUTH "authorize", SB_EXACT, "GET POST", SB_BODY_FORM, sb_handle_authorize,
		.unlocked = true, .metadata = "authorization_endpoint"},
	{"token", OAUTH "token", SB_EXACT, "POST", SB_BODY_FORM, sb_handle_token,
		.describe = sb_describe_token, .metadata = "token_endpoint"},
	{"device_authorization", OAUTH "device_authorization", SB_EXACT, "POST", SB_BODY_FORM,
		sb_handle_device_authorization, .metadata = "device_authorization_endpoint"},
	{"introspect", OAUTH "introspect", SB_EXACT, "POST", SB_BODY_FORM, sb_handle_introspect,
		.metadata = "introspection_endpoint"},
	{"register", OAUTH "register", SB_EXACT, "POST", SB_BODY_JSON, sb_handle_register,
		.metadata = "registration_endpoint"},
	{"register_client", OAUTH "register/", SB_BELOW, "GET PUT DELETE", SB_BODY_JSON,
		sb_handle_register_client},
	{"revoke", OAUTH "revoke", SB_EXACT, "POST", SB_BODY_FORM, sb_handle_revoke,
		.metadata = "revocation_endpoint"},
	{"device", SB_BASE "/device", SB_EXACT, "GET HEAD POST", SB_BODY_FORM,
		sb_handle_device_page},
	{"whoami", SB_BASE "/rest/whoami", SB_EXACT, "GET", SB_BODY_NONE, sb_handle_whoami},
	{"git", "/git/", SB_BELOW, "GET POST", SB_BODY_SPOOL, sb_handle_git, .unlocked = true},
	{"control", "/sandbox/", SB_BELOW, "GET POST", SB_BODY_ANY, sb_handle_control,
		.unlocked = true, .no_fault = true},
	{"soap", SB_BASE "/", SB_SERVICE, "GET POST", SB_BODY_XML, sb_handle_soap,
		.describe = sb_describe_soap},
	{"front", SB_BASE, SB_EXACT, "GET HEAD", SB_BODY_NONE, handle_front_page},
	{"missing", "/", SB_BELOW, NULL, SB_BODY_ANY, handle_missing},
};

static void handle_front_page(struct sb_request *rq)
{
	sb_reply_page(&rq->reply, 200, "B-Fabric sandbox",
		"A server for rehearsing. To approve a login, open the address your program "
		"shows.");
}

static void handle_missing(struct sb_request *rq)
{
	sb_reply_page(&rq->reply, 404, "HTTP Status 404 – Not Found", "There is nothing here.");
}

static bool is_at(const struct sb_endpoint *endpoint, const char *path)
{
	size_t len = strlen(endpoint->path);

	switch (endpoint->place) {
	case SB_EXACT:
		return !strcmp(path, endpoint->path);
	case SB_BELOW:
		return !strncmp(path, endpoint->path, len);
	case SB_SERVICE:
		return !strncmp(path, endpoint->path, len) && sb_service_find(path + len);
	}
	return false;
}

const struct sb_endpoint *sb_endpoint_find(const char *path)
{
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		if (is_at(&rows[i], path))
			return &rows[i];
	}
	return &rows[SB_COUNTOF(rows) - 1];
}

/* What the web services are called besides: see rq->place. */
static const char *const soap_places[] = {"wsdl", "soap-read", "soap-save", "soap-delete"};

const struct sb_endpoint *sb_endpoint_by_name(const char *name)
{
	for (size_t i = 0; i < SB_COUNTOF(soap_places); i++) {
		if (!strcmp(name, soap_places[i]))
			return sb_endpoint_by_name("soap");
	}
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		if (!strcmp(name, rows[i].name))
			return &rows[i];
	}
	return NULL;
}

void sb_endpoint_each(void (*fn)(void *ctx, const struct sb_endpoint *endpoint), void *ctx)
{
	for (size_t i = 0; i < SB_COUNTOF(rows); i++)
		fn(ctx, &rows[i]);
}

static bool method_allowed(const struct sb_endpoint *endpoint, const char *method)
{
	const char *at = endpoint->methods;
	size_t len = strlen(method);

	while (at && *at) {
		size_t word = strcspn(at, " ");

		if (word == len && !strncmp(at, method, len))
			return true;
		at += word;
		at += *at == ' ';
	}
	return !endpoint->methods;
}

static bool content_type_is(const struct sb_request *rq, const char *type)
{
	const char *given = sb_header(rq, "Content-Type");
	size_t len = strlen(type);

	return given && !strncasecmp(given, type, len) && (!given[len] || strchr("; ", given[len]));
}

static void parse_body(struct sb_request *rq)
{
	const char *text = rq->body.data ? rq->body.data : "";
	const char *query = rq->uri ? strchr(rq->uri, '?') : NULL;

	sb_params_form(&rq->query, query ? query + 1 : "");
	if (rq->endpoint->body == SB_BODY_SPOOL || rq->endpoint->body == SB_BODY_XML ||
		rq->too_large)
		return;
	if (rq->endpoint->body == SB_BODY_JSON) {
		/* Read by its handler; a NUL is for the parser to refuse. */
		rq->form.malformed = rq->body.len && !content_type_is(rq, "application/json");
		return;
	}
	if (rq->endpoint->body == SB_BODY_ANY && content_type_is(rq, "application/json"))
		sb_params_json(&rq->form, text, rq->body.len);
	else if (rq->endpoint->body == SB_BODY_ANY ||
		 content_type_is(rq, "application/x-www-form-urlencoded"))
		sb_params_form(&rq->form, text);
	else if (rq->body.len)
		rq->form.malformed = true;
	if (strlen(text) != rq->body.len)
		rq->form.malformed = true; /* a NUL inside */
}

static void count(struct sb_request *rq)
{
	const char *what = rq->log.grant ? rq->log.grant : rq->endpoint->name;
	const char *outcome = rq->log.outcome;
	json_t *counters = rq->sb->counters, *row = json_object_get(counters, what);
	json_t *old;

	if (!row) {
		json_object_set_new(counters, what, json_object());
		row = json_object_get(counters, what);
	}
	old = json_object_get(row, outcome);
	json_object_set_new(row, outcome, json_integer(json_integer_value(old) + 1));
}

static void run_handler(struct sb_request *rq)
{
	if (rq->too_large)
		sb_reply_page(&rq->reply, 413, "Too large", "The request is larger than allowed.");
	else if (!method_allowed(rq->endpoint, rq->method))
		sb_reply_page(&rq->reply, 405, "Method not allowed", "Not with this method.");
	else
		rq->endpoint->handle(rq);
	if (rq->reply.status == 405 && rq->endpoint->methods)
		sb_reply_header(&rq->reply, "Allow", rq->endpoint->methods);
}

void sb_endpoint_run(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	struct sb_fault fault = {0};
	bool struck, proceed = true;

	parse_body(rq);
	pthread_mutex_lock(&sb->lock);
	if (rq->endpoint->describe)
		rq->endpoint->describe(rq);
	struck = !rq->endpoint->no_fault && sb_fault_take(&sb->faults, rq, &fault);
	pthread_mutex_unlock(&sb->lock);
	if (struck) {
		rq->log.fault = sb_fault_name(&fault);
		proceed = sb_fault_before(rq, &fault);
	}
	if (!rq->endpoint->unlocked)
		pthread_mutex_lock(&sb->lock);
	if (proceed)
		run_handler(rq);
	if (rq->endpoint->unlocked)
		pthread_mutex_lock(&sb->lock);
	if (!rq->log.outcome)
		rq->log.outcome = "answered";
	count(rq);
	pthread_mutex_unlock(&sb->lock);
	if (struck && proceed)
		sb_fault_after(rq, &fault);
}
