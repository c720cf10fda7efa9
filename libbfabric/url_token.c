/*
 * Web applications: from the token that B-Fabric started one with to the client of its user.
 */
#include "client.h"

#include <string.h>

#include "login_undo.h"
#include "oauth/reply.h"

/* Tokens of older servers only those can read. */
enum bfabric_status bf_launch_jwt(
	const char *text, struct bf_secret *ret, struct bfabric_error *err)
{
	enum bf_launch_kind kind = BF_LAUNCH_JWT;
	enum bfabric_status status;

	if (!text)
		return bf_fail(err, BFABRIC_BAD_CALL, "no token is given");
	status = bf_launch_find(text, &kind, ret, err);
	if (status != BFABRIC_OK || kind == BF_LAUNCH_JWT)
		return status;
	return bf_fail(err, BFABRIC_UNSUPPORTED,
		"this is the launch token of an older B-Fabric, which only that server can read");
}

enum bfabric_status bfabric_parse_url_token(
	const char *token, struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret jwt = BF_SECRET_INIT;
	BF_AUTO_LAUNCH struct bf_launch launch = {0};
	enum bfabric_status status = bf_launch_jwt(token, &jwt, err);

	if (status == BFABRIC_OK)
		status = bf_launch_peek(&jwt, &launch, err);
	return status == BFABRIC_OK ? bf_claims_from_json(launch.claims, ret_claims, err) : status;
}

enum bfabric_status bfabric_verify_url_token(const struct bfabric_server *server, const char *token,
	const struct bfabric_expected *expected, int64_t deadline,
	struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret jwt = BF_SECRET_INIT;
	BF_AUTO_SERVER_CALL struct bf_server_call call = {0};
	enum bfabric_status status = bf_launch_jwt(token, &jwt, err);

	if (status == BFABRIC_OK)
		status = bf_server_call_begin(&call, server, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_claims_verify(&call.flow, &jwt, expected, ret_claims, err);
	return status;
}

/* ---- the client of who opened it ------------------------------------------------------------- */

/* One launch under way. */
struct launch {
	const struct bfabric_login *login;
	struct bfabric_session *s;
	struct bf_login_flow flow;
	json_t *reply;
};

static void launch_release(struct launch *l)
{
	bf_login_flow_release(&l->flow);
	bfabric_session_free(l->s);
	json_decref(l->reply);
}

static enum bfabric_status exchange(
	struct launch *l, const struct bf_secret *token, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_environment *env = &l->s->env;
	struct bf_grant_params params = {.token_endpoint = l->flow.endpoints.token,
		.client_id = env->client_id,
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &env->client_secret,
		.scope = env->scope,
		.subject_token = token};
	enum bfabric_status status = bf_grant_token_exchange.build(&params, &request, err);

	if (status == BFABRIC_OK)
		status = bf_login_perform(&l->flow, &request, &reply, err);
	if (status != BFABRIC_OK)
		return status;
	if (bf_token_exchange_accept(&reply, &l->reply, err) == BF_TOKEN_ISSUED)
		return BFABRIC_OK;
	/* invalid_grant says LOGIN_REQUIRED: here it is the launch token that lapsed. */
	status = err->status == BFABRIC_LOGIN_REQUIRED
			 ? bf_fail_context(err, BFABRIC_DENIED, "the launch token was refused")
			 : err->status;
	return bf_login_said(&l->flow, status, err);
}

/* Opaque tokens are no JWT anywhere: the server is asked then. */
static enum bfabric_status read_claims(
	struct launch *l, struct bfabric_claims *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	const struct bf_grant_params client = {.client_id = l->s->env.client_id,
		.client_auth = BF_CLIENT_AUTH_BASIC,
		.client_secret = &l->s->env.client_secret};
	enum bfabric_status status;

	bf_secret_puts(&token, json_string_value(json_object_get(l->reply, "access_token")));
	if (token.failed)
		return bf_fail_nomem(err);
	status = bf_claims_verify(&l->flow, &token, /* expected= */ NULL, ret, err);
	return status == BFABRIC_UNSUPPORTED
		       ? bf_claims_introspect(&l->flow, &client, &token, ret, err)
		       : status;
}

/* A token that nobody vouches for is given back; so is one that cannot be kept. */
static enum bfabric_status keep(
	struct launch *l, struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	const struct bf_endpoints *endpoints = &l->flow.endpoints;
	struct bf_login_grant grant = {.reply = l->reply,
		.token_endpoint = endpoints->token,
		.revocation_endpoint = endpoints->can_revoke ? endpoints->revocation : NULL,
		.client_auth = BF_CLIENT_AUTH_BASIC};
	struct bfabric_ui nobody = {0};
	enum bfabric_status status = read_claims(l, ret_claims, err);

	if (status == BFABRIC_OK)
		return bf_login_save(l->s, &nobody, &grant, &result, err);
	bf_login_undo(l->s, &grant, err);
	return status;
}

static enum bfabric_status launch(struct launch *l, const char *token,
	struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret jwt = BF_SECRET_INIT;
	struct bfabric_ui nobody = {0};
	enum bfabric_status status = bf_launch_jwt(token, &jwt, err);

	if (status == BFABRIC_OK)
		status = bf_client_session(l->login, BFABRIC_AUTH_OAUTH, &l->s, err);
	if (status == BFABRIC_OK)
		status = bf_login_begin(
			&l->flow, l->s, &nobody, l->login->deadline, BF_CALL_MS, err);
	if (status == BFABRIC_OK)
		status = exchange(l, &jwt, err);
	return status == BFABRIC_OK ? keep(l, ret_claims, err) : status;
}

enum bfabric_status bfabric_from_url_token(const struct bfabric_login *login, const char *token,
	struct bfabric **ret_client, struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_CLEANUP(launch_release) struct launch l = {.login = login};
	struct bfabric_claims claims = {0};
	struct bfabric_error own = {0};
	enum bfabric_status status;

	if (!login->client_id || !login->client_secret || !*login->client_secret)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "a web application has a client id and its secret");
	status = launch(&l, token, &claims, err ? err : &own);
	if (status == BFABRIC_OK)
		status = bf_client_new(BF_TAKE(l.s), ret_client, err);
	if (status != BFABRIC_OK || !ret_claims)
		bfabric_claims_clear(&claims);
	if (status == BFABRIC_OK && ret_claims)
		*ret_claims = claims;
	return status;
}
