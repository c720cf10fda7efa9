/* SPDX-License-Identifier: MIT */
/* The way back to the client: code or error, state, iss (RFC 9207), and how each may be wrong. */
#include "authorize.h"
#include "code.h"
#include "grants.h"
#include "reply.h"

#include <string.h>

static void add(struct sb_text *url, const char *name, const char *value)
{
	sb_text_puts(url, strchr(url->data, '?') ? "&" : "?");
	sb_text_puts(url, name);
	sb_text_puts(url, "=");
	sb_text_url(url, value);
}

static void add_state(const struct sb_authorize *az, struct sb_text *url)
{
	const char *state = sb_params_get(az->params, "state");

	switch ((enum sb_callback)az->rq->sb->set.callback) {
	case SB_CALLBACK_WRONG_STATE:
		add(url, "state", "not-the-state-that-was-sent");
		return;
	case SB_CALLBACK_NO_STATE:
		return;
	case SB_CALLBACK_RIGHT:
	case SB_CALLBACK_NO_CODE:
	case SB_CALLBACK_TWO_CODES:
	case SB_CALLBACK_CODE_AND_ERROR:
		if (state)
			add(url, "state", state);
		return;
	}
}

static void add_issuer(const struct sb_authorize *az, struct sb_text *url)
{
	SB_AUTOFREE char *issuer = sb_issuer(az->rq->sb);

	switch ((enum sb_callback_iss)az->rq->sb->set.callback_iss) {
	case SB_ISS_NONE:
		return;
	case SB_ISS_RIGHT:
		add(url, "iss", issuer);
		return;
	case SB_ISS_WRONG:
		add(url, "iss", "https://somebody-else.example/bfabric");
		return;
	}
}

static void add_code(const struct sb_authorize *az, struct sb_text *url, const char *code)
{
	switch ((enum sb_callback)az->rq->sb->set.callback) {
	case SB_CALLBACK_NO_CODE:
		return;
	case SB_CALLBACK_TWO_CODES:
		add(url, "code", code);
		add(url, "code", "sandbox_ac_the-second-one");
		return;
	case SB_CALLBACK_CODE_AND_ERROR:
		add(url, "error", "access_denied");
		add(url, "code", code);
		return;
	case SB_CALLBACK_RIGHT:
	case SB_CALLBACK_WRONG_STATE:
	case SB_CALLBACK_NO_STATE:
		add(url, "code", code);
		return;
	}
}

static void send_back(const struct sb_authorize *az, struct sb_text *url)
{
	struct sb_reply *reply = &az->rq->reply;

	add_state(az, url);
	add_issuer(az, url);
	/* 303: a POST of the consent page must not be repeated at the client. */
	reply->status = strcmp(az->rq->method, "POST") ? 302 : 303;
	sb_reply_header(reply, "Location", url->data);
	sb_reply_header(reply, "Cache-Control", "no-store");
	sb_reply_header(reply, "Referrer-Policy", "no-referrer");
}

void sb_authorize_refuse(const struct sb_authorize *az, const char *error, const char *description)
{
	struct sb_text url SB_AUTOTEXT = {0};

	sb_text_puts(&url, az->redirect_uri);
	add(&url, "error", error);
	if (*description)
		add(&url, "error_description", description);
	az->rq->log.outcome = "refused";
	send_back(az, &url);
}

void sb_authorize_approve(const struct sb_authorize *az, const char *user)
{
	const char *challenge = sb_params_get(az->params, "code_challenge");
	SB_AUTOFREE char *redirect_uri = sb_strdup(az->redirect_uri);
	SB_AUTOFREE char *bound_challenge = sb_strdup(challenge);
	SB_AUTOFREE char *bound_user = sb_strdup(user);
	struct sb_code bound = {.client = az->client,
		.redirect_uri = redirect_uri,
		.challenge = bound_challenge,
		.user = bound_user,
		.scope = az->scope};
	SB_AUTOFREE char *code = sb_code_new(az->rq->sb, &bound);
	struct sb_text url SB_AUTOTEXT = {0};

	if (!code) {
		sb_authorize_refuse(az, "temporarily_unavailable", "Too many codes.");
		return;
	}
	sb_text_puts(&url, az->redirect_uri);
	add_code(az, &url, code);
	az->rq->log.outcome = "approved";
	send_back(az, &url);
}
