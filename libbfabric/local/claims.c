/*
 * What a token says about itself, unverified: good for showing a name and for guessing an expiry,
 * never for a decision about access.
 */
#include "token.h"

#include <stdlib.h>
#include <string.h>

#include "../base/base64.h"

#define KEPT_MAX         ((size_t)32 << 10) /* bytes of a reply that are kept as they came */
#define DEFAULT_LIFETIME 3600 /* seconds, where neither the reply nor the token says it */

/* NULL: there are none, or (*ret_memory) none could be read for lack of it. */
static json_t *claims_of(const struct bf_secret *jwt, bool *ret_memory)
{
	BF_AUTO_SECRET struct bf_secret payload = BF_SECRET_INIT;
	const char *first = strchr(bf_secret_reveal(jwt), '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	json_error_t error = {0};
	json_t *claims = NULL;
	bool decoded =
		second && bf_base64url_decode(&payload, first + 1, (size_t)(second - first - 1));

	if (decoded)
		claims = json_loadb(bf_secret_reveal(&payload), payload.len, 0, &error);
	/* jansson names what is wrong with a text; it gives no reason when memory ran out. */
	*ret_memory = payload.failed ||
		      (decoded && !claims &&
			      (json_error_code(&error) == json_error_unknown ||
				      json_error_code(&error) == json_error_out_of_memory));
	return claims;
}

enum bfabric_status bf_token_read_subject(
	const struct bf_token *token, char **ret_subject, struct bfabric_error *err)
{
	bool memory = false;
	json_t *claims = claims_of(&token->access, &memory);
	const char *subject = json_string_value(json_object_get(claims, "sub"));
	char *copy = subject ? strdup(subject) : NULL;

	memory |= subject && !copy;
	json_decref(claims);
	if (memory)
		return bf_fail_nomem(err);
	*ret_subject = copy;
	return BFABRIC_OK;
}

char *bf_token_subject(const struct bf_token *token)
{
	char *subject = NULL;

	return bf_token_read_subject(token, &subject, /* err= */ NULL) == BFABRIC_OK ? subject
										     : NULL;
}

int64_t bf_token_claimed_expiry(const struct bf_token *token)
{
	bool memory = false; /* makes no difference: the expiry is guessed then */
	json_t *claims = claims_of(&token->access, &memory);
	double exp = json_number_value(json_object_get(claims, "exp"));

	json_decref(claims);
	return exp > 0 && exp < (double)(INT64_C(1) << 53) ? (int64_t)exp : 0;
}

static bool put(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

static enum bfabric_status set_expiry(
	struct bf_token *t, int64_t expires_at, int64_t now, struct bfabric_error *err)
{
	t->expires_at = expires_at;
	if (t->expires_in == 0)
		t->expires_in = expires_at - now;
	if (!put(t->members, "expires_at", json_integer(t->expires_at)) ||
		!put(t->members, "expires_in", json_integer(t->expires_in)))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

enum bfabric_status bf_token_settle(struct bf_token *token, int64_t now, struct bfabric_error *err)
{
	if (token->expires_at > 0 &&
		json_integer_value(json_object_get(token->members, "expires_at")) > 0)
		return BFABRIC_OK;
	return set_expiry(token, token->expires_at > 0 ? token->expires_at : now + DEFAULT_LIFETIME,
		now, err);
}

static int64_t expiry_of_reply(const struct bf_token *token, int64_t now)
{
	int64_t claimed;

	if (token->expires_in > 0)
		return now + token->expires_in;
	claimed = bf_token_claimed_expiry(token);
	return claimed > now ? claimed : now + DEFAULT_LIFETIME;
}

/*
 * What a server adds is kept, but a file with it must stay small enough to be read again: record
 * and cache hold the token once each, beside little else.
 */
static enum bfabric_status keep_small(struct bf_token *t, struct bfabric_error *err)
{
	static const char *const needed[] = {
		"access_token", "token_type", "refresh_token", "expires_in", "expires_at", "scope"};
	json_t *small;

	if (json_dumpb(t->members, NULL, 0, JSON_INDENT(2)) <= KEPT_MAX)
		return BFABRIC_OK;
	small = json_object();
	for (size_t i = 0; small && i < sizeof(needed) / sizeof(*needed); i++) {
		json_t *value = json_object_get(t->members, needed[i]);

		if (value && json_object_set(small, needed[i], value) != 0) {
			json_decref(small);
			small = NULL;
		}
	}
	if (!small)
		return bf_fail_nomem(err);
	json_decref(t->members);
	t->members = small;
	if (json_dumpb(small, NULL, 0, JSON_INDENT(2)) > BF_TOKEN_FILE_MAX / 2)
		return bf_fail(
			err, BFABRIC_BAD_REPLY, "the server's token is too large to be kept");
	return BFABRIC_OK;
}

enum bfabric_status bf_token_from_reply(json_t *reply, int64_t now,
	const struct bf_secret *previous_refresh, struct bf_token *ret, struct bfabric_error *err)
{
	BF_AUTO_TOKEN struct bf_token t = BF_TOKEN_INIT;
	enum bfabric_status status = bf_token_from_json(reply, &t, err);

	if (status != BFABRIC_OK)
		return status;
	status = set_expiry(&t, expiry_of_reply(&t, now), now, err);
	if (status != BFABRIC_OK)
		return status;
	if (bf_secret_empty(&t.refresh) && previous_refresh && !bf_secret_empty(previous_refresh)) {
		bf_secret_put_secret(&t.refresh, previous_refresh);
		if (t.refresh.failed || !put(t.members, "refresh_token",
						json_string(bf_secret_reveal(previous_refresh))))
			return bf_fail_nomem(err);
	}
	status = keep_small(&t, err);
	if (status == BFABRIC_OK)
		bf_token_move(ret, &t);
	return status;
}
