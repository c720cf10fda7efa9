/* discovery.c - see discovery.h. */
#include "discovery.h"
#include "reply.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define WHAT "the discovery document"

/* One row an endpoint: where it goes, its name in the document, B-Fabric's path. */
static const struct place {
	size_t offset;
	const char *name, *path;
} places[] = {
	{offsetof(struct bf_endpoints, authorization), "authorization_endpoint",
		"/rest/oauth/authorize"},
	{offsetof(struct bf_endpoints, token), "token_endpoint", "/rest/oauth/token"},
	{offsetof(struct bf_endpoints, device_authorization), "device_authorization_endpoint",
		"/rest/oauth/device_authorization"},
	{offsetof(struct bf_endpoints, registration), "registration_endpoint",
		"/rest/oauth/register"},
	{offsetof(struct bf_endpoints, introspection), "introspection_endpoint",
		"/rest/oauth/introspect"},
	{offsetof(struct bf_endpoints, revocation), "revocation_endpoint", "/rest/oauth/revoke"},
	{offsetof(struct bf_endpoints, jwks), "jwks_uri", "/rest/oauth/jwks"},
};
#define PLACES (sizeof(places) / sizeof(places[0]))

static char **member_at(struct bf_endpoints *endpoints, const struct place *place)
{
	return (char **)(void *)((char *)endpoints + place->offset);
}

void bf_endpoints_release(struct bf_endpoints *endpoints)
{
	for (size_t i = 0; i < PLACES; i++)
		free(*member_at(endpoints, &places[i]));
	free(endpoints->issuer);
	*endpoints = (struct bf_endpoints){0};
}

static void move(struct bf_endpoints *to, struct bf_endpoints *from)
{
	bf_endpoints_release(to);
	*to = *from;
	*from = (struct bf_endpoints){0};
}

/* Foreign text, but no secret: shown whole as far as it fits. */
struct shown {
	char text[200];
};

static struct shown show(const char *text)
{
	struct shown s;

	bf_show(s.text, sizeof(s.text), text, strlen(text));
	return s;
}

static char *below(const struct bf_url *base, const char *path)
{
	char *text = NULL;

	return asprintf(&text, "%s%s", base->text, path) < 0 ? NULL : text;
}

enum bfabric_status bf_endpoints_fixed(
	const struct bf_url *base, struct bf_endpoints *ret, struct bfabric_error *err)
{
	BF_AUTO_ENDPOINTS struct bf_endpoints fixed = {0};

	fixed.issuer = strdup(base->text);
	if (!fixed.issuer)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < PLACES; i++) {
		char **member = member_at(&fixed, &places[i]);

		*member = below(base, places[i].path);
		if (!*member)
			return bf_fail_nomem(err);
	}
	move(ret, &fixed);
	return BFABRIC_OK;
}

enum bfabric_status bf_discovery_build(
	const struct bf_url *base, struct bf_request *ret_request, struct bfabric_error *err)
{
	char *url = below(base, "/.well-known/openid-configuration");

	if (!url)
		return bf_fail_nomem(err);
	*ret_request = (struct bf_request){.method = "GET", .url = url};
	return BFABRIC_OK;
}

/* Compared in canonical form, which knows no trailing slash and no default port. */
static enum bfabric_status read_issuer(const struct bf_url *base, const json_t *document,
	char **ret_issuer, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	const char *issuer = json_string_value(json_object_get(document, "issuer"));
	enum bfabric_status status;

	if (!issuer)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " of %s names no issuer", base->text);
	status = bf_url_parse(issuer, &url, /* err= */ NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK || strcmp(url.text, base->text) != 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " of %s belongs to another issuer: %s",
			base->text, show(issuer).text);
	free(*ret_issuer);
	*ret_issuer = strdup(issuer);
	return *ret_issuer ? BFABRIC_OK : bf_fail_nomem(err);
}

/* Take over an endpoint as it is written: to a server, a trailing slash is another resource. */
static enum bfabric_status read_endpoint(const struct bf_url *base, const json_t *document,
	const char *name, char **endpoint, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	BF_AUTO_FREE char *copy = NULL;
	const json_t *member = bf_member(document, name);
	const char *text = json_string_value(member);
	enum bfabric_status status;

	if (!member)
		return BFABRIC_OK;
	if (!text)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT ": %s is not a string", name);
	status = bf_url_parse(text, &url, /* err= */ NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT ": %s is not a usable URL: %s", name,
			show(text).text);
	if (!bf_url_same_origin(base, &url))
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT ": %s leads away from %s, to %s", name,
			base->text, show(text).text);
	copy = strdup(text);
	if (!copy)
		return bf_fail_nomem(err);
	free(*endpoint);
	*endpoint = BF_TAKE(copy);
	return BFABRIC_OK;
}

/* token_endpoint_auth_methods_supported (RFC 8414, section 2): may a client have no secret? */
static bool lists_none(const json_t *document)
{
	const json_t *methods = json_object_get(document, "token_endpoint_auth_methods_supported");
	const json_t *method;
	size_t i;

	json_array_foreach (methods, i, method) {
		const char *name = json_string_value(method);

		if (name && strcmp(name, "none") == 0)
			return true;
	}
	return false;
}

static enum bfabric_status read_document(const struct bf_url *base, const json_t *document,
	struct bf_endpoints *ret, struct bfabric_error *err)
{
	BF_AUTO_ENDPOINTS struct bf_endpoints found = {0};
	enum bfabric_status status = bf_endpoints_fixed(base, &found, err);

	if (status == BFABRIC_OK)
		status = read_issuer(base, document, &found.issuer, err);
	for (size_t i = 0; status == BFABRIC_OK && i < PLACES; i++)
		status = read_endpoint(
			base, document, places[i].name, member_at(&found, &places[i]), err);
	if (status != BFABRIC_OK)
		return status;
	found.public_clients = lists_none(document);
	found.sends_issuer =
		json_is_true(bf_member(document, "authorization_response_iss_parameter_supported"));
	found.can_revoke = bf_member(document, "revocation_endpoint") != NULL;
	found.discovered = true;
	move(ret, &found);
	return BFABRIC_OK;
}

enum bfabric_status bf_discovery_accept(const struct bf_url *base, const struct bf_reply *reply,
	bool *ret_found, struct bf_endpoints *ret, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *document = NULL;
	enum bfabric_status status;

	if (bf_reply_busy(reply))
		return bf_fail_later("the server, asked for its discovery document,", reply, err);
	if (reply->status == 404 || reply->status == 410) {
		status = bf_endpoints_fixed(base, ret, err);
		if (status == BFABRIC_OK)
			*ret_found = false;
		return status;
	}
	if (reply->status != 200)
		return bf_fail_odd("the server, asked for its discovery document,", reply, err);
	status = bf_reply_object(
		"the server, asked for its discovery document,", reply, &document, err);
	if (status == BFABRIC_OK)
		status = read_document(base, document, ret, err);
	if (status == BFABRIC_OK)
		*ret_found = true;
	return status;
}
