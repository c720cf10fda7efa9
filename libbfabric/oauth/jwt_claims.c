/*
 * What a token says, against what it must say (RFC 7519, section 4.1; RFC 8725, section 3.8
 * and 3.9).
 */
#include <stdlib.h>
#include <string.h>

#include "../base/url.h"
#include "jwt.h"

#define TIME_MAX (INT64_C(1) << 53) /* beyond, a double no longer tells the seconds apart */

void bf_jwt_claims_release(struct bf_jwt_claims *claims)
{
	json_decref(claims->all);
	*claims = (struct bf_jwt_claims){0};
}

struct shown {
	char text[120];
};

/* Foreign text, but no secret. */
static struct shown show(const char *text)
{
	struct shown s;

	bf_show(s.text, sizeof(s.text), text, strlen(text));
	return s;
}

/* A member that must be text where it is there at all. */
static enum bfabric_status read_text(
	const json_t *all, const char *name, const char **ret, struct bfabric_error *err)
{
	const json_t *member = json_object_get(all, name);

	*ret = json_string_value(member);
	if (member && !*ret)
		return bf_fail(
			err, BFABRIC_DENIED, "the token is refused: its %s is not text", name);
	return BFABRIC_OK;
}

/* NumericDate (RFC 7519, section 2): a fraction is allowed, and dropped. Never negative here. */
static bool read_number(const json_t *member, int64_t *ret)
{
	if (json_is_integer(member)) {
		*ret = json_integer_value(member);
		return *ret >= 0 && *ret <= TIME_MAX;
	}
	if (!json_is_real(member) || !(json_real_value(member) >= 0) ||
		!(json_real_value(member) <= (double)TIME_MAX))
		return false;
	*ret = (int64_t)json_real_value(member);
	return true;
}

static enum bfabric_status read_time(
	const json_t *all, const char *name, int64_t *ret, struct bfabric_error *err)
{
	const json_t *member = json_object_get(all, name);

	*ret = 0;
	if (member && !read_number(member, ret))
		return bf_fail(
			err, BFABRIC_DENIED, "the token is refused: its %s is no time", name);
	return BFABRIC_OK;
}

static enum bfabric_status read_claims(
	json_t *all, struct bf_jwt_claims *ret, struct bfabric_error *err)
{
	enum bfabric_status status = read_text(all, "iss", &ret->issuer, err);

	if (status == BFABRIC_OK)
		status = read_text(all, "sub", &ret->subject, err);
	if (status == BFABRIC_OK)
		status = read_text(all, "client_id", &ret->client_id, err);
	if (status == BFABRIC_OK)
		status = read_text(all, "jti", &ret->id, err);
	if (status == BFABRIC_OK)
		status = read_time(all, "exp", &ret->expires_at, err);
	if (status == BFABRIC_OK)
		status = read_time(all, "nbf", &ret->not_before, err);
	if (status == BFABRIC_OK)
		status = read_time(all, "iat", &ret->issued_at, err);
	return status;
}

/* Compared in canonical form, which knows no trailing slash and no default port. */
static enum bfabric_status check_issuer(
	const char *issuer, const char *expected, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url wanted = BF_URL_INIT;
	BF_AUTO_URL struct bf_url said = BF_URL_INIT;
	enum bfabric_status status;

	status = expected ? bf_url_parse(expected, &wanted, /* err= */ NULL) : BFABRIC_BAD_CALL;
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK)
		return bf_fail(err, BFABRIC_BAD_CALL, "the expected issuer is no URL");
	if (!issuer)
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it names no issuer");
	status = bf_url_parse(issuer, &said, /* err= */ NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK || strcmp(said.text, wanted.text) != 0)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it was issued by %s, not by %s", show(issuer).text,
			wanted.text);
	return BFABRIC_OK;
}

/* `aud` is one name or a list of names; every entry must be text (RFC 7519, section 4.1.3). */
static enum bfabric_status check_audience(
	const json_t *aud, const char *expected, struct bfabric_error *err)
{
	const json_t *one;
	bool found = false;
	size_t i;

	if (!aud)
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it names no audience");
	if (json_is_string(aud) && strcmp(json_string_value(aud), expected) == 0)
		return BFABRIC_OK;
	json_array_foreach (aud, i, one) {
		if (!json_is_string(one))
			return bf_fail(err, BFABRIC_DENIED,
				"the token is refused: its audience is not a list of names");
		found |= strcmp(json_string_value(one), expected) == 0;
	}
	if (found)
		return BFABRIC_OK;
	if (json_is_string(aud))
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it is meant for %s, not for %s",
			show(json_string_value(aud)).text, expected);
	return bf_fail(
		err, BFABRIC_DENIED, "the token is refused: it is not meant for %s", expected);
}

static enum bfabric_status check_times(
	const struct bf_jwt_claims *claims, int64_t now, struct bfabric_error *err)
{
	if (!json_object_get(claims->all, "exp"))
		return bf_fail(
			err, BFABRIC_DENIED, "the token is refused: it does not say when it ends");
	if (now >= claims->expires_at + BF_JWT_LEEWAY)
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it expired %lld s ago",
			(long long)(now - claims->expires_at));
	if (claims->not_before > now + BF_JWT_LEEWAY)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it is not valid before %lld s from now (is this "
			"clock right?)",
			(long long)(claims->not_before - now));
	if (claims->issued_at > now + BF_JWT_LEEWAY)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it was issued %lld s in the future (is this clock "
			"right?)",
			(long long)(claims->issued_at - now));
	return BFABRIC_OK;
}

static enum bfabric_status check_name(
	const char *what, const char *said, const char *expected, struct bfabric_error *err)
{
	if (!expected || (said && strcmp(said, expected) == 0))
		return BFABRIC_OK;
	if (!said)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it names no %s, and %s was expected", what,
			expected);
	return bf_fail(err, BFABRIC_DENIED, "the token is refused: its %s is %s, not %s", what,
		show(said).text, expected);
}

enum bfabric_status bf_jwt_check(const struct bf_jwt *jwt, const struct bf_jwt_expected *expected,
	int64_t now, struct bf_jwt_claims *ret, struct bfabric_error *err)
{
	struct bf_jwt_claims claims = {.all = jwt->payload};
	const char *audience = expected->audience ? expected->audience : BF_JWT_AUDIENCE;
	enum bfabric_status status = read_claims(jwt->payload, &claims, err);

	if (status == BFABRIC_OK)
		status = check_issuer(claims.issuer, expected->issuer, err);
	if (status == BFABRIC_OK)
		status = check_audience(json_object_get(claims.all, "aud"), audience, err);
	if (status == BFABRIC_OK)
		status = check_times(&claims, now, err);
	if (status == BFABRIC_OK)
		status = check_name("client", claims.client_id, expected->client_id, err);
	if (status == BFABRIC_OK)
		status = check_name("subject", claims.subject, expected->subject, err);
	if (status != BFABRIC_OK)
		return status;
	bf_jwt_claims_release(ret);
	json_incref(claims.all);
	*ret = claims;
	return BFABRIC_OK;
}

const char *bf_jwt_claim(const struct bf_jwt_claims *claims, const char *name)
{
	return json_string_value(json_object_get(claims->all, name));
}
