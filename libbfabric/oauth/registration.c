/* registration.c - the requests of registration.h. */
#include "registration.h"
#include "reply.h"
#include <string.h>

/* What a client may not send about itself (RFC 7592, section 2.2). */
static const char *const forbidden[] = {"registration_access_token", "registration_client_uri",
	"client_secret_expires_at", "client_id_issued_at", "client_secret"};

static const char *const default_grants[] = {"urn:ietf:params:oauth:grant-type:token-exchange",
	"refresh_token", "authorization_code", NULL};
static const char *const service_grants[] = {"urn:ietf:params:oauth:grant-type:token-exchange",
	"refresh_token", "authorization_code", "client_credentials", NULL};

/* ---- the document ---------------------------------------------------------------------------- */

/* NULL: no memory, or not UTF-8, which jansson does not tell apart. */
static enum bfabric_status explain(const char *name, const char *text, struct bfabric_error *err)
{
	json_t *unchecked = json_string_nocheck(text);
	bool memory = unchecked != NULL;

	json_decref(unchecked);
	if (!memory)
		return bf_fail_nomem(err);
	return bf_fail(err, BFABRIC_BAD_CALL, "%s is not valid UTF-8", name);
}

static enum bfabric_status put_text(
	json_t *document, const char *name, const char *text, struct bfabric_error *err)
{
	json_t *value = NULL;

	if (!text)
		return BFABRIC_OK;
	value = json_string(text);
	if (!value)
		return explain(name, text, err);
	return json_object_set_new(document, name, value) == 0 ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status put_list(
	json_t *document, const char *name, const char *const *items, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *list = items ? json_array() : NULL;

	if (!items)
		return BFABRIC_OK;
	for (; list && *items; items++) {
		json_t *value = json_string(*items);

		if (!value)
			return explain(name, *items, err);
		if (json_array_append_new(list, value) != 0)
			return bf_fail_nomem(err);
	}
	if (!list || json_object_set(document, name, list) != 0)
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static enum bfabric_status put_metadata(
	json_t *document, const struct bf_client_metadata *metadata, struct bfabric_error *err)
{
	enum bfabric_status status = put_text(document, "client_name", metadata->client_name, err);

	if (status == BFABRIC_OK)
		status = put_list(document, "redirect_uris", metadata->redirect_uris, err);
	if (status == BFABRIC_OK)
		status = put_list(document, "grant_types", metadata->grant_types, err);
	if (status == BFABRIC_OK)
		status = put_text(document, "scope", metadata->scope, err);
	if (status == BFABRIC_OK)
		status =
			put_text(document, "service_user_login", metadata->service_user_login, err);
	return status;
}

/* ---- the request ----------------------------------------------------------------------------- */

static int append(const char *bytes, size_t len, void *data)
{
	struct bf_secret *body = data;

	bf_secret_put(body, bytes, len);
	return body->failed ? -1 : 0;
}

static enum bfabric_status begin(const char *method, const char *url, const struct bf_secret *token,
	const json_t *document, struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {
		.method = method,
		.url = strdup(url),
		/* a client registered twice is one that nobody has the secret of */
		.spends = document != NULL,
	};

	if (token && !bf_printable(bf_secret_reveal(token), '!'))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the token that is to authorize the registration cannot be one");
	if (token) {
		bf_secret_puts(&request.authorization, "Bearer ");
		bf_secret_put_secret(&request.authorization, token);
	}
	if (document) {
		request.content_type = "application/json";
		if (json_dump_callback(document, append, &request.body, JSON_COMPACT) != 0)
			return bf_fail_nomem(err);
	}
	if (!request.url || request.authorization.failed || request.body.failed)
		return bf_fail_nomem(err);
	*ret_request = request;
	request = (struct bf_request){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_registration_build(const char *endpoint,
	const struct bf_client_metadata *metadata, const struct bf_secret *initial_token,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *document = NULL;
	struct bf_client_metadata m = *metadata;
	enum bfabric_status status;

	if (!endpoint || !m.client_name || !*m.client_name)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a registration needs a registration endpoint and a name for the client");
	if (!m.grant_types)
		m.grant_types = m.service_user_login ? service_grants : default_grants;
	document = json_object();
	if (!document)
		return bf_fail_nomem(err);
	status = put_metadata(document, &m, err);
	if (status != BFABRIC_OK)
		return status;
	return begin("POST", endpoint, initial_token, document, ret_request, err);
}

static enum bfabric_status manage(const char *method, const struct bf_client_registration *client,
	const json_t *document, struct bf_request *ret_request, struct bfabric_error *err)
{
	if (!client->registration_client_uri || bf_secret_empty(&client->registration_access_token))
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the server gave no management token for this client: it can be changed "
			"in B-Fabric only");
	return begin(method, client->registration_client_uri, &client->registration_access_token,
		document, ret_request, err);
}

enum bfabric_status bf_registration_read_build(const struct bf_client_registration *client,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	return manage("GET", client, /* document= */ NULL, ret_request, err);
}

enum bfabric_status bf_registration_delete_build(const struct bf_client_registration *client,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	return manage("DELETE", client, /* document= */ NULL, ret_request, err);
}

/* json_copy ignores failed allocations: what it had no memory for would be deleted at the server.
 */
static json_t *copy_of(const json_t *document)
{
	/* it only counts a reference of the members, but takes no const object */
	BF_AUTO_JSON json_t *copy = json_copy((json_t *)(uintptr_t)document);

	return json_object_size(copy) == json_object_size(document) ? BF_TAKE(copy) : NULL;
}

enum bfabric_status bf_registration_update_build(const struct bf_client_registration *client,
	const struct bf_client_metadata *changes, struct bf_request *ret_request,
	struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *document = NULL;
	enum bfabric_status status;

	if (!client->document || !client->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a client must be read before it can be changed: an update replaces all");
	document = copy_of(client->document);
	if (!document)
		return bf_fail_nomem(err);
	for (size_t i = 0; i < sizeof(forbidden) / sizeof(forbidden[0]); i++)
		(void)json_object_del(document, forbidden[i]); /* need not be there */
	status = put_text(document, "client_id", client->client_id, err);
	if (status == BFABRIC_OK)
		status = put_metadata(document, changes, err);
	return status == BFABRIC_OK ? manage("PUT", client, document, ret_request, err) : status;
}
