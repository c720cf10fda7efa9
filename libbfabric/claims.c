/*
 * What a token says: read from it, verified, or asked of the server.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "oauth/introspection.h"
#include "verify.h"

void bfabric_claims_clear(struct bfabric_claims *claims)
{
	if (!claims)
		return;
	free(claims->subject);
	free(claims->client_id);
	free(claims->issuer);
	free(claims->scope);
	free(claims->email);
	free(claims->name);
	for (size_t i = 0; i < claims->group_count; i++)
		free(claims->groups[i]);
	free(claims->groups);
	free(claims->entity_class);
	free(claims->json);
	*claims = (struct bfabric_claims){0};
}

static bool copy_groups(struct bfabric_claims *claims, const json_t *groups)
{
	size_t count = json_array_size(groups);

	if (count == 0)
		return true;
	claims->groups = calloc(count, sizeof(*claims->groups));
	if (!claims->groups)
		return false;
	for (; claims->group_count < count; claims->group_count++)
		if (!bf_copy_string(&claims->groups[claims->group_count],
			    json_string_value(json_array_get(groups, claims->group_count))))
			return false;
	return true;
}

static bool copy_all(struct bfabric_claims *to, const struct bf_launch *from, const char *json)
{
	const char *scope = json_string_value(json_object_get(from->claims, "scope"));

	to->expires_at = from->expires_at;
	to->entity_id = from->entity_id;
	to->application_id = from->application_id;
	to->job_id = from->job_id;
	return bf_copy_string(&to->subject, from->subject) &&
	       bf_copy_string(&to->client_id, from->client_id) &&
	       bf_copy_string(&to->issuer, from->issuer) && bf_copy_string(&to->scope, scope) &&
	       bf_copy_string(&to->email, from->email) && bf_copy_string(&to->name, from->name) &&
	       bf_copy_string(&to->entity_class, from->entity_class) &&
	       bf_copy_string(&to->json, json) && copy_groups(to, from->groups);
}

enum bfabric_status bf_claims_from_json(
	json_t *object, struct bfabric_claims *ret, struct bfabric_error *err)
{
	BF_AUTO_LAUNCH struct bf_launch launch = {0};
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct bfabric_claims claims = {0};
	enum bfabric_status status = bf_launch_from_claims(object, &launch, err);

	if (status == BFABRIC_OK)
		status = bf_json_write(object, &text, err);
	if (status != BFABRIC_OK)
		return status;
	if (!copy_all(&claims, &launch, bf_secret_reveal(&text))) {
		bfabric_claims_clear(&claims);
		return bf_fail_nomem(err);
	}
	*ret = claims;
	return BFABRIC_OK;
}

static enum bfabric_status discover(
	void *data, const struct bf_endpoints **ret, struct bfabric_error *err)
{
	struct bf_login_flow *flow = data;
	enum bfabric_status status = bf_login_discover(flow, err);

	if (status == BFABRIC_OK)
		*ret = &flow->endpoints;
	return status;
}

enum bfabric_status bf_claims_verify(struct bf_login_flow *flow, const struct bf_secret *token,
	const struct bfabric_expected *expected, struct bfabric_claims *ret,
	struct bfabric_error *err)
{
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	struct bf_verifier verifier = {.transport = &flow->transport,
		.sys = flow->s->sys,
		.base = &flow->s->env.url,
		.endpoints = flow->endpoints.jwks ? &flow->endpoints : NULL,
		.discover = discover,
		.data = flow,
		.deadline = flow->deadline,
		.cancel = flow->s->cancel};
	struct bf_jwt_expected wanted = {0};
	enum bfabric_status status;

	if (expected) {
		wanted.audience = expected->audience;
		wanted.client_id = expected->client_id;
		wanted.subject = expected->subject;
	}
	status = bf_verify_jwt(&verifier, token, &wanted, &claims, err);
	if (status == BFABRIC_RETRY_LATER || status == BFABRIC_BAD_REPLY)
		return bf_login_said(flow, status, err); /* no verdict on the token */
	return status == BFABRIC_OK ? bf_claims_from_json(claims.all, ret, err) : status;
}

enum bfabric_status bf_claims_introspect(struct bf_login_flow *flow,
	const struct bf_grant_params *client, const struct bf_secret *token,
	struct bfabric_claims *ret, struct bfabric_error *err)
{
	BF_AUTO_INTROSPECTION struct bf_introspection answer = {0};
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	enum bfabric_status status = bf_introspection_build(
		flow->endpoints.introspection, token, BF_TOKEN_HINT_ACCESS, client, &request, err);

	if (status == BFABRIC_OK)
		status = bf_login_perform(flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(flow, bf_introspection_accept(&reply, &answer, err), err);
	if (status == BFABRIC_OK && !answer.active)
		return bf_fail(err, BFABRIC_DENIED, "%s says that the token is not valid",
			flow->s->env.url.text);
	return status == BFABRIC_OK ? bf_claims_from_json(answer.claims, ret, err) : status;
}
