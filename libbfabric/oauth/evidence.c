/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../base/base64.h"
#include "../base/concat.h"
#include "../base/hash.h"

const char *bf_evidence_kind_name(enum bf_evidence_kind kind)
{
	switch (kind) {
	case BF_EVIDENCE_ID_TOKEN:
		return "id_token";
	case BF_EVIDENCE_ACCESS_TOKEN:
		return "access_token";
	case BF_EVIDENCE_INTROSPECTION:
		return "introspection";
	}
	return "unknown";
}

void bf_evidence_release(struct bf_evidence *evidence)
{
	free(evidence->name);
	json_decref(evidence->claims);
	*evidence = (struct bf_evidence){0};
}

enum bf_evidence_kind bf_evidence_choose(const json_t *reply, const char **ret_token)
{
	const json_t *id_token = json_object_get(reply, "id_token");
	const char *access = json_string_value(json_object_get(reply, "access_token"));
	BF_AUTO_JWT struct bf_jwt jwt = {0};

	if (id_token) {
		*ret_token = json_string_value(id_token);
		return BF_EVIDENCE_ID_TOKEN;
	}
	*ret_token = access ? access : "";
	return bf_jwt_parse(*ret_token, strlen(*ret_token), &jwt, /* err= */ NULL) ==
			       BFABRIC_UNSUPPORTED
		       ? BF_EVIDENCE_INTROSPECTION
		       : BF_EVIDENCE_ACCESS_TOKEN;
}

/* ---- what all three have in common ----------------------------------------------------------- */

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

static enum bfabric_status check_expected(
	const struct bf_evidence_expected *expected, struct bfabric_error *err)
{
	if (expected->client_id && *expected->client_id && expected->issuer && *expected->issuer &&
		expected->claim && *expected->claim)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_CALL,
		"who approved cannot be known without a client, an issuer and a claim");
}

static size_t without_slash(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && text[len - 1] == '/' ? len - 1 : len;
}

static enum bfabric_status check_issuer(
	const char *issuer, const char *expected, struct bfabric_error *err)
{
	size_t len;

	if (!issuer)
		return bf_fail(err, BFABRIC_DENIED, "it names no issuer");
	len = without_slash(issuer);
	if (len == without_slash(expected) && memcmp(issuer, expected, len) == 0)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_DENIED, "it was issued by %s, not by %s", show(issuer).text,
		show(expected).text);
}

static enum bfabric_status check_client(
	const char *client_id, const char *expected, struct bfabric_error *err)
{
	if (!client_id)
		return bf_fail(err, BFABRIC_DENIED, "it names no client");
	if (strcmp(client_id, expected) == 0)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_DENIED, "it is of the client %s, not of %s",
		show(client_id).text, show(expected).text);
}

/* Nothing in a name that could mean something else to whoever compares or prints it. */
static bool plain_name(const char *name)
{
	char shown[BF_EVIDENCE_NAME_MAX + 1];

	bf_show(shown, sizeof(shown), name, strlen(name));
	return *name && strcmp(shown, name) == 0;
}

