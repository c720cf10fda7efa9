/* SPDX-License-Identifier: MIT */
/* Introspection (RFC 7662): what a token says, for a client that can prove who it is. */
#include "endpoints.h"
#include "grants.h"
#include "reply.h"

static struct sb_token *find_alive(struct sandbox *sb, const char *value)
{
	struct sb_token *token = sb_store_find(&sb->store, SB_ACCESS, value);

	if (!token)
		token = sb_store_find(&sb->store, SB_REFRESH, value);
	return token && sb_token_alive(token, sb_now(sb)) ? token : NULL;
}

static json_t *describe(const struct sandbox *sb, const struct sb_token *token)
{
	SB_AUTOFREE char *issuer = sb_issuer(sb);
	json_t *claims = json_pack("{s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:I}", "active", 1, "scope",
		token->scope, "client_id", token->family->client->id, "username", token->user,
		"sub", token->user, "token_type",
		token->kind == SB_ACCESS ? "Bearer" : "refresh_token", "iss", issuer, "exp",
		(json_int_t)token->expires);

	if (token->claims)
		json_object_update(claims, token->claims);
	return claims;
}

void sb_handle_introspect(struct sb_request *rq)
{
	const char *value = sb_params_get(&rq->form, "token");
	const struct sb_client *client;
	const struct sb_token *token;

	if (!value || rq->form.malformed || rq->form.repeated) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "Malformed request.");
		return;
	}
	client = sb_client_authenticate(rq, false);
	if (!client)
		return;
	if (!client->secret && !rq->sb->set.introspect_public) {
		sb_reply_oauth_error(rq, 401, "invalid_client", "Only for clients with a secret.");
		sb_reply_header(&rq->reply, "WWW-Authenticate", "Basic realm=\"B-Fabric sandbox\"");
		return;
	}
	token = find_alive(rq->sb, value);
	rq->log.outcome = token ? "active" : "inactive";
	if (token)
		rq->log.family = token->family->number;
	sb_reply_json(
		&rq->reply, 200, token ? describe(rq->sb, token) : json_pack("{s:b}", "active", 0));
}
