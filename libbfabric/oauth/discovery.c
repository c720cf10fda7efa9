/* discovery.c - see discovery.h. */
#include "discovery.h"
#include "reply.h"
#include <string.h>

#define WHAT "the discovery document"

void bf_endpoints_release(struct bf_endpoints *endpoints)
{
	free(endpoints->token);
	free(endpoints->device_authorization);
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

	fixed.token = below(base, "/rest/oauth/token");
	fixed.device_authorization = below(base, "/rest/oauth/device_authorization");
	if (!fixed.token || !fixed.device_authorization)
		return bf_fail_nomem(err);
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
static enum bfabric_status check_issuer(
	const struct bf_url *base, const json_t *document, struct bfabric_error *err)
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
	return BFABRIC_OK;
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
	enum bfabric_status status = check_issuer(base, document, err);

	if (status == BFABRIC_OK)
		status = bf_endpoints_fixed(base, &found, err);
	if (status == BFABRIC_OK)
		status = read_endpoint(base, document, "token_endpoint", &found.token, err);
	if (status == BFABRIC_OK)
		status = read_endpoint(base, document, "device_authorization_endpoint",
			&found.device_authorization, err);
	if (status != BFABRIC_OK)
		return status;
	found.public_clients = lists_none(document);
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
