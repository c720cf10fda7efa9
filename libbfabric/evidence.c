/* evidence.c - see evidence.h. */
#include "evidence.h"

#include <string.h>

#include "verify.h"

/* One check under way. */
struct check {
	struct bf_login_flow *flow;
	const struct bf_evidence_grant *grant;
	struct bf_evidence_expected expected;
	const char *token; /* what the evidence consists of; NULL: no text */
};

static int64_t now_of(const struct check *c, int64_t date)
{
	return date ? date : bf_wall(c->flow->s->sys);
}

static enum bfabric_status check_signature(
	const struct check *c, const struct bf_jwt *jwt, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	enum bfabric_status status = bf_jwks_build(c->flow->endpoints.jwks, &request, err);

	if (status == BFABRIC_OK)
		status = bf_login_perform(c->flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(c->flow, bf_jwks_accept(&reply, &jwks, err), err);
	return status == BFABRIC_OK ? bf_verify_with(&jwks, jwt, err) : status;
}

/* What a token says is looked at after its signature: until then it is anybody's word. */
static enum bfabric_status check_jwt(const struct check *c, enum bf_evidence_kind kind,
	struct bf_evidence *ret, struct bfabric_error *err)
{
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	const int64_t now = now_of(c, c->grant->date);
	const char *access = json_string_value(json_object_get(c->grant->reply, "access_token"));
	enum bfabric_status status = bf_jwt_parse(c->token, strlen(c->token), &jwt, err);

	if (status == BFABRIC_UNSUPPORTED)
		status = bf_fail(err, BFABRIC_DENIED, "it is no JWT");
	if (status == BFABRIC_OK)
		status = check_signature(c, &jwt, err);
	if (status == BFABRIC_DENIED)
		return bf_fail_context(err, status, "who approved is not known: the %s",
			bf_evidence_kind_name(kind));
	if (status != BFABRIC_OK)
		return status;
	return kind == BF_EVIDENCE_ID_TOKEN
		       ? bf_evidence_id_token(
				 &jwt, access ? access : "", &c->expected, now, ret, err)
		       : bf_evidence_access_token(&jwt, &c->expected, now, ret, err);
}

static enum bfabric_status introspect(
	const struct check *c, struct bf_evidence *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_INTROSPECTION struct bf_introspection said = {0};
	const struct bf_grant_params client = {.client_id = c->expected.client_id,
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = c->grant->client_secret};
	enum bfabric_status status;

	if (!client.client_secret || bf_secret_empty(client.client_secret))
		return bf_fail(err, BFABRIC_DENIED,
			"who approved is not known: there is no id_token, and the access token "
			"says nothing; register the client %.100s for the scope openid",
			c->expected.client_id);
	bf_secret_puts(&token, c->token);
	if (token.failed)
		return bf_fail_nomem(err);
	status = bf_introspection_build(c->flow->endpoints.introspection, &token,
		BF_TOKEN_HINT_ACCESS, &client, &request, err);
	if (status == BFABRIC_OK)
		status = bf_login_perform(c->flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(c->flow, bf_introspection_accept(&reply, &said, err), err);
	return status == BFABRIC_OK ? bf_evidence_introspection(
					      &said, &c->expected, now_of(c, reply.date), ret, err)
				    : status;
}

enum bfabric_status bf_evidence_check(struct bf_login_flow *flow,
	const struct bf_evidence_grant *grant, const struct bf_evidence_expected *expected,
	struct bf_evidence *ret, struct bfabric_error *err)
{
	struct check c = {.flow = flow, .grant = grant, .expected = *expected};
	enum bf_evidence_kind kind = bf_evidence_choose(grant->reply, &c.token);
	enum bfabric_status status = BFABRIC_OK;

	if (!c.expected.issuer)
		c.expected.issuer = flow->endpoints.issuer;
	switch (kind) {
	case BF_EVIDENCE_ID_TOKEN:
		status = c.token ? check_jwt(&c, kind, ret, err)
				 : bf_fail(err, BFABRIC_DENIED,
					   "who approved is not known: the id_token is no text");
		break;
	case BF_EVIDENCE_ACCESS_TOKEN:
		status = check_jwt(&c, kind, ret, err);
		break;
	case BF_EVIDENCE_INTROSPECTION:
		status = introspect(&c, ret, err);
		break;
	}
	if (status == BFABRIC_OK && grant->date)
		ret->clock_off = grant->date - bf_wall(flow->s->sys);
	return status;
}
