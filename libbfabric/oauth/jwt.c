/* jwt.c - see jwt.h. */
#include "jwt.h"

#include <string.h>
#include <strings.h>

#include "../base/base64.h"
#include "strict.h"

void bf_jwt_release(struct bf_jwt *jwt)
{
	bf_secret_release(&jwt->signature);
	json_decref(jwt->header);
	json_decref(jwt->payload);
	*jwt = (struct bf_jwt){0};
}

/* The three parts of RFC 7515, section 7.1; borrowed. */
struct parts {
	const char *text[3];
	size_t len[3];
};

/*
 * A header is an object, so base64url of it begins with "ey" ({", { and a space) or "ew" (white
 * space before the first member). Opaque tokens may contain dots too.
 */
static bool looks_like_jwt(const char *token, size_t len)
{
	return len > 2 && token[0] == 'e' && (token[1] == 'y' || token[1] == 'w') &&
	       memchr(token, '.', len);
}

static enum bfabric_status split(
	const char *token, size_t len, struct parts *ret, struct bfabric_error *err)
{
	const char *end = token + len;
	struct parts parts = {0};
	size_t n = 0;

	for (const char *at = token; at; n++) {
		const char *dot = memchr(at, '.', (size_t)(end - at));

		if (n < 3) {
			parts.text[n] = at;
			parts.len[n] = (size_t)((dot ? dot : end) - at);
		}
		at = dot ? dot + 1 : NULL;
	}
	if (n == 5)
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it is encrypted (JWE)");
	if (n != 3)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it has %zu parts where a signed token has three", n);
	*ret = parts;
	return BFABRIC_OK;
}

static enum bfabric_status decode(const char *what, const char *text, size_t len,
	struct bf_secret *ret, struct bfabric_error *err)
{
	if (bf_base64url_decode(ret, text, len))
		return BFABRIC_OK;
	if (ret->failed)
		return bf_fail_nomem(err);
	return bf_fail(
		err, BFABRIC_DENIED, "the token is refused: its %s is not strict base64url", what);
}

static enum bfabric_status decode_object(
	const char *what, const char *text, size_t len, json_t **ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret bytes = BF_SECRET_INIT;
	const char *why = NULL;
	enum bfabric_status status = decode(what, text, len, &bytes, err);

	if (status != BFABRIC_OK)
		return status;
	*ret = bf_strict_object(bf_secret_reveal(&bytes), bytes.len, BF_JWT_DEPTH_MAX, &why);
	if (*ret)
		return BFABRIC_OK;
	return why ? bf_fail(err, BFABRIC_DENIED, "the token is refused: its %s %s", what, why)
		   : bf_fail_nomem(err);
}

static enum bfabric_status read_alg(struct bf_jwt *jwt, struct bfabric_error *err)
{
	const char *alg = json_string_value(json_object_get(jwt->header, "alg"));
	char shown[40];

	if (!alg)
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it names no algorithm");
	if (strcasecmp(alg, "none") == 0)
		return bf_fail(
			err, BFABRIC_DENIED, "the token is refused: it is not signed (alg none)");
	bf_show(shown, sizeof(shown), alg, strlen(alg));
	if (strncasecmp(alg, "HS", 2) == 0)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: %s is no signature, whoever can check it can make "
			"it",
			shown);
	if (!bf_jwt_alg_parse(alg, &jwt->alg))
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: its algorithm %s is not among those taken here",
			shown);
	return BFABRIC_OK;
}

static bool usable_kid(const char *kid)
{
	const size_t len = kid ? strlen(kid) : 0;

	if (len == 0 || len > BF_JWT_KID_MAX)
		return false;
	for (; *kid; kid++)
		if ((unsigned char)*kid < ' ' || *kid == 0x7f)
			return false;
	return true;
}

static enum bfabric_status read_kid(struct bf_jwt *jwt, struct bfabric_error *err)
{
	const json_t *member = json_object_get(jwt->header, "kid");

	if (!member)
		return BFABRIC_OK;
	jwt->kid = json_string_value(member);
	if (usable_kid(jwt->kid))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_DENIED, "the token is refused: its kid is no name of a key");
}

/*
 * What kind of token it is (RFC 8725, section 3.11): an access token (RFC 9068, section 2.1) or one
 * that does not say. A media type, so without regard to case and with or without "application/".
 */
static bool usable_type(const json_t *member)
{
	static const char prefix[] = "application/";
	const char *typ = json_string_value(member);

	if (!member)
		return true;
	if (!typ)
		return false;
	if (strncasecmp(typ, prefix, strlen(prefix)) == 0)
		typ += strlen(prefix);
	return strcasecmp(typ, "JWT") == 0 || strcasecmp(typ, "at+jwt") == 0;
}

/* Whatever is critical must be understood, and we understand no extension (RFC 7515, 4.1.11). */
static enum bfabric_status read_header(struct bf_jwt *jwt, struct bfabric_error *err)
{
	const json_t *b64 = json_object_get(jwt->header, "b64");
	enum bfabric_status status = read_alg(jwt, err);

	if (status != BFABRIC_OK)
		return status;
	if (json_object_get(jwt->header, "crit"))
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it demands an extension (crit), and none is known "
			"here");
	if (b64 && !json_is_true(b64)) /* RFC 7797 */
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: its payload is not encoded (b64)");
	if (!usable_type(json_object_get(jwt->header, "typ")))
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: its typ is that of another kind of token");
	return read_kid(jwt, err);
}

enum bfabric_status bf_jwt_parse(
	const char *token, size_t len, struct bf_jwt *ret, struct bfabric_error *err)
{
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	struct parts parts = {0};
	enum bfabric_status status;

	if (len > BF_JWT_MAX)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: it is larger than %zu KiB", BF_JWT_MAX >> 10);
	if (!looks_like_jwt(token, len))
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the token is opaque (no JWT): only the server can tell what it is worth, "
			"introspect it instead");
	status = split(token, len, &parts, err);
	if (status == BFABRIC_OK)
		status = decode_object("header", parts.text[0], parts.len[0], &jwt.header, err);
	if (status == BFABRIC_OK)
		status = read_header(&jwt, err);
	if (status == BFABRIC_OK)
		status = decode_object("payload", parts.text[1], parts.len[1], &jwt.payload, err);
	if (status == BFABRIC_OK)
		status = decode("signature", parts.text[2], parts.len[2], &jwt.signature, err);
	if (status != BFABRIC_OK)
		return status;
	if (bf_secret_empty(&jwt.signature))
		return bf_fail(err, BFABRIC_DENIED, "the token is refused: it is not signed");
	jwt.input = token;
	jwt.input_len = parts.len[0] + 1 + parts.len[1];
	*ret = jwt;
	jwt = (struct bf_jwt){0};
	return BFABRIC_OK;
}
