/* SPDX-License-Identifier: MIT */
/* Who is asking the token endpoint (RFC 6749 section 2.3). */
#include "grants.h"
#include "reply.h"

#include <openssl/crypto.h>
#include <string.h>

struct claim {
	char *basic; /* decoded, owned; holds id and secret if Basic was used */
	const char *id;
	const char *secret;
	const char *how; /* for the log */
};

static void claim_release(struct claim *claim)
{
	free(claim->basic);
}

/* Basic carries form-urlencoded id and secret. False: broken. */
static bool read_basic(struct claim *claim, const char *header)
{
	char *colon;

	claim->how = "basic";
	claim->basic = sb_base64_decode(header + strspn(header, " "));
	colon = claim->basic ? strchr(claim->basic, ':') : NULL;
	if (!colon)
		return false;
	*colon = '\0';
	claim->id = claim->basic;
	claim->secret = colon + 1;
	claim->how = colon[1] ? "basic" : "basic-empty";
	return sb_url_decode(claim->basic) && sb_url_decode(colon + 1);
}

static bool read_claim(struct sb_request *rq, struct claim *claim)
{
	const char *header = sb_header(rq, "Authorization");
	const char *body_id = sb_params_get(&rq->form, "client_id");
	const char *body_secret = sb_params_get(&rq->form, "client_secret");

	if (header && !strncasecmp(header, "Basic ", 6)) {
		if (!read_basic(claim, header + 6))
			return false;
		/* One method a request, and the same client in both places. */
		return !body_secret && (!body_id || !strcmp(body_id, claim->id));
	}
	claim->id = body_id ? body_id : "";
	claim->secret = body_secret ? body_secret : "";
	claim->how = body_secret ? "body" : "none";
	return !header;
}

static bool secret_matches(const struct sb_client *client, const char *secret)
{
	size_t len = strlen(secret);

	if (!client->secret)
		return !len;
	return len == strlen(client->secret) && !CRYPTO_memcmp(secret, client->secret, len);
}

static bool form_allowed(
	const struct sandbox *sb, const struct sb_client *client, const struct claim *claim)
{
	if (client->secret)
		return true;
	switch ((enum sb_refresh_auth)sb->set.refresh_auth) {
	case SB_AUTH_EITHER:
		return true;
	case SB_AUTH_EMPTY_BASIC:
		return !strcmp(claim->how, "basic-empty");
	case SB_AUTH_BODY:
		return !strcmp(claim->how, "none");
	}
	return false;
}

struct sb_client *sb_client_authenticate(struct sb_request *rq, bool refresh_rule)
{
	struct claim claim __attribute__((cleanup(claim_release))) = {0};
	bool readable = read_claim(rq, &claim);
	struct sb_client *client = readable ? sb_store_client(&rq->sb->store, claim.id) : NULL;

	rq->log.client_auth = claim.how;
	free(rq->log.client_id);
	rq->log.client_id = sb_strdup(claim.id ? claim.id : "");
	if (client && secret_matches(client, claim.secret) &&
		(!refresh_rule || form_allowed(rq->sb, client, &claim)))
		return client;
	sb_reply_oauth_error(rq, 401, "invalid_client", "Client authentication failed.");
	sb_reply_header(&rq->reply, "WWW-Authenticate", "Basic realm=\"B-Fabric sandbox\"");
	return NULL;
}
