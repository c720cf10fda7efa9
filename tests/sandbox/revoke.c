/* SPDX-License-Identifier: MIT */
/* Revocation (RFC 7009): a refresh token takes its family with it, an access token goes alone. */
#include "endpoints.h"
#include "grants.h"
#include "reply.h"

static void revoke_token(struct sb_request *rq, const struct sb_client *client, const char *value)
{
	struct sb_store *st = &rq->sb->store;
	struct sb_token *token = sb_store_find(st, SB_REFRESH, value);

	rq->log.outcome = "unknown";
	if (!token)
		token = sb_store_find(st, SB_ACCESS, value);
	if (token && token->family->client == client) {
		token->revoked = true;
		if (token->kind == SB_REFRESH) {
			sb_token_id(value, rq->log.refresh_token_id);
			token->family->refresh_revoked = true;
			token->family->access_revoked = true;
		}
		rq->log.family = token->family->number;
		rq->log.outcome = "revoked";
	}
	rq->reply.status = 200;
}

void sb_handle_revoke(struct sb_request *rq)
{
	const char *value = sb_params_get(&rq->form, "token");
	struct sb_client *client;

	switch ((enum sb_revoke)rq->sb->set.revoke) {
	case SB_REVOKE_404:
		sb_reply_page(
			&rq->reply, 404, "HTTP Status 404 – Not Found", "There is nothing here.");
		return;
	case SB_REVOKE_501:
		sb_reply_oauth_error(rq, 501, "unsupported", "Revocation is not available.");
		return;
	case SB_REVOKE_503: /* RFC 7009 section 2.2.1: the token is still good */
		sb_reply_page(&rq->reply, 503, "Busy", "Try again later.");
		sb_reply_header(&rq->reply, "Retry-After", "1");
		return;
	case SB_REVOKE_200:
		break;
	}
	if (!value || rq->form.malformed || rq->form.repeated) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "Malformed request.");
		return;
	}
	client = sb_client_authenticate(rq, false);
	if (client)
		revoke_token(rq, client, value);
}