/* Exactly the configured claim. An address counts only when the server has seen it answer. */
static enum bfabric_status read_name(
	const json_t *claims, const char *claim, char **ret, struct bfabric_error *err)
{
	const json_t *member = json_object_get(claims, claim);
	const char *name = json_string_value(member);

	if (!member || json_is_null(member))
		return bf_fail(err, BFABRIC_DENIED, "it has no claim %s", show(claim).text);
	/* jansson reads no NUL into a text unless told to */
	if (!name || strlen(name) != json_string_length(member) || !plain_name(name))
		return bf_fail(err, BFABRIC_DENIED, "its claim %s is no name", show(claim).text);
	if (strcmp(claim, "email") == 0 && !json_is_true(json_object_get(claims, "email_verified")))
		return bf_fail(err, BFABRIC_DENIED, "its email is not verified");
	*ret = strdup(name);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status finish(enum bf_evidence_kind kind, json_t *claims,
	const struct bf_evidence_expected *expected, struct bf_evidence *ret,
	struct bfabric_error *err)
{
	int64_t clock_off = ret->clock_off;
	char *name = NULL;
	enum bfabric_status status = read_name(claims, expected->claim, &name, err);

	if (status != BFABRIC_OK)
		return status;
	bf_evidence_release(ret);
	*ret = (struct bf_evidence){
		.kind = kind, .name = name, .claims = json_incref(claims), .clock_off = clock_off};
	return BFABRIC_OK;
}

static enum bfabric_status refuse(
	enum bf_evidence_kind kind, enum bfabric_status status, struct bfabric_error *err)
{
	if (status == BFABRIC_DENIED)
		(void)bf_fail_context(err, status, "who approved is not known: the %s",
			bf_evidence_kind_name(kind));
	return status;
}

/* ---- the id_token ---------------------------------------------------------------------------- */

/* `aud` is one name or a list of names; *ret_several: there is more than one. */
static enum bfabric_status check_audience(
	const json_t *aud, const char *expected, bool *ret_several, struct bfabric_error *err)
{
	const json_t *one;
	bool found = json_is_string(aud) && strcmp(json_string_value(aud), expected) == 0;
	size_t i;

	if (!aud)
		return bf_fail(err, BFABRIC_DENIED, "it names no audience");
	json_array_foreach (aud, i, one) {
		if (!json_is_string(one))
			return bf_fail(err, BFABRIC_DENIED, "its audience is not a list of names");
		found |= strcmp(json_string_value(one), expected) == 0;
	}
	*ret_several = json_array_size(aud) > 1;
	if (found)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_DENIED, "it is not meant for %s", show(expected).text);
}

/* A member that must be this text; `needed`: it must be there, too. */
static enum bfabric_status check_text(const json_t *claims, const char *name, const char *expected,
	bool needed, struct bfabric_error *err)
{
	const json_t *member = json_object_get(claims, name);
	const char *text = json_string_value(member);

	if (!member && !needed)
		return BFABRIC_OK;
	if (!member)
		return bf_fail(err, BFABRIC_DENIED, "it has no %s", name);
	if (text && strcmp(text, expected) == 0)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_DENIED, "its %s is not the one that was expected", name);
}

/* The left half of the hash that the signature's algorithm uses (section 3.1.3.6), base64url. */
static size_t half_hash(enum bf_jwt_alg alg, const char *text, unsigned char digest[BF_SHA512_SIZE])
{
	size_t len = strlen(text);

	switch (alg) {
	case BF_JWT_RS256:
	case BF_JWT_PS256:
	case BF_JWT_ES256:
		bf_sha256(text, len, digest);
		return BF_SHA256_SIZE / 2;
	case BF_JWT_RS384:
	case BF_JWT_ES384:
		bf_sha384(text, len, digest);
		return BF_SHA384_SIZE / 2;
	case BF_JWT_RS512:
	case BF_JWT_EDDSA: /* Ed25519 hashes with SHA-512 (RFC 8032, section 5.1) */
		bf_sha512(text, len, digest);
		return BF_SHA512_SIZE / 2;
	}
	return 0;
}

static enum bfabric_status check_hash(
	const struct bf_jwt *jwt, const char *access_token, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret expected = BF_SECRET_INIT;
	unsigned char digest[BF_SHA512_SIZE];
	size_t half = half_hash(jwt->alg, access_token, digest);

	bf_base64url_encode(&expected, digest, half);
	if (expected.failed)
		return bf_fail_nomem(err);
	return check_text(jwt->payload, "at_hash", bf_secret_reveal(&expected),
		/* needed= */ false, err);
}

static enum bfabric_status check_addressee(const struct bf_jwt *jwt,
	const struct bf_evidence_expected *expected, struct bfabric_error *err)
{
	const char *type = json_string_value(json_object_get(jwt->header, "typ"));
	bool several = false;
	enum bfabric_status status;

	if (type &&
		(strcasecmp(type, "at+jwt") == 0 || strcasecmp(type, "application/at+jwt") == 0))
		return bf_fail(err, BFABRIC_DENIED, "it is an access token");
	status = check_audience(
		json_object_get(jwt->payload, "aud"), expected->client_id, &several, err);
	return status == BFABRIC_OK
		       ? check_text(jwt->payload, "azp", expected->client_id, several, err)
		       : status;
}

