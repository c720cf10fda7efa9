/*
 * Registering a web application: an OAuth client, and the record that lists it in B-Fabric.
 */
#include "webapp.h"

#include <inttypes.h>
#include <string.h>

#define ENDPOINT "application"

/* `number` 0: it is not known yet. */
static json_t *record_of(const struct bfabric_webapp_metadata *webapp, int64_t number)
{
	json_t *record = json_pack("{s:s, s:s, s:I, s:s, s:s*}", "name", webapp->name, "weburl",
		webapp->web_url, "oauthclientid", (json_int_t)number, "type", "WebApp",
		"description", webapp->description);
	bool good = record != NULL;

	if (good && webapp->application_id)
		good = json_object_set_new(record, "id", json_integer(webapp->application_id)) == 0;
	if (good && webapp->technology_id)
		good = json_object_set_new(
			       record, "technologyid", json_integer(webapp->technology_id)) == 0;
	if (good && webapp->hidden)
		good = json_object_set_new(record, "hidden", json_true()) == 0;
	if (good)
		return record;
	json_decref(record);
	return NULL;
}

/*
 * jansson takes UTF-8 only, and says no more than that it failed; XML 1.0 (2.2) has no place for
 * most control characters: the client would be there by the time that its record is written.
 */
static bool is_text(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	json_decref(value);
	for (const char *c = value && text ? text : ""; *c; c++)
		if ((unsigned char)*c < ' ' && !strchr("\t\n\r", *c))
			return false;
	return value != NULL;
}

static enum bfabric_status check_words(
	const struct bfabric_webapp_metadata *webapp, struct bfabric_error *err)
{
	if (!webapp->name || !*webapp->name || !webapp->web_url || !*webapp->web_url)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "a web application has a name and an address");
	if (webapp->application_id < 0 || webapp->technology_id < 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the numbers of an application and a technology are 1 or more");
	if (!is_text(webapp->name) || !is_text(webapp->web_url) || !is_text(webapp->description))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"name, address or description is not text in UTF-8, or has control "
			"characters");
	return BFABRIC_OK;
}

static enum bfabric_status check_fields(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline, struct bfabric_error *err)
{
	const json_t *description = NULL;
	json_t *record = record_of(webapp, 0);
	enum bfabric_status status = record ? BFABRIC_OK : bf_fail_nomem(err);

	if (status == BFABRIC_OK)
		status = bf_api_describe(client, ENDPOINT, deadline, &description, err);
	if (status == BFABRIC_OK)
		status = bf_api_check_operation(description, ENDPOINT, "save", err);
	if (status == BFABRIC_OK)
		status = bf_api_check_fields(description,
			bf_api_parameter_type(description, "save", ENDPOINT), record,
			"'save' of application", err);
	json_decref(record);
	return status;
}

/* bfabric_exists, within the deadline of the whole. */
static enum bfabric_status check_application(
	struct bfabric *client, int64_t id, int64_t deadline, struct bfabric_error *err)
{
	json_t *query = json_pack("{s:I}", "id", (json_int_t)id), *found = NULL;
	const struct bfabric_read read = {
		.query = query, .max_results = 1, .ids_only = true, .deadline = deadline};
	enum bfabric_status status =
		query ? bfabric_read(client, ENDPOINT, &read, &found, err) : bf_fail_nomem(err);

	if (status == BFABRIC_OK && json_array_size(found) == 0)
		status = bf_fail(
			err, BFABRIC_BAD_CALL, "there is no application with id %" PRId64, id);
	json_decref(query);
	json_decref(found);
	return status;
}

enum bfabric_status bf_webapp_check(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline, struct bfabric_error *err)
{
	enum bfabric_status status = check_words(webapp, err);

	if (status == BFABRIC_OK)
		status = check_fields(client, webapp, deadline, err);
	if (status == BFABRIC_OK && webapp->application_id)
		status = check_application(client, webapp->application_id, deadline, err);
	return status;
}

enum bfabric_status bf_webapp_save(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, const char *client_id, int64_t number,
	int64_t deadline, json_t **ret, struct bfabric_error *err)
{
	const struct bfabric_write write = {.deadline = deadline};
	json_t *records = NULL, *record = number ? record_of(webapp, number) : NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (!number)
		status = bf_fail(err, BFABRIC_BAD_REPLY, "the server did not say its number");
	else if (!record)
		status = bf_fail_nomem(err);
	else
		status = bfabric_save(client, ENDPOINT, record, &write, &records, err);
	json_decref(record);
	if (status != BFABRIC_OK)
		return bf_fail_context(err, status,
			"the client %.100s (oauthclientid %" PRId64
			") is registered, but its application was not saved",
			client_id, number);
	*ret = json_incref(json_array_get(records, 0));
	json_decref(records);
	return BFABRIC_OK;
}

/* With the client's own token, at its own server. */
static enum bfabric_status register_client(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline,
	struct bfabric_registration *ret, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_FLOW struct bf_login_flow flow = {0};
	BF_AUTO_SECRET struct bf_secret secret = BF_SECRET_INIT;
	const char *const uris[] = {webapp->web_url, NULL};
	const struct bfabric_client_metadata metadata = {.client_name = webapp->name,
		.redirect_uris = uris,
		.grant_types = webapp->grant_types,
		.scope = webapp->scope,
		.service_user_login = webapp->service_user_login};
	struct bfabric_token token = {0};
	enum bfabric_status status =
		bfabric_session_token(client->session, /* min_ttl= */ -1, deadline, &token, err);

	if (status == BFABRIC_OK)
		status = bf_token_argument(token.value, &secret, err);
	bfabric_token_clear(&token);
	if (status == BFABRIC_OK)
		status = bf_login_connect(&flow, client->session, deadline, BF_CALL_MS, err);
	if (status == BFABRIC_OK)
		status = bf_login_discover(&flow, err);
	return status == BFABRIC_OK ? bf_register_at(&flow, &secret, &metadata, ret, err) : status;
}

enum bfabric_status bfabric_register_webapp(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline,
	struct bfabric_registration *ret_registration, struct json_t **ret_application,
	struct bfabric_error *err)
{
	struct bfabric_registration registration = {0};
	json_t *application = NULL;
	enum bfabric_status status = bf_webapp_check(client, webapp, deadline, err);

	if (status == BFABRIC_OK)
		status = register_client(client, webapp, deadline, &registration, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_webapp_save(client, webapp, registration.client_id, registration.id, deadline,
		&application, err);
	*ret_registration = registration; /* the only copy of its secrets: also where it failed */
	if (status == BFABRIC_OK && ret_application)
		*ret_application = json_incref(application);
	json_decref(application);
	return status;
}
