/* SPDX-License-Identifier: MIT */
#include "code.h"

#include "grants.h"
#include "reply.h"

#include <string.h>

#define VERIFIER_MIN 43 /* RFC 7636 section 4.1 */
#define VERIFIER_MAX 128

char *sb_code_new(struct sandbox *sb, const struct sb_code *bound_to)
{
	struct sb_code *code;
	char *value;

	if (sb->code_count == SB_CODES_MAX)
		return NULL;
	value = sb_random_token("sandbox_ac_", 24);
	code = sb_zalloc(sizeof(*code));
	sb_sha256(value, strlen(value), code->digest);
	code->client = bound_to->client;
	code->redirect_uri = sb_strdup(bound_to->redirect_uri);
	code->challenge = sb_strdup(bound_to->challenge);
	code->user = sb_strdup(bound_to->user);
	code->scope = sb_strdup(bound_to->scope);
	code->expires = sb_now(sb) + sb->set.code_lifetime;
	code->next = sb->codes;
	sb->codes = code;
	sb->code_count++;
	return value;
}

void sb_codes_release(struct sandbox *sb)
{
	for (struct sb_code *c = sb->codes, *next; c; c = next) {
		next = c->next;
		free(c->redirect_uri);
		free(c->challenge);
		free(c->user);
		free(c->scope);
		free(c);
	}
	sb->codes = NULL;
	sb->code_count = 0;
}

static struct sb_code *find(struct sandbox *sb, const char *value)
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(value, strlen(value), digest);
	for (struct sb_code *c = sb->codes; c; c = c->next) {
		if (!memcmp(c->digest, digest, sizeof(digest)))
			return c;
	}
	return NULL;
}

static bool verifies(const struct sb_code *code, const char *verifier)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789-._~";
	size_t len = strlen(verifier);
	unsigned char digest[SB_DIGEST_LEN];
	SB_AUTOFREE char *challenge = NULL;

	if (len < VERIFIER_MIN || len > VERIFIER_MAX || strspn(verifier, allowed) != len)
		return false;
	sb_sha256(verifier, len, digest);
	challenge = sb_base64url(digest, sizeof(digest));
	return !strcmp(challenge, code->challenge);
}

/* What is wrong with using this code now; NULL if nothing is. */
static const char *refusal(struct sb_request *rq, struct sb_code *code,
	const struct sb_client *client, const char *verifier)
{
	const char *redirect_uri = sb_params_get(&rq->form, "redirect_uri");

	if (!code || code->client != client)
		return "Unknown code.";
	if (code->family) {
		rq->log.outcome = "reuse";
		rq->log.family = code->family->number;
		code->family->refresh_revoked = true;
		code->family->access_revoked = true;
		return "This code was already used; what it brought is revoked.";
	}
	if (sb_now(rq->sb) >= code->expires)
		return "This code has expired.";
	if (!redirect_uri || strcmp(redirect_uri, code->redirect_uri) != 0)
		return "redirect_uri is not the one of the authorization request.";
	if (!verifies(code, verifier))
		return "code_verifier does not match the challenge.";
	return NULL;
}

void sb_grant_authorization_code(struct sb_request *rq, struct sb_client *client)
{
	const char *value = sb_params_get(&rq->form, "code");
	const char *verifier = sb_params_get(&rq->form, "code_verifier");
	struct sb_code *code = value ? find(rq->sb, value) : NULL;
	struct sb_issue what = {.lifetime = SB_ISSUE_DEFAULT, .id_token = true};
	const char *wrong;

	if (!value || !verifier) {
		sb_reply_oauth_error(rq, 400, "invalid_request",
			value ? "code_verifier is missing." : "code is missing.");
		return;
	}
	wrong = refusal(rq, code, client, verifier);
	if (wrong) {
		sb_reply_oauth_error(rq, 400, "invalid_grant", wrong);
		return;
	}
	code->family = sb_store_family(&rq->sb->store, client, code->user, code->scope);
	what.family = code->family;
	what.user = code->user;
	what.scope = code->scope;
	what.refresh_token = sb_client_may(client, SB_GRANT_REFRESH);
	sb_issue(rq, &what);
}
