/*
 * Revoking the tokens of a login that ends (RFC 7009). Nothing here stops the logout: a server that
 * cannot be asked is a line in its report.
 */
#include "logout_revoke.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/http.h"
#include "oauth/discovery.h"
#include "oauth/revocation.h"

#define REVOKE_MS 10000 /* for all requests of one logout: a person waits */

struct revoker {
	struct bfabric_session *s;
	struct bf_http *http;
	struct bf_transport transport;
	struct bf_secret secret;
	char *endpoint;
	const char *client_auth; /* the form that the token endpoint took; NULL: not known */
	int64_t deadline;
	const struct bfabric_cancel *cancel;
	/* Nothing more is asked, because every answer would be this one. */
	enum bf_revoked settled;
	char why[256];
};

static void revoker_release(struct revoker *r)
{
	bf_http_free(r->http);
	bf_secret_release(&r->secret);
	free(r->endpoint);
}

static void settle(struct revoker *r, enum bf_revoked as, const char *why)
{
	r->settled = as;
	snprintf(r->why, sizeof(r->why), "%.255s", why);
}

static enum bfabric_status perform(struct revoker *r, struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err)
{
	request->deadline = r->deadline;
	request->cancel = r->cancel;
	return bf_trace_perform(r->s, &r->transport, request, reply, err);
}

/* ---- where ----------------------------------------------------------------------------------- */

/* What the server's document says; the fixed path where that is nothing usable. */
static enum bfabric_status discover(struct revoker *r, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_ENDPOINTS struct bf_endpoints endpoints = {0};
	const struct bf_url *base = &r->s->env.url;
	bool found = false;
	enum bfabric_status status = bf_discovery_build(base, &request, err);

	if (status == BFABRIC_OK)
		status = perform(r, &request, &reply, err);
	if (status != BFABRIC_OK)
		return status;
	if (bf_discovery_accept(base, &reply, &found, &endpoints, err) != BFABRIC_OK)
		status = bf_endpoints_fixed(base, &endpoints, err);
	if (status == BFABRIC_OK)
		r->endpoint = BF_TAKE(endpoints.revocation);
	return status;
}

static enum bfabric_status find_endpoint(
	struct revoker *r, const struct bf_record *record, struct bfabric_error *err)
{
	const char *known = record->revocation_endpoint;

	if (!bf_endpoint_usable(&r->s->env, known))
		return discover(r, err);
	r->endpoint = strdup(known);
	return r->endpoint ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status begin(
	struct revoker *r, const struct bf_record *record, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!r->s->seam)
		status = bf_session_open_http(r->s, &r->http, err);
	if (status != BFABRIC_OK)
		return status;
	r->transport = r->s->seam ? *r->s->seam : bf_http_transport(r->http);
	r->client_auth = record->client_auth;
	status = bf_client_secret(&r->s->env, &r->s->store, &r->secret, err);
	/* Most clients have no secret, and one that has is refused as it would be without asking.
	 */
	if (status == BFABRIC_STORE_UNAVAILABLE)
		status = BFABRIC_OK;
	return status == BFABRIC_OK ? find_endpoint(r, record, err) : status;
}

/* ---- one token ------------------------------------------------------------------------------- */

/* One request. OK: *ret_reply is an answer, whatever it says; else nobody answered. */
static enum bfabric_status ask_once(struct revoker *r, const struct bf_secret *token,
	enum bf_token_hint hint, enum bf_client_auth auth, struct bf_reply *ret_reply,
	struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	struct bf_grant_params client = {
		.client_id = r->s->env.client_id,
		.client_auth = auth,
		.client_secret = &r->secret,
	};
	enum bfabric_status status =
		bf_revocation_build(r->endpoint, token, hint, &client, &request, err);

	return status == BFABRIC_OK ? perform(r, &request, ret_reply, err) : status;
}

/* "Not of this kind of token" leaves hope for the other one; "no such service" does not. */
static bool settles(const struct bf_reply *reply)
{
	return reply->status != 400 && reply->status != 401 && reply->status != 403;
}

static enum bf_revoked meaning(enum bfabric_status status)
{
	switch (status) {
	case BFABRIC_OK:
		return BF_REVOKED_DONE;
	case BFABRIC_UNSUPPORTED:
		return BF_REVOKED_UNSUPPORTED;
	case BFABRIC_DENIED:
	case BFABRIC_FORBIDDEN:
		return BF_REVOKED_REFUSED;
	case BFABRIC_SYSTEM:
	case BFABRIC_BAD_CONFIG:
	case BFABRIC_BAD_REPLY:
	case BFABRIC_NO_MEMORY:
	case BFABRIC_BAD_CALL:
	case BFABRIC_NOT_LOGGED_IN:
	case BFABRIC_LOGIN_REQUIRED:
	case BFABRIC_RETRY_LATER:
	case BFABRIC_TIMEOUT:
	case BFABRIC_STORE_UNAVAILABLE:
	case BFABRIC_LOCK_TIMEOUT:
	case BFABRIC_CANCELLED:
	case BFABRIC_REFUSED:
		return BF_REVOKED_UNREACHABLE;
	}
	return BF_REVOKED_UNREACHABLE;
}

