/* introspection.c - see introspection.h. */
#include "introspection.h"
#include "member.h"
#include "refusal.h"
#include "reply.h"
#include <string.h>

#define WHAT "the introspection endpoint"

void bf_introspection_release(struct bf_introspection *introspection)
{
	json_decref(introspection->claims);
	*introspection = (struct bf_introspection){0};
}

enum bfabric_status bf_introspection_build(const char *endpoint, const struct bf_secret *token,
	enum bf_token_hint hint, const struct bf_grant_params *client,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	return bf_token_query_build(endpoint, token, hint, client, ret_request, err);
}

static enum bfabric_status read_active(struct bf_introspection *r, struct bfabric_error *err)
{
	const json_t *claims = r->claims;
	const struct {
		const char *name, **to;
	} texts[] = {{"sub", &r->subject}, {"username", &r->username}, {"client_id", &r->client_id},
		{"scope", &r->scope}, {"iss", &r->issuer}, {"token_type", &r->token_type}};
	const struct {
		const char *name;
		int64_t *to;
	} dates[] = {{"exp", &r->expires_at}, {"iat", &r->issued_at}, {"nbf", &r->not_before}};
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; status == BFABRIC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		status = bf_member_text(WHAT, claims, texts[i].name, texts[i].to, err);
	for (size_t i = 0; status == BFABRIC_OK && i < sizeof(dates) / sizeof(dates[0]); i++)
		status = bf_member_date(WHAT, claims, dates[i].name, dates[i].to, err);
	return status;
}

enum bfabric_status bf_introspection_accept(
	const struct bf_reply *reply, struct bf_introspection *ret, struct bfabric_error *err)
{
	BF_AUTO_INTROSPECTION struct bf_introspection r = {0};
	const json_t *active = NULL;
	enum bfabric_status status;

	if (reply->status != 200)
		return bf_fail_refused(WHAT, reply, err);
	status = bf_reply_object(WHAT, reply, &r.claims, err);
	if (status != BFABRIC_OK)
		return status;
	active = json_object_get(r.claims, "active");
	if (!json_is_boolean(active))
		return bf_fail(
			err, BFABRIC_BAD_REPLY, WHAT " does not say whether the token is active");
	r.active = json_is_true(active);
	if (r.active)
		status = read_active(&r, err);
	if (status != BFABRIC_OK)
		return status;
	bf_introspection_release(ret);
	*ret = r;
	r = (struct bf_introspection){0};
	return BFABRIC_OK;
}

bool bf_introspection_has_scope(const struct bf_introspection *introspection, const char *word)
{
	const size_t len = strlen(word);
	const char *scope = introspection->scope;

	while (len && scope && *scope) {
		size_t run = strcspn(scope, " ");

		if (run == len && memcmp(scope, word, len) == 0)
			return true;
		scope += run;
		scope += strspn(scope, " ");
	}
	return false;
}

static bool same(const json_t *text, const char *other)
{
	return json_is_string(text) && strcmp(json_string_value(text), other) == 0;
}

bool bf_introspection_is_for(const struct bf_introspection *introspection, const char *audience)
{
	const json_t *aud =
		introspection->active ? json_object_get(introspection->claims, "aud") : NULL;
	const json_t *item;
	size_t i;

	json_array_foreach (aud, i, item)
		if (same(item, audience))
			return true;
	return same(aud, audience);
}
