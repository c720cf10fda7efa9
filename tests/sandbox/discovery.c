/* SPDX-License-Identifier: MIT */
/* The metadata document (OpenID discovery, RFC 8414) and the keys (RFC 7517). */
#include "endpoints.h"
#include "grants.h"
#include "reply.h"

#include <string.h>

struct document {
	const struct sandbox *sb;
	json_t *json;
};

static void add_endpoint(void *ctx, const struct sb_endpoint *endpoint)
{
	struct document *doc = ctx;
	const char *root = doc->sb->root_url;

	if (!endpoint->metadata)
		return;
	if (doc->sb->set.discovery == SB_DISCOVERY_NO_REVOCATION &&
		!strcmp(endpoint->metadata, "revocation_endpoint"))
		return;
	if (doc->sb->set.registration == SB_REGISTER_ABSENT &&
		!strcmp(endpoint->metadata, "registration_endpoint"))
		return;
	if (!strcmp(endpoint->metadata, doc->sb->set.foreign_endpoint))
		root = "https://somebody-else.example";
	json_object_set_new(
		doc->json, endpoint->metadata, json_sprintf("%s%s", root, endpoint->path));
}

static json_t *scopes_json(const char *scopes)
{
	json_t *list = json_array();

	while (*scopes) {
		size_t len = strcspn(scopes, " ");

		json_array_append_new(list, json_stringn(scopes, len));
		scopes += len;
		scopes += *scopes == ' ';
	}
	return list;
}

void sb_handle_discovery(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	SB_AUTOFREE char *issuer = sb_issuer(sb);
	struct document doc = {sb, NULL};
	json_t *methods;

	if (sb->set.discovery == SB_DISCOVERY_ABSENT) {
		sb_reply_page(
			&rq->reply, 404, "HTTP Status 404 – Not Found", "There is nothing here.");
		return;
	}
	methods = json_pack("[s, s]", "client_secret_basic", "client_secret_post");
	if (sb->set.discovery != SB_DISCOVERY_NO_NONE)
		json_array_append_new(methods, json_string("none"));
	doc.json = json_pack("{s:s, s:o, s:o, s:o, s:[s], s:[s], s:[s]}", "issuer", issuer,
		"token_endpoint_auth_methods_supported", methods, "grant_types_supported",
		sb_grants_json(), "scopes_supported", scopes_json(sb->set.client_scope),
		"response_types_supported", "code", "subject_types_supported", "public",
		"id_token_signing_alg_values_supported", sb_alg_at(sb->set.signing_alg)->name);
	json_object_set_new(doc.json, "code_challenge_methods_supported", json_pack("[s]", "S256"));
	if (sb->set.iss_supported)
		json_object_set_new(
			doc.json, "authorization_response_iss_parameter_supported", json_true());
	sb_endpoint_each(add_endpoint, &doc);
	sb_reply_json(&rq->reply, 200, doc.json);
}

void sb_handle_jwks(struct sb_request *rq)
{
	const struct sb_settings *set = &rq->sb->set;

	sb_reply_json(&rq->reply, 200,
		sb_keys_jwks(&rq->sb->keys, sb_alg_at(set->signing_alg), set->jwks_enc_key));
}
