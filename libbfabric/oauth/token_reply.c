/* token_reply.c - replies of the token endpoint (RFC 6749, section 5; RFC 8628, section 3.5). */
#include "grant.h"
#include "reply.h"
#include <string.h>
#include <strings.h>

#define WHAT "the token endpoint"

/* Errors that have a verdict of their own; every other one is REFUSED. */
static const struct oauth_error {
	const char *name;
	enum bf_token_verdict verdict;
	enum bfabric_status status;
} oauth_errors[] = {
	{"authorization_pending", BF_TOKEN_PENDING, BFABRIC_RETRY_LATER},
	{"slow_down", BF_TOKEN_SLOW_DOWN, BFABRIC_RETRY_LATER},
	{"access_denied", BF_TOKEN_DENIED, BFABRIC_DENIED},
	{"expired_token", BF_TOKEN_CODE_EXPIRED, BFABRIC_TIMEOUT},
	{"invalid_grant", BF_TOKEN_GRANT_REFUSED, BFABRIC_LOGIN_REQUIRED},
	{"invalid_client", BF_TOKEN_CLIENT_REFUSED, BFABRIC_DENIED},
	{"unauthorized_client", BF_TOKEN_CLIENT_REFUSED, BFABRIC_DENIED},
	{"invalid_request", BF_TOKEN_REQUEST_REFUSED, BFABRIC_DENIED},
	{"invalid_scope", BF_TOKEN_REFUSED, BFABRIC_FORBIDDEN},
	{"temporarily_unavailable", BF_TOKEN_TRANSIENT, BFABRIC_RETRY_LATER},
	{"server_error", BF_TOKEN_TRANSIENT, BFABRIC_RETRY_LATER},
	{NULL, BF_TOKEN_REFUSED, BFABRIC_DENIED},
};

static const struct oauth_error *find_error(const char *name)
{
	const struct oauth_error *e = oauth_errors;

	while (e->name && strcmp(e->name, name) != 0)
		e++;
	return e;
}

static enum bf_token_verdict garbage(struct bfabric_error *err, const char *why)
{
	(void)bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered %s", why);
	return BF_TOKEN_GARBAGE;
}

static enum bf_token_verdict nomem(struct bfabric_error *err)
{
	(void)bf_fail_nomem(err);
	return BF_TOKEN_GARBAGE;
}

/* Java and Python servers write null for "not there". */
static void drop_nulls(json_t *token)
{
	const char *key;
	json_t *value;
	void *next;

	json_object_foreach_safe(token, next, key, value) if (json_is_null(value))(void)
		json_object_del(token, key); /* it is there */
}

/* A token without an expiry can be served; one that seems to live for ever must not. */
static bool tidy_expiry(json_t *token)
{
	int64_t seconds = 0;

	(void)json_object_del(token, "expires_at"); /* ours to compute; need not be there */
	if (!bf_member_seconds(token, "expires_in", &seconds)) {
		(void)json_object_del(token, "expires_in"); /* need not be there */
		return true;
	}
	return json_object_set_new(token, "expires_in", json_integer(seconds)) == 0;
}

/* An empty refresh token is none: the old one is kept (RFC 6749, section 6). */
static void drop_empty_refresh(json_t *token)
{
	const char *refresh = json_string_value(json_object_get(token, "refresh_token"));

	if (refresh && !*refresh)
		(void)json_object_del(token, "refresh_token"); /* it is there */
}

static bool clean_or_absent(const json_t *token, const char *name)
{
	const json_t *member = json_object_get(token, name);
	const char *text = json_string_value(member);

	return !member || (text && (!*text || bf_printable(text, ' ')));
}

static bool bearer_or_absent(const json_t *token)
{
	const json_t *type = json_object_get(token, "token_type");
	const char *text = json_string_value(type);

	return !type || (text && strcasecmp(text, "Bearer") == 0);
}

static enum bf_token_verdict issued(json_t **token, json_t **ret_token, struct bfabric_error *err)
{
	drop_nulls(*token);
	drop_empty_refresh(*token);
	if (!json_object_get(*token, "access_token"))
		return garbage(err, "without an access token");
	if (!bf_printable(json_string_value(json_object_get(*token, "access_token")), '!'))
		return garbage(err, "with an access token that cannot be one");
	if (!bearer_or_absent(*token))
		return garbage(err, "with a token type other than Bearer");
	if (!clean_or_absent(*token, "refresh_token"))
		return garbage(err, "with a refresh token that cannot be one");
	if (!clean_or_absent(*token, "scope"))
		return garbage(err, "with a scope that cannot be one");
	if (!tidy_expiry(*token))
		return nomem(err);
	*ret_token = BF_TAKE(*token);
	return BF_TOKEN_ISSUED;
}

/* An OAuth error in a 4xx. Some servers answer 403 or 428 where the RFC says 400. */
static enum bf_token_verdict refused(
	const struct bf_reply *reply, const json_t *object, struct bfabric_error *err)
{
	const char *name = bf_oauth_error(object);
	const struct oauth_error *e = find_error(name ? name : "");

	if (reply->status == 401 && !e->name) {
		(void)bf_fail_oauth(err, BFABRIC_DENIED, WHAT, object);
		return BF_TOKEN_CLIENT_REFUSED;
	}
	if (!name) {
		(void)bf_fail_odd(WHAT, reply, err);
		return BF_TOKEN_GARBAGE;
	}
	(void)bf_fail_oauth(err, e->status, WHAT, object);
	if (reply->status == 401 &&
		(e->verdict == BF_TOKEN_REFUSED || e->verdict == BF_TOKEN_REQUEST_REFUSED))
		return BF_TOKEN_CLIENT_REFUSED;
	return e->verdict;
}

/* A 429 that says slow_down means the poll, not the server: the interval grows for good. */
static bool asks_to_slow_down(const struct bf_reply *reply, const json_t *object)
{
	const char *name = bf_oauth_error(object);

	return reply->status == 429 && name && strcmp(name, "slow_down") == 0;
}

enum bf_token_verdict bf_token_accept(
	const struct bf_reply *reply, json_t **ret_token, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *object = NULL;
	struct bfabric_error why = {0};

	if (bf_reply_object(WHAT, reply, &object, &why) == BFABRIC_NO_MEMORY)
		return nomem(err);
	if (bf_reply_busy(reply) && !asks_to_slow_down(reply, object)) {
		(void)bf_fail_later(WHAT, reply, err);
		return BF_TOKEN_TRANSIENT;
	}
	if (reply->status == 404 && !object) {
		(void)bf_fail(err, BFABRIC_RETRY_LATER,
			WHAT " was not found (HTTP 404), as happens while the server restarts");
		return BF_TOKEN_TRANSIENT;
	}
	if (object && reply->status == 200 &&
		!(bf_reply_whole(reply, object, "access_token") &&
			bf_reply_whole(reply, object, "refresh_token")))
		return nomem(err);
	if (object && reply->status == 200)
		return issued(&object, ret_token, err);
	if (object && reply->status >= 400 && reply->status <= 499)
		return refused(reply, object, err);
	if (reply->status == 200)
		(void)bf_fail(err, why.status, "%s", why.text);
	else
		(void)bf_fail_odd(WHAT, reply, err);
	return BF_TOKEN_GARBAGE;
}
