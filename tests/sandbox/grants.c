/* SPDX-License-Identifier: MIT */
#include "grants.h"

#include "reply.h"

#include <string.h>

static const struct sb_grant rows[] = {
	{"authorization_code", SB_GRANT_CODE, false, sb_grant_authorization_code},
	{"token_exchange", SB_GRANT_EXCHANGE, false, sb_grant_exchange},
	{"device_code", SB_GRANT_DEVICE, false, sb_grant_device},
	{"refresh_token", SB_GRANT_REFRESH, true, sb_grant_refresh},
	{"client_credentials", SB_GRANT_SERVICE, false, sb_grant_client_credentials},
};

const struct sb_grant *sb_grant_find(const char *type)
{
	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		if (!strcmp(type, rows[i].type))
			return &rows[i];
	}
	return NULL;
}

json_t *sb_grants_json(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < SB_COUNTOF(rows); i++)
		json_array_append_new(list, json_string(rows[i].type));
	return list;
}

bool sb_scope_has(const char *scopes, const char *scope, size_t len)
{
	while (*scopes) {
		size_t word = strcspn(scopes, " ");

		if (word == len && !strncmp(scopes, scope, len))
			return true;
		scopes += word;
		scopes += *scopes == ' ';
	}
	return false;
}

bool sb_scope_within(const char *part, const char *whole)
{
	while (*part) {
		size_t word = strcspn(part, " ");

		if (word && !sb_scope_has(whole, part, word))
			return false;
		part += word;
		part += *part == ' ';
	}
	return true;
}

static bool granted(const struct sandbox *sb, const struct sb_client *client,
	const struct sb_text *so_far, const char *scope, size_t len, bool asked)
{
	static const char writing[] = "api:write tus";

	if (!len || !sb_scope_has(sb->set.client_scope, scope, len))
		return false;
	if (client->scope && !sb_scope_has(client->scope, scope, len))
		return false;
	if (so_far->data && sb_scope_has(so_far->data, scope, len))
		return false;
	if (sb->set.narrow_scope && sb_scope_has(writing, scope, len))
		return false;
	return asked || !sb_scope_has("offline_access", scope, len);
}

char *sb_scope_grant(const struct sandbox *sb, const struct sb_client *client, const char *asked)
{
	const char *at = asked && *asked ? asked : sb->set.client_scope;
	struct sb_text scope = {0};

	sb_text_add(&scope, "", 0);
	while (*at) {
		size_t word = strcspn(at, " ");

		if (granted(sb, client, &scope, at, word,
			    at != sb->set.client_scope && asked && *asked)) {
			if (scope.len)
				sb_text_add(&scope, " ", 1);
			sb_text_add(&scope, at, word);
		}
		at += word;
		at += *at == ' ';
	}
	return scope.data;
}

char *sb_issuer(const struct sandbox *sb)
{
	struct sb_text issuer = {0};

	sb_text_printf(&issuer, "%s%s", *sb->set.issuer ? sb->set.issuer : sb->base_url,
		sb->set.issuer_slash ? "/" : "");
	return issuer.data;
}

static void set_new_text(json_t *object, const char *name, char *text)
{
	json_object_set_new(object, name, json_string(text));
	free(text);
}

static json_t *common_claims(struct sandbox *sb, const struct sb_issue *what, int lifetime)
{
	json_t *claims = json_object();
	json_int_t now = (json_int_t)sb_now(sb);

	set_new_text(claims, "iss", sb_issuer(sb));
	json_object_set_new(claims, "sub", json_string(what->user));
	json_object_set_new(claims, "iat", json_integer(now));
	json_object_set_new(claims, "exp", json_integer(now + lifetime));
	set_new_text(claims, "jti", sb_random_token("", 12));
	json_object_set_new(claims, "client_id", json_string(what->family->client->id));
	return claims;
}

char *sb_sign(struct sandbox *sb, const struct sb_sign *how, const json_t *claims)
{
	const struct sb_sign usual = {.alg = sb_alg_at(sb->set.signing_alg),
		.key = (enum sb_key_role)sb->set.signing_key};

	return sb_keys_sign(&sb->keys, how ? how : &usual, claims);
}

/* One audience is a string, several are a list (RFC 7519 section 4.1.3). */
static json_t *audience(const struct sandbox *sb)
{
	const char *at = sb->set.audience;
	json_t *list;

	if (!strchr(at, ' '))
		return json_string(at);
	list = json_array();
	while (*at) {
		size_t len = strcspn(at, " ");

		json_array_append_new(list, json_stringn(at, len));
		at += len;
		at += *at == ' ';
	}
	return list;
}

