/* SPDX-License-Identifier: MIT */
#include "bearer.h"

#include "endpoints.h"
#include "reply.h"

#include <string.h>

#define OAUTH_USER "__oauth__:"

static struct sb_token *find(struct sb_request *rq, const char *header)
{
	SB_AUTOFREE char *basic = NULL;
	const char *value;

	if (!strncasecmp(header, "Bearer ", 7)) {
		value = header + 7 + strspn(header + 7, " ");
		rq->log.client_auth = "bearer";
		return sb_store_find(&rq->sb->store, SB_ACCESS, value);
	}
	if (strncasecmp(header, "Basic ", 6) != 0)
		return NULL;
	rq->log.client_auth = "basic";
	basic = sb_base64_decode(header + 6 + strspn(header + 6, " "));
	if (!basic || strncmp(basic, OAUTH_USER, strlen(OAUTH_USER)) != 0)
		return NULL;
	return sb_store_find(&rq->sb->store, SB_ACCESS, basic + strlen(OAUTH_USER));
}

struct sb_token *sb_bearer(struct sb_request *rq)
{
	const char *header = sb_header(rq, "Authorization");
	struct sb_token *token = header ? find(rq, header) : NULL;

	rq->log.outcome = "unauthorized";
	if (!header)
		rq->log.client_auth = "none";
	if (!token)
		return NULL;
	rq->log.family = token->family->number;
	if (!sb_token_alive(token, sb_now(rq->sb)))
		return NULL;
	rq->log.outcome = "authorized";
	return token;
}

void sb_handle_whoami(struct sb_request *rq)
{
	const struct sb_token *token = sb_bearer(rq);

	if (token) {
		sb_reply_json(&rq->reply, 200,
			json_pack("{s:s, s:s, s:s, s:I}", "sub", token->user, "scope", token->scope,
				"client_id", token->family->client->id, "exp",
				(json_int_t)token->expires));
		return;
	}
	sb_reply_json(&rq->reply, 401, json_pack("{s:s}", "error", "invalid_token"));
	sb_reply_header(&rq->reply, "WWW-Authenticate",
		"Bearer realm=\"B-Fabric sandbox\", error=\"invalid_token\"");
}
