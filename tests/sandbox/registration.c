/* SPDX-License-Identifier: MIT */
#include "registration.h"

#include "grants.h"

#include <string.h>

#define DEFAULT_SCOPE  "api:read api:write openid profile email groups"
#define DEFAULT_GRANTS SB_GRANT_EXCHANGE " " SB_GRANT_REFRESH " " SB_GRANT_CODE
#define REDIRECTS_MAX  20

struct reading {
	const json_t *document;
	struct sb_refusal *refusal;
};

static bool refuse(const struct reading *r, const char *error, const char *why)
{
	*r->refusal = (struct sb_refusal){error, why};
	return false;
}

static bool bad_metadata(const struct reading *r, const char *why)
{
	return refuse(r, "invalid_client_metadata", why);
}

/* A text member, or fallback when it is missing. False: it is something else. */
static bool text(
	const struct reading *r, const char *name, const char *fallback, const char **ret_text)
{
	const json_t *value = json_object_get(r->document, name);

	*ret_text = json_is_string(value) ? json_string_value(value) : fallback;
	return !value || json_is_string(value) || bad_metadata(r, "A text member is no text.");
}

/* https anywhere, http on this machine only; no fragment (RFC 6749 section 3.1.2). */
static bool redirect_is_good(const char *uri)
{
	static const char *const starts[] = {
		"https://", "http://127.0.0.1", "http://[::1]", "http://localhost"};

	for (const char *c = uri; *c; c++) {
		if (*c <= ' ' || *c > '~' || strchr("#\"<>\\", *c))
			return false;
	}
	for (size_t i = 0; i < SB_COUNTOF(starts); i++) {
		size_t len = strlen(starts[i]);

		if (!strncmp(uri, starts[i], len))
			return i == 0 ? uri[len] && uri[len] != '/'
				      : strchr(":/", uri[len]) != NULL;
	}
	return false;
}

static bool read_redirects(const struct reading *r, bool needed, json_t **ret_list)
{
	json_t *list = json_object_get(r->document, "redirect_uris");
	const json_t *one;
	size_t i;

	if (list && !json_is_array(list))
		return bad_metadata(r, "redirect_uris is no list.");
	if ((needed && !json_array_size(list)) || json_array_size(list) > REDIRECTS_MAX)
		return refuse(r, "invalid_redirect_uri", "No redirect_uris, or too many.");
	json_array_foreach (list, i, one) {
		if (!json_is_string(one) || !redirect_is_good(json_string_value(one)))
			return refuse(r, "invalid_redirect_uri", "This redirect_uri is refused.");
	}
	*ret_list = list ? json_copy(list) : json_array();
	return true;
}

static void add_word(struct sb_text *list, const char *word)
{
	if (list->len && sb_scope_has(list->data, word, strlen(word)))
		return;
	if (list->len)
		sb_text_puts(list, " ");
	sb_text_puts(list, word);
}

static bool read_grants(const struct reading *r, bool service, struct sb_text *ret_grants)
{
	const json_t *list = json_object_get(r->document, "grant_types"), *one;
	size_t i;

	if (list && !json_is_array(list))
		return bad_metadata(r, "grant_types is no list.");
	if (!list)
		sb_text_puts(ret_grants, DEFAULT_GRANTS);
	json_array_foreach (list, i, one) {
		const char *type = json_string_value(one);

		if (!type || !sb_grant_find(type))
			return bad_metadata(r, "There is no such grant type.");
		if (!strcmp(type, SB_GRANT_SERVICE) && !service)
			return bad_metadata(r, "client_credentials needs service_user_login.");
		add_word(ret_grants, type);
	}
	if (service)
		add_word(ret_grants, SB_GRANT_SERVICE);
	return ret_grants->len || bad_metadata(r, "grant_types is empty.");
}

static bool read_auth_method(const struct reading *r, bool *ret_public)
{
	const char *method;

	if (!text(r, "token_endpoint_auth_method", "client_secret_basic", &method))
		return false;
	*ret_public = !strcmp(method, "none");
	return *ret_public || !strcmp(method, "client_secret_basic") ||
	       !strcmp(method, "client_secret_post") ||
	       bad_metadata(r, "There is no such token_endpoint_auth_method.");
}

static void replace(char **text, const char *value)
{
	free(*text);
	*text = value ? sb_strdup(value) : NULL;
}

bool sb_registration_read(const struct sandbox *sb, const json_t *document,
	struct sb_client *client, bool *ret_public, struct sb_refusal *ret_refusal)
{
	const struct reading r = {document, ret_refusal};
	const struct sb_client anybody = {0};
	struct sb_text grants SB_AUTOTEXT = {0};
	const char *name, *scope, *service;
	json_t *redirects;
	bool code;

	if (!json_is_object(document))
		return bad_metadata(&r, "The document is no JSON object.");
	if (!text(&r, "client_name", "A registered program", &name) ||
		!text(&r, "scope", DEFAULT_SCOPE, &scope) ||
		!text(&r, "service_user_login", NULL, &service) ||
		!read_auth_method(&r, ret_public) || !read_grants(&r, service, &grants))
		return false;
	code = sb_scope_has(grants.data, SB_GRANT_CODE, strlen(SB_GRANT_CODE));
	if (!read_redirects(&r, code, &redirects))
		return false;
	replace(&client->label, name);
	replace(&client->service_user, service);
	replace(&client->grants, grants.data);
	free(client->scope);
	client->scope = sb_scope_grant(sb, &anybody, scope);
	json_decref(client->redirect_uris);
	client->redirect_uris = redirects;
	return true;
}

static json_t *words_json(const char *words)
{
	json_t *list = json_array();

	while (*words) {
		size_t len = strcspn(words, " ");

		json_array_append_new(list, json_stringn(words, len));
		words += len;
		words += *words == ' ';
	}
	return list;
}

static void add_management(const struct sandbox *sb, const struct sb_client *client,
	const char *registration_token, json_t *answer)
{
	const char *root =
		sb->set.registration_foreign_uri ? "https://somebody-else.example" : sb->root_url;

	json_object_set_new(answer, "registration_access_token", json_string(registration_token));
	json_object_set_new(answer, "registration_client_uri",
		json_sprintf("%s/bfabric/rest/oauth/register/%s", root, client->id));
}

json_t *sb_registration_json(
	const struct sandbox *sb, const struct sb_client *client, const char *registration_token)
{
	json_t *answer = json_pack("{s:s, s:i, s:I, s:s, s:O, s:o, s:s, s:s}", "client_id",
		client->id, "id", (int)client->number, "client_id_issued_at",
		(json_int_t)client->issued_at, "client_name", client->label, "redirect_uris",
		client->redirect_uris, "grant_types", words_json(client->grants), "scope",
		client->scope, "token_endpoint_auth_method",
		client->secret ? "client_secret_basic" : "none");

	if (client->secret) {
		json_object_set_new(answer, "client_secret", json_string(client->secret));
		json_object_set_new(answer, "client_secret_expires_at", json_integer(0));
	}
	if (client->service_user)
		json_object_set_new(
			answer, "service_user_login", json_string(client->service_user));
	if (registration_token)
		add_management(sb, client, registration_token, answer);
	return answer;
}