static json_t *access_claims(struct sandbox *sb, const struct sb_issue *what, int lifetime)
{
	json_t *claims = common_claims(sb, what, lifetime);

	json_object_set_new(claims, "aud", audience(sb));
	json_object_set_new(claims, "scope", json_string(what->scope));
	if (sb_scope_has(what->scope, "groups", strlen("groups")))
		json_object_set_new(claims, "groups", json_pack("[s, s]", "sandbox", "rehearsal"));
	if (sb_scope_has(what->scope, "containers", strlen("containers")))
		json_object_set_new(claims, "containers", json_pack("[s, s]", "1001", "1002"));
	sb_json_merge(claims, what->claims);
	if (*sb->set.access_claims) {
		json_t *more = json_loads(sb->set.access_claims, 0, NULL);

		sb_json_merge(claims, more);
		json_decref(more);
	}
	return claims;
}

static bool remember(struct sandbox *sb, const struct sb_issue *what, enum sb_token_kind kind,
	const char *value, double expires, json_t *claims)
{
	struct sb_token *token = sb_store_add(&sb->store, what->family, kind, value, expires);

	if (!token)
		return false;
	free(token->user);
	free(token->scope);
	token->user = sb_strdup(what->user);
	token->scope = sb_strdup(what->scope);
	token->claims = json_incref(claims);
	return true;
}

/* An access token and what is remembered of it; NULL when the store is full. */
static char *make_access_token(struct sandbox *sb, const struct sb_issue *what, int lifetime)
{
	json_t *claims = access_claims(sb, what, lifetime);
	char *value = sb->set.opaque_tokens ? sb_random_token("sandbox_at_", 33)
					    : sb_sign(sb, what->sign, claims);

	if (!remember(sb, what, SB_ACCESS, value, sb_now(sb) + lifetime, claims)) {
		free(value);
		value = NULL;
	}
	json_decref(claims);
	return value;
}

static char *make_id_token(struct sandbox *sb, const struct sb_issue *what, int lifetime)
{
	json_t *claims = common_claims(sb, what, lifetime);
	char *jwt;

	json_object_set_new(claims, "aud", json_string(what->family->client->id));
	json_object_set_new(claims, "preferred_username", json_string(what->user));
	jwt = sb_sign(sb, /* how= */ NULL, claims);
	json_decref(claims);
	return jwt;
}

static bool add_refresh_token(struct sb_request *rq, const struct sb_issue *what, json_t *reply)
{
	struct sandbox *sb = rq->sb;
	SB_AUTOFREE char *value = NULL;

	if (what->repeat_refresh_token) {
		json_object_set_new(
			reply, "refresh_token", json_string(what->repeat_refresh_token));
		return true;
	}
	value = sb_random_token("sandbox_rt_", 32);
	json_object_set_new(reply, "refresh_token", json_string(value));
	sb_token_id(value, rq->log.new_refresh_token_id);
	return remember(sb, what, SB_REFRESH, value, sb_now(sb) + sb->set.refresh_lifetime,
		/* claims= */ NULL);
}

void sb_issue(struct sb_request *rq, const struct sb_issue *what)
{
	struct sandbox *sb = rq->sb;
	int lifetime = what->lifetime == SB_ISSUE_DEFAULT ? sb->set.token_lifetime : what->lifetime;
	SB_AUTOFREE char *access = make_access_token(sb, what, lifetime);
	bool stored = access;
	json_t *reply = json_pack("{s:s?, s:s, s:s}", "access_token", access, "token_type",
		"Bearer", "scope", what->scope);

	if (!sb->set.no_expires_in)
		json_object_set_new(reply, "expires_in", json_integer(lifetime));
	if (what->issued_token_type)
		json_object_set_new(
			reply, "issued_token_type", json_string(what->issued_token_type));
	if (what->refresh_token && stored)
		stored = add_refresh_token(rq, what, reply);
	if (what->id_token && sb_scope_has(what->scope, "openid", strlen("openid")))
		set_new_text(reply, "id_token", make_id_token(sb, what, lifetime));
	if (!stored) {
		json_decref(reply);
		sb_reply_page(
			&rq->reply, 503, "Full", "This sandbox has given out all its tokens.");
		return;
	}
	rq->log.family = what->family->number;
	rq->log.outcome = "issued";
	sb_reply_json(&rq->reply, 200, reply);
}
