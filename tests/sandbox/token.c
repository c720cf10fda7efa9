/* SPDX-License-Identifier: MIT */
/* The token endpoint (RFC 6749 section 3.2), the refresh and client_credentials grants. */
#include "endpoints.h"
#include "grants.h"
#include "reply.h"

#include <stdio.h>
#include <string.h>

void sb_describe_token(struct sb_request *rq)
{
	const char *type = sb_params_get(&rq->form, "grant_type");
	const char *refresh = sb_params_get(&rq->form, "refresh_token");
	const char *id = sb_params_get(&rq->form, "client_id");
	const struct sb_grant *grant = type ? sb_grant_find(type) : NULL;
	struct sb_token *token =
		refresh ? sb_store_find(&rq->sb->store, SB_REFRESH, refresh) : NULL;

	rq->log.grant = grant ? grant->name : NULL;
	rq->log.client_id = sb_strdup(id ? id : "");
	if (refresh)
		sb_token_id(refresh, rq->log.refresh_token_id);
	if (token)
		rq->log.family = token->family->number;
}

void sb_handle_token(struct sb_request *rq)
{
	const char *type = sb_params_get(&rq->form, "grant_type");
	const struct sb_grant *grant = type ? sb_grant_find(type) : NULL;
	struct sb_client *client;

	if (rq->form.malformed || rq->form.repeated || !type) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "Malformed request.");
		return;
	}
	if (!grant) {
		sb_reply_oauth_error(rq, 400, "unsupported_grant_type", "No such grant here.");
		return;
	}
	client = sb_client_authenticate(rq, grant->refresh_rule);
	if (client && !sb_client_may(client, type))
		sb_reply_oauth_error(rq, 400, "unauthorized_client", "Not with this client.");
	else if (client)
		grant->run(rq, client);
}

static void refuse_spent(struct sb_request *rq, struct sb_token *token)
{
	rq->log.outcome = "reuse";
	if (rq->sb->set.reuse_detection)
		token->family->refresh_revoked = true;
	sb_reply_oauth_error(rq, 400, "invalid_grant", "This refresh token was already used.");
}

static bool usable(struct sb_request *rq, struct sb_token *token, const struct sb_client *client)
{
	double now = sb_now(rq->sb);

	if (!token || token->family->client != client) {
		sb_reply_oauth_error(rq, 400, "invalid_grant", "Unknown refresh token.");
		return false;
	}
	if (token->spent && now >= token->spent_at + rq->sb->set.reuse_grace) {
		refuse_spent(rq, token);
		return false;
	}
	if (token->family->refresh_revoked || token->revoked || now >= token->expires) {
		sb_reply_oauth_error(rq, 400, "invalid_grant", "Refresh token expired or revoked.");
		return false;
	}
	return true;
}

void sb_grant_refresh(struct sb_request *rq, struct sb_client *client)
{
	struct sandbox *sb = rq->sb;
	const char *value = sb_params_get(&rq->form, "refresh_token");
	const char *asked = sb_params_get(&rq->form, "scope");
	struct sb_token *token = value ? sb_store_find(&sb->store, SB_REFRESH, value) : NULL;
	SB_AUTOFREE char *other_user = NULL;
	struct sb_issue what = {.lifetime = SB_ISSUE_DEFAULT};

	if (!value) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "refresh_token is missing.");
		return;
	}
	if (!usable(rq, token, client))
		return;
	if (asked && !sb_scope_within(asked, token->family->scope)) {
		sb_reply_oauth_error(rq, 400, "invalid_scope", "More than was granted.");
		return;
	}
	if (sb->set.rotation == SB_ROTATION_ON && !token->spent) {
		token->spent = true;
		token->spent_at = sb_now(sb);
	}
	other_user = sb_zalloc(strlen(token->user) + sizeof("-other"));
	snprintf(other_user, strlen(token->user) + sizeof("-other"), "%s-other", token->user);
	what.family = token->family;
	what.user = sb->set.subject_changes ? other_user : token->user;
	what.scope = asked ? asked : token->family->scope;
	what.refresh_token = sb->set.rotation != SB_ROTATION_OFF;
	what.repeat_refresh_token = sb->set.rotation == SB_ROTATION_SAME ? value : NULL;
	what.id_token = sb->set.id_token_on_refresh;
	token->family->refreshes++;
	sb_issue(rq, &what);
}

void sb_grant_client_credentials(struct sb_request *rq, struct sb_client *client)
{
	struct sandbox *sb = rq->sb;
	SB_AUTOFREE char *scope = sb_scope_grant(sb, client, sb_params_get(&rq->form, "scope"));
	const char *user = client->service_user ? client->service_user : sb->set.service_user;
	struct sb_issue what = {.lifetime = SB_ISSUE_DEFAULT, .scope = scope};

	if (!*scope) {
		sb_reply_oauth_error(rq, 400, "invalid_scope", "None of these scopes is granted.");
		return;
	}
	what.family = sb_store_family(&sb->store, client, user, scope);
	what.user = user;
	what.refresh_token = sb->set.cc_refresh_token;
	sb_issue(rq, &what);
}
