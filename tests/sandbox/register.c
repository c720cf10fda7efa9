/* SPDX-License-Identifier: MIT */
/*
 * Dynamic registration (RFC 7591) and its management (RFC 7592). As at B-Fabric, every update gives
 * a new registration access token and a new secret; the old ones stop working at once.
 */
#include "bearer.h"
#include "endpoints.h"
#include "grants.h"
#include "registration.h"
#include "reply.h"

#include <string.h>

#define CLIENTS_MAX  10000
#define FIRST_NUMBER 101 /* of a registration: B-Fabric's record of it has a number of its own */

static void refuse_bearer(struct sb_request *rq, unsigned status, const char *error)
{
	SB_AUTOFREE char *challenge = NULL;
	struct sb_text text = {0};

	sb_text_printf(&text, "Bearer realm=\"B-Fabric sandbox\", error=\"%s\"", error);
	challenge = text.data;
	sb_reply_oauth_error(rq, status, error,
		status == 403 ? "This token does not allow it." : "No valid token.");
	sb_reply_header(&rq->reply, "WWW-Authenticate", challenge);
}

/* The value of "Authorization: Bearer …", or NULL. */
static const char *bearer_value(const struct sb_request *rq)
{
	const char *header = sb_header(rq, "Authorization");

	if (!header || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/* Whether an employee asks: a live access token with the scope that the settings demand. */
static bool may_register(struct sb_request *rq)
{
	const struct sb_token *token = bearer_value(rq) ? sb_bearer(rq) : NULL;

	if (token && sb_scope_within(rq->sb->set.register_scope, token->scope))
		return true;
	rq->log.outcome = token ? "forbidden" : "unauthorized";
	refuse_bearer(rq, token ? 403 : 401, token ? "insufficient_scope" : "invalid_token");
	return false;
}

/* False after filling the reply: the settings want registration refused. */
static bool registration_works(struct sb_request *rq)
{
	switch ((enum sb_registering)rq->sb->set.registration) {
	case SB_REGISTER_MANAGED:
	case SB_REGISTER_UNMANAGED:
		return true;
	case SB_REGISTER_BAD_REDIRECT:
		sb_reply_oauth_error(
			rq, 400, "invalid_redirect_uri", "The sandbox was told to refuse it.");
		return false;
	case SB_REGISTER_BAD_METADATA:
		sb_reply_oauth_error(
			rq, 400, "invalid_client_metadata", "The sandbox was told to refuse it.");
		return false;
	case SB_REGISTER_FORBIDDEN:
		sb_reply_oauth_error(rq, 403, "access_denied", "Only employees may register.");
		return false;
	case SB_REGISTER_ABSENT:
		sb_reply_page(
			&rq->reply, 404, "HTTP Status 404 – Not Found", "There is nothing here.");
		return false;
	}
	return false;
}

static json_t *read_document(struct sb_request *rq)
{
	json_t *document = json_loadb(rq->body.data, rq->body.len, JSON_REJECT_DUPLICATES, NULL);

	if (rq->form.malformed || !document)
		sb_reply_oauth_error(
			rq, 400, "invalid_client_metadata", "The body is no JSON document.");
	else
		return document;
	json_decref(document);
	return NULL;
}

/* A new registration token, remembered by its digest; NULL where clients are not managed. */
static char *new_registration_token(const struct sandbox *sb, struct sb_client *client)
{
	char *value;

	if (sb->set.registration == SB_REGISTER_UNMANAGED)
		return NULL;
	value = sb_random_token("sandbox_reg_", 24);
	sb_sha256(value, strlen(value), client->registration);
	return value;
}

static void new_secret(struct sb_client *client, bool is_public)
{
	free(client->secret);
	client->secret = is_public ? NULL : sb_random_token("sandbox_cs_", 24);
}

static void add_client(struct sandbox *sb, struct sb_client *client)
{
	client->number = FIRST_NUMBER + sb->store.registered++;
	client->id = sb_random_token("app-", 9);
	client->issued_at = sb_now(sb);
	client->next = sb->store.clients;
	sb->store.clients = client;
}

static void answer_document(struct sb_request *rq, unsigned status, const struct sb_client *client,
	const char *registration_token, const char *outcome)
{
	rq->log.outcome = outcome;
	free(rq->log.client_id);
	rq->log.client_id = sb_strdup(client->id);
	sb_reply_json(&rq->reply, status, sb_registration_json(rq->sb, client, registration_token));
}

static void create(struct sb_request *rq, const json_t *document)
{
	struct sb_client *client = sb_zalloc(sizeof(*client));
	SB_AUTOFREE char *token = NULL;
	struct sb_refusal refusal;
	bool is_public;

	if (!sb_registration_read(rq->sb, document, client, &is_public, &refusal)) {
		sb_reply_oauth_error(rq, 400, refusal.error, refusal.why);
		sb_client_free(client);
		return;
	}
	new_secret(client, is_public);
	add_client(rq->sb, client);
	token = new_registration_token(rq->sb, client);
	answer_document(rq, 201, client, token, "registered");
}

void sb_handle_register(struct sb_request *rq)
{
	json_t *document;

	if (rq->sb->set.registration == SB_REGISTER_ABSENT) {
		(void)registration_works(rq); /* it fills the reply */
		return;
	}
	if (!may_register(rq) || !registration_works(rq))
		return;
	rq->log.outcome = NULL;
	if (rq->sb->store.registered == CLIENTS_MAX) {
		sb_reply_page(&rq->reply, 503, "Full", "This sandbox has no room for more.");
		return;
	}
	document = read_document(rq);
	if (document)
		create(rq, document);
	json_decref(document);
}

static bool owns(const struct sb_client *client, const char *registration_token)
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(registration_token, strlen(registration_token), digest);
	return client->number && !memcmp(digest, client->registration, sizeof(digest));
}

/* What an update must not hold (RFC 7592 section 2.2); NULL if nothing is wrong with it. */
static const char *update_refusal(
	const struct sandbox *sb, const struct sb_client *client, const json_t *document)
{
	static const char *const never[] = {"registration_access_token", "registration_client_uri",
		"client_secret_expires_at", "client_id_issued_at"};
	const char *id = json_string_value(json_object_get(document, "client_id"));
	const json_t *secret = json_object_get(document, "client_secret");

	if (!id || strcmp(id, client->id) != 0)
		return "client_id must be that of this client.";
	if (secret && (!client->secret || !json_is_string(secret) ||
			      strcmp(json_string_value(secret), client->secret) != 0))
		return "client_secret must be the present one.";
	for (size_t i = 0; i < SB_COUNTOF(never) && !sb->set.registration_takes_all; i++) {
		if (json_object_get(document, never[i]))
			return "An update must not hold what only the server decides.";
	}
	return NULL;
}

static void update(struct sb_request *rq, struct sb_client *client, const json_t *document)
{
	const char *wrong = update_refusal(rq->sb, client, document);
	SB_AUTOFREE char *token = NULL;
	struct sb_refusal refusal = {"invalid_client_metadata", wrong};
	bool is_public;

	if (wrong || !sb_registration_read(rq->sb, document, client, &is_public, &refusal)) {
		sb_reply_oauth_error(rq, 400, refusal.error, refusal.why);
		return;
	}
	if (!client->secret || is_public || !rq->sb->set.registration_keeps_secret)
		new_secret(client, is_public);
	token = new_registration_token(rq->sb, client);
	answer_document(rq, 200, client, token, "updated");
}

static void delete (struct sb_request *rq, struct sb_client *client)
{
	client->deleted = true;
	for (struct sb_family *f = rq->sb->store.families; f; f = f->next) {
		if (f->client == client)
			f->refresh_revoked = f->access_revoked = true;
	}
	rq->log.outcome = "deleted";
	rq->reply.status = 204;
}

void sb_handle_register_client(struct sb_request *rq)
{
	const char *id = rq->path + strlen(rq->endpoint->path);
	const char *token = bearer_value(rq);
	struct sb_client *client = sb_store_client(&rq->sb->store, id);
	json_t *document;

	rq->log.client_auth = token ? "bearer" : "none";
	rq->log.client_id = sb_strdup(id);
	if (!client || !token || !owns(client, token)) {
		refuse_bearer(rq, 401, "invalid_token");
	} else if (!strcmp(rq->method, "GET")) {
		answer_document(rq, 200, client, token, "shown");
	} else if (!strcmp(rq->method, "DELETE")) {
		delete (rq, client);
	} else {
		document = read_document(rq);
		if (document)
			update(rq, client, document);
		json_decref(document);
	}
}