/* A second form of client authentication only after the server refused the first. */
static enum bf_revoked revoke(struct revoker *r, const struct bf_secret *token,
	enum bf_token_hint hint, struct bfabric_error *why)
{
	enum bf_client_auth forms[2];
	size_t count = bf_client_auth_forms(r->client_auth, !bf_secret_empty(&r->secret), forms);
	enum bfabric_status status = BFABRIC_OK;

	for (size_t i = 0; i < count; i++) {
		BF_AUTO_REPLY struct bf_reply reply = {0};

		status = ask_once(r, token, hint, forms[i], &reply, why);
		if (status != BFABRIC_OK) {
			settle(r, meaning(status), why->text);
			return r->settled;
		}
		status = bf_revocation_accept(&reply, why);
		bf_trace(r->s, "revocation with client authentication \"%s\": %s",
			bf_client_auth_name(forms[i]), status == BFABRIC_OK ? "done" : why->text);
		if (status == BFABRIC_UNSUPPORTED && settles(&reply))
			settle(r, BF_REVOKED_UNSUPPORTED, why->text);
		if (status != BFABRIC_DENIED) {
			r->client_auth = bf_client_auth_name(forms[i]);
			break;
		}
	}
	return meaning(status);
}

/* Of several tokens of one kind the worst news counts. */
static void note(
	struct bf_logout_token *to, enum bf_revoked revoked, int64_t expires_at, const char *why)
{
	if (expires_at > to->expires_at)
		to->expires_at = expires_at;
	if (revoked < to->revoked)
		return;
	to->revoked = revoked;
	snprintf(to->text, sizeof(to->text), "%.255s", revoked == BF_REVOKED_DONE ? "" : why);
}

static void take(struct revoker *r, const struct bf_secret *token, enum bf_token_hint hint,
	int64_t expires_at, struct bf_logout_token *to)
{
	struct bfabric_error why = {0};

	if (r->settled != BF_REVOKED_NONE)
		note(to, r->settled, expires_at, r->why);
	else
		note(to, revoke(r, token, hint, &why), expires_at, why.text);
}

/* ---- all of them ----------------------------------------------------------------------------- */

static bool refresh_seen(const struct bf_held *held, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (bf_secret_equal(&held->tokens[k].refresh, &held->tokens[i].refresh))
			return true;
	return bf_secret_empty(&held->tokens[i].refresh);
}

static bool access_seen(const struct bf_held *held, size_t i, int64_t now)
{
	for (size_t k = 0; k < i; k++)
		if (bf_secret_equal(&held->tokens[k].access, &held->tokens[i].access))
			return true;
	return bf_secret_empty(&held->tokens[i].access) ||
	       !bf_token_unexpired(&held->tokens[i], now);
}

static bool anything(const struct bf_held *held, int64_t now)
{
	for (size_t i = 0; i < held->count; i++)
		if (!refresh_seen(held, i) || !access_seen(held, i, now))
			return true;
	return false;
}

enum bfabric_status bf_logout_revoke(struct bfabric_session *s, const struct bf_record *record,
	const struct bf_held *held, const struct bfabric_cancel *cancel, int64_t deadline,
	struct bf_logout_result *result, struct bfabric_error *err)
{
	int64_t now = bf_wall(s->sys), limit = bf_boot_ms(s->sys) + REVOKE_MS;
	BF_CLEANUP(revoker_release)
	struct revoker r = {
		.s = s, .cancel = cancel, .deadline = deadline < limit ? deadline : limit};
	struct bfabric_error why = {0};
	enum bfabric_status status;

	if (!anything(held, now))
		return BFABRIC_OK;
	status = begin(&r, record, &why);
	if (bf_cancelled(cancel))
		return bf_fail(err, BFABRIC_CANCELLED, "cancelled, nothing was changed");
	if (status == BFABRIC_BAD_CONFIG && bf_secret_empty(&r.secret))
		settle(&r, BF_REVOKED_REFUSED, why.text);
	else if (status != BFABRIC_OK)
		settle(&r, meaning(status), why.text);
	for (size_t i = 0; i < held->count; i++)
		if (!refresh_seen(held, i))
			take(&r, &held->tokens[i].refresh, BF_TOKEN_HINT_REFRESH,
				/* expires_at= */ 0, &result->refresh);
	for (size_t i = 0; i < held->count; i++)
		if (!access_seen(held, i, now))
			take(&r, &held->tokens[i].access, BF_TOKEN_HINT_ACCESS,
				held->tokens[i].expires_at, &result->access);
	return BFABRIC_OK;
}