/* What bf_jwt_check knows of the rest: types, times. The audience was looked at. */
static enum bfabric_status check_rest(const struct bf_jwt *jwt, const char *audience,
	const char *client_id, const struct bf_evidence_expected *expected, int64_t now,
	struct bf_jwt_claims *ret, struct bfabric_error *err)
{
	const struct bf_jwt_expected wanted = {
		.issuer = expected->issuer, .audience = audience, .client_id = client_id};
	enum bfabric_status status = bf_jwt_check(jwt, &wanted, now, ret, err);

	return status == BFABRIC_OK ? check_issuer(ret->issuer, expected->issuer, err) : status;
}

enum bfabric_status bf_evidence_id_token(const struct bf_jwt *jwt, const char *access_token,
	const struct bf_evidence_expected *expected, int64_t now, struct bf_evidence *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	enum bfabric_status status = check_expected(expected, err);

	if (status == BFABRIC_OK)
		status = check_addressee(jwt, expected, err);
	if (status == BFABRIC_OK)
		status = check_rest(jwt, expected->client_id, /* client_id= */ NULL, expected, now,
			&claims, err);
	if (status == BFABRIC_OK && !json_object_get(jwt->payload, "iat"))
		status = bf_fail(err, BFABRIC_DENIED, "it does not say when it was issued");
	if (status == BFABRIC_OK && expected->nonce)
		status =
			check_text(jwt->payload, "nonce", expected->nonce, /* needed= */ true, err);
	if (status == BFABRIC_OK)
		status = check_hash(jwt, access_token, err);
	if (status == BFABRIC_OK)
		status = finish(BF_EVIDENCE_ID_TOKEN, jwt->payload, expected, ret, err);
	return refuse(BF_EVIDENCE_ID_TOKEN, status, err);
}

/* ---- the others ------------------------------------------------------------------------------ */

enum bfabric_status bf_evidence_access_token(const struct bf_jwt *jwt,
	const struct bf_evidence_expected *expected, int64_t now, struct bf_evidence *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	enum bfabric_status status = check_expected(expected, err);

	if (status == BFABRIC_OK)
		status = check_rest(
			jwt, BF_JWT_AUDIENCE, expected->client_id, expected, now, &claims, err);
	if (status == BFABRIC_OK)
		status = finish(BF_EVIDENCE_ACCESS_TOKEN, jwt->payload, expected, ret, err);
	return refuse(BF_EVIDENCE_ACCESS_TOKEN, status, err);
}

static enum bfabric_status check_introspection(const struct bf_introspection *said,
	const struct bf_evidence_expected *expected, int64_t now, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (!said->active)
		return bf_fail(err, BFABRIC_DENIED, "says that the token is not active");
	status = check_client(said->client_id, expected->client_id, err);
	if (status == BFABRIC_OK && (!said->subject || !*said->subject))
		status = bf_fail(err, BFABRIC_DENIED, "names no subject");
	if (status == BFABRIC_OK && said->issuer)
		status = check_issuer(said->issuer, expected->issuer, err);
	if (status != BFABRIC_OK)
		return status;
	if (said->expires_at && now >= said->expires_at + BF_JWT_LEEWAY)
		return bf_fail(err, BFABRIC_DENIED, "says that the token expired %lld s ago",
			(long long)(now - said->expires_at));
	if (said->not_before > now + BF_JWT_LEEWAY || said->issued_at > now + BF_JWT_LEEWAY)
		return bf_fail(err, BFABRIC_DENIED, "says that the token is from the future");
	return BFABRIC_OK;
}

enum bfabric_status bf_evidence_introspection(const struct bf_introspection *introspection,
	const struct bf_evidence_expected *expected, int64_t now, struct bf_evidence *ret,
	struct bfabric_error *err)
{
	enum bfabric_status status = check_expected(expected, err);

	if (status == BFABRIC_OK)
		status = check_introspection(introspection, expected, now, err);
	if (status == BFABRIC_OK)
		status = finish(
			BF_EVIDENCE_INTROSPECTION, introspection->claims, expected, ret, err);
	return refuse(BF_EVIDENCE_INTROSPECTION, status, err);
}

bool bf_evidence_in_group(const struct bf_evidence *evidence, const char *group)
{
	const json_t *one;
	size_t i;

	json_array_foreach (json_object_get(evidence->claims, "groups"), i, one)
		if (json_is_string(one) && strlen(group) == json_string_length(one) &&
			strcmp(json_string_value(one), group) == 0)
			return true;
	return false;
}
