/* SPDX-License-Identifier: MIT */
/* Token exchange (RFC 8693): a launch token becomes an access token that carries its context. */
#include "grants.h"
#include "launch.h"
#include "reply.h"

#include <string.h>

#define ACCESS_TOKEN_TYPE "urn:ietf:params:oauth:token-type:access_token"

/* What is wrong with this launch token now; NULL if nothing is (RFC 8693 section 2.2.2). */
static const char *refusal(
	struct sandbox *sb, const struct sb_launch *launch, const struct sb_client *client)
{
	if (!launch)
		return "Unknown launch token.";
	if (launch->client && launch->client != client)
		return "This launch token is for another client.";
	if (sb_now(sb) >= launch->expires)
		return "The launch token has expired.";
	if (launch->used && sb->set.launch_single_use)
		return "The launch token was already used.";
	return NULL;
}

static void exchange(struct sb_request *rq, struct sb_launch *launch, struct sb_client *client)
{
	struct sandbox *sb = rq->sb;
	SB_AUTOFREE char *scope = sb_scope_grant(sb, client, sb_params_get(&rq->form, "scope"));
	struct sb_issue what = {.lifetime = SB_ISSUE_DEFAULT,
		.user = launch->user,
		.scope = scope,
		.claims = launch->context,
		.issued_token_type = ACCESS_TOKEN_TYPE,
		.refresh_token = sb->set.exchange_refresh_token};

	if (!*scope) {
		sb_reply_oauth_error(rq, 400, "invalid_scope", "None of these scopes is granted.");
		return;
	}
	launch->used = true;
	what.family = sb_store_family(&sb->store, client, launch->user, scope);
	sb_issue(rq, &what);
}

void sb_grant_exchange(struct sb_request *rq, struct sb_client *client)
{
	const char *value = sb_params_get(&rq->form, "subject_token");
	const char *type = sb_params_get(&rq->form, "subject_token_type");
	struct sb_launch *launch = value ? sb_launch_find(rq->sb, value) : NULL;
	const char *wrong;

	if (!value || !type || strcmp(type, ACCESS_TOKEN_TYPE) != 0) {
		sb_reply_oauth_error(rq, 400, "invalid_request",
			value ? "subject_token_type must be " ACCESS_TOKEN_TYPE "."
			      : "subject_token is missing.");
		return;
	}
	wrong = refusal(rq->sb, launch, client);
	if (wrong)
		sb_reply_oauth_error(rq, 400, "invalid_request", wrong);
	else
		exchange(rq, launch, client);
}
