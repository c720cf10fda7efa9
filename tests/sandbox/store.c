/* SPDX-License-Identifier: MIT */
#include "store.h"

#include <string.h>

void sb_store_init(struct sb_store *st, char *service_secret)
{
	st->clients = sb_client_builtins(service_secret);
}

void sb_store_release(struct sb_store *st)
{
	for (size_t i = 0; i < SB_BUCKETS; i++) {
		for (struct sb_token *t = st->buckets[i], *next; t; t = next) {
			next = t->next;
			free(t->user);
			free(t->scope);
			json_decref(t->claims);
			free(t);
		}
	}
	for (struct sb_family *f = st->families, *next; f; f = next) {
		next = f->next;
		free(f->user);
		free(f->scope);
		free(f);
	}
	for (struct sb_client *c = st->clients, *next; c; c = next) {
		next = c->next;
		sb_client_free(c);
	}
	*st = (struct sb_store){0};
}

struct sb_client *sb_store_client(struct sb_store *st, const char *id)
{
	for (struct sb_client *c = st->clients; c; c = c->next) {
		if (c->deleted)
			continue;
		if (!strcmp(c->id, id) || (c->alias && !strcmp(c->alias, id)))
			return c;
	}
	return NULL;
}

struct sb_family *sb_store_family(
	struct sb_store *st, const struct sb_client *client, const char *user, const char *scope)
{
	struct sb_family *family = sb_zalloc(sizeof(*family));

	family->number = ++st->family_count;
	family->client = client;
	family->user = sb_strdup(user);
	family->scope = sb_strdup(scope);
	family->next = st->families;
	st->families = family;
	return family;
}

struct sb_family *sb_store_family_by_number(struct sb_store *st, unsigned number)
{
	for (struct sb_family *f = st->families; f; f = f->next) {
		if (f->number == number)
			return f;
	}
	return NULL;
}

static struct sb_token **bucket(struct sb_store *st, const unsigned char *digest)
{
	return &st->buckets[((size_t)digest[0] << 8 | digest[1]) % SB_BUCKETS];
}

struct sb_token *sb_store_add(struct sb_store *st, struct sb_family *family,
	enum sb_token_kind kind, const char *value, double expires)
{
	struct sb_token *token, **head;

	if (st->token_count >= SB_TOKENS_MAX)
		return NULL;
	token = sb_zalloc(sizeof(*token));
	sb_sha256(value, strlen(value), token->digest);
	token->kind = kind;
	token->family = family;
	token->user = sb_strdup(family->user);
	token->scope = sb_strdup(family->scope);
	token->expires = expires;
	head = bucket(st, token->digest);
	token->next = *head;
	*head = token;
	st->token_count++;
	return token;
}

struct sb_token *sb_store_find(struct sb_store *st, enum sb_token_kind kind, const char *value)
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(value, strlen(value), digest);
	for (struct sb_token *t = *bucket(st, digest); t; t = t->next) {
		if (t->kind == kind && !memcmp(t->digest, digest, sizeof(digest)))
			return t;
	}
	return NULL;
}

bool sb_token_alive(const struct sb_token *token, double now)
{
	bool family_revoked = token->kind == SB_ACCESS ? token->family->access_revoked
						       : token->family->refresh_revoked;

	return !token->spent && !token->revoked && !family_revoked && now < token->expires;
}

json_t *sb_store_json(const struct sb_store *st)
{
	json_t *list = json_array();
	int shown = 0;

	for (struct sb_family *f = st->families; f && shown < SB_FAMILIES_SHOWN;
		f = f->next, shown++)
		json_array_append_new(
			list, json_pack("{s:o, s:s, s:s, s:s, s:b, s:b, s:i}", "family",
				      json_sprintf("f%u", f->number), "user", f->user, "client_id",
				      f->client->id, "scope", f->scope, "refresh_revoked",
				      f->refresh_revoked, "access_revoked", f->access_revoked,
				      "refreshes", (int)f->refreshes));
	return list;
}
