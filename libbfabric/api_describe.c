/*
 * The description of a service (WSDL), which anyone may read: fetched when it is first needed and
 * kept as long as the client. Endpoints change with a release of the server, which a program that
 * runs for long enough to notice sees as fields that are not known.
 */
#include "api.h"

#include "base/ascii.h"
#include "base/sys.h"
#include "policy.h"
#include <stdlib.h>
#include <string.h>

#define ENDPOINT_MAX_LEN 63

/* ---- looking it up --------------------------------------------------------------------------- */

const json_t *bf_api_fields(const json_t *description, const char *type)
{
	return type ? json_object_get(json_object_get(description, "types"), type) : NULL;
}

const json_t *bf_api_field(const json_t *fields, const char *name)
{
	for (size_t i = 0; i < json_array_size(fields); i++) {
		const json_t *field = json_array_get(fields, i);
		const char *called = json_string_value(json_object_get(field, "name"));

		if (called && strcmp(called, name) == 0)
			return field;
	}
	return NULL;
}

static const char *type_of(const json_t *field)
{
	return json_string_value(json_object_get(field, "type"));
}

const char *bf_api_parameter_type(
	const json_t *description, const char *operation, const char *name)
{
	const json_t *described =
		json_object_get(json_object_get(description, "operations"), operation);
	const char *type = json_string_value(json_object_get(described, "in"));
	const json_t *fields = bf_api_fields(description, type);
	const json_t *wrapped = bf_api_field(fields, "parameters");

	if (wrapped) /* the type of the operation's element, not of what is in it */
		fields = bf_api_fields(description, type_of(wrapped));
	return type_of(bf_api_field(fields, name));
}

enum bfabric_status bf_api_check_operation(const json_t *description, const char *endpoint,
	const char *operation, struct bfabric_error *err)
{
	json_t *operations = json_object_get(description, "operations");
	struct bf_api_words has = {0};
	struct bf_api_nearest nearest = {.name = operation};
	const char *name;
	json_t *described;

	if (json_object_get(operations, operation))
		return BFABRIC_OK;
	json_object_foreach (operations, name, described) {
		bf_api_words_add(&has, name);
		bf_api_nearest_try(&nearest, name);
	}
	return bf_fail(err, BFABRIC_BAD_CALL,
		"the endpoint '%s' has no method '%.60s', it has: %s%s", endpoint, operation,
		bf_api_words_end(&has), bf_api_suggest(&nearest).text);
}

/* ---- fetching it ----------------------------------------------------------------------------- */

static struct bf_api_suggestion suggest_endpoint(const char *endpoint)
{
	struct bf_api_nearest nearest = {.name = endpoint};

	for (const char *const *known = bf_api_known_endpoints; *known; known++)
		bf_api_nearest_try(&nearest, *known);
	return bf_api_suggest(&nearest);
}

/* Before a URL is made of it. */
static enum bfabric_status check_name(const char *endpoint, struct bfabric_error *err)
{
	size_t len = endpoint ? strlen(endpoint) : 0;
	bool good = len > 0 && len <= ENDPOINT_MAX_LEN;

	for (const char *c = endpoint; good && *c; c++)
		good = bf_is_digit(*c) || (*c >= 'a' && *c <= 'z') || *c == '_';
	if (good)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"'%.63s' is no endpoint: their names have small letters, digits and '_' only%s",
		endpoint ? endpoint : "", endpoint ? suggest_endpoint(endpoint).text : "");
}

static enum bfabric_status judge_reply(const char *endpoint, const struct bf_request *request,
	const struct bf_reply *reply, struct bfabric_error *err)
{
	if (reply->status == 200)
		return BFABRIC_OK;
	if (reply->status == 404 && !bf_api_endpoint_known(endpoint))
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no endpoint '%s'%s", endpoint,
			suggest_endpoint(endpoint).text);
	return bf_api_fail_http(request->url, reply, err);
}

static bool collect(void *data, const struct bf_reply *so_far, const char *bytes, size_t len)
{
	struct bf_secret *text = data;

	if (so_far->status != 200)
		return false; /* a page for a person, which nobody sees */
	bf_secret_put(text, bytes, len);
	return !text->failed;
}

static enum bfabric_status fetch(struct bfabric *client, const char *endpoint, int64_t deadline,
	json_t **ret, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {.method = "GET"};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_SECRET struct bf_secret text = {.max = BF_WSDL_MAX};
	bool sent = false;
	enum bfabric_status status;

	request.url = bf_api_url(client, endpoint, "?wsdl");
	if (!request.url)
		return bf_fail_nomem(err);
	request.deadline =
		deadline ? deadline : bf_boot_ms(client->session->sys) + BF_API_REQUEST_MS;
	request.whole_max_ms = BF_API_REQUEST_MS;
	request.cancel = client->session->cancel;
	request.on_body = collect;
	request.on_body_data = &text;
	request.body_max = BF_WSDL_MAX;
	status = bf_api_perform(client, &request, &reply, &sent, err);
	if (status == BFABRIC_OK && text.failed)
		status = bf_fail_nomem(err);
	if (status == BFABRIC_OK)
		status = judge_reply(endpoint, &request, &reply, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_wsdl_read(bf_secret_reveal(&text), text.len, ret, err);
	return status == BFABRIC_OK
		       ? status
		       : bf_fail_context(err, status, "the description at %.200s", request.url);
}

static const json_t *remembered(struct bfabric *client, const char *endpoint)
{
	const json_t *found;

	pthread_mutex_lock(&client->mutex);
	found = json_object_get(client->descriptions, endpoint);
	pthread_mutex_unlock(&client->mutex);
	return found;
}

/* Takes `fresh` over. Another thread may have been faster: then it is the one that stays. */
static const json_t *remember(struct bfabric *client, const char *endpoint, json_t *fresh)
{
	const json_t *found;

	pthread_mutex_lock(&client->mutex);
	if (!client->descriptions)
		client->descriptions = json_object();
	found = json_object_get(client->descriptions, endpoint);
	if (found)
		json_decref(fresh);
	else if (json_object_set_new(client->descriptions, endpoint, fresh) == 0)
		found = fresh;
	pthread_mutex_unlock(&client->mutex);
	return found;
}

enum bfabric_status bf_api_describe(struct bfabric *client, const char *endpoint, int64_t deadline,
	const json_t **ret, struct bfabric_error *err)
{
	json_t *fresh = NULL;
	const json_t *found = NULL;
	enum bfabric_status status = check_name(endpoint, err);

	if (status != BFABRIC_OK)
		return status;
	found = remembered(client, endpoint);
	if (!found) {
		status = fetch(client, endpoint, deadline, &fresh, err);
		if (status != BFABRIC_OK)
			return status;
		found = remember(client, endpoint, fresh);
	}
	if (!found)
		return bf_fail_nomem(err);
	*ret = found;
	return BFABRIC_OK;
}

enum bfabric_status bfabric_inspect(struct bfabric *client, const char *endpoint, int64_t deadline,
	struct json_t **ret_description, struct bfabric_error *err)
{
	const json_t *found = NULL;
	json_t *copy = NULL;
	enum bfabric_status status = bf_api_describe(client, endpoint, deadline, &found, err);

	if (status != BFABRIC_OK)
		return status;
	copy = json_deep_copy(found); /* the client's own must not change */
	if (!copy)
		return bf_fail_nomem(err);
	*ret_description = copy;
	return BFABRIC_OK;
}
