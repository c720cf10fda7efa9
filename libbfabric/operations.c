/*
 * Calls that need a server but no login of ours.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "oauth/registration.h"
#include "oauth/revocation.h"

enum bfabric_status bf_client_params(const struct bfabric_credentials *credentials,
	struct bf_secret *secret, struct bf_grant_params *ret, struct bfabric_error *err)
{
	const char *text = credentials->client_secret ? credentials->client_secret : "";

	if (!credentials->client_id || !*credentials->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL, "no client id is given");
	bf_secret_puts(secret, text);
	if (secret->failed)
		return bf_fail_nomem(err);
	*ret = (struct bf_grant_params){.client_id = credentials->client_id,
		.client_auth = *text ? BF_CLIENT_AUTH_BASIC : BF_CLIENT_AUTH_BODY,
		.client_secret = secret};
	return BFABRIC_OK;
}

enum bfabric_status bf_token_argument(
	const char *token, struct bf_secret *ret, struct bfabric_error *err)
{
	if (!token || !*token)
		return bf_fail(err, BFABRIC_BAD_CALL, "no token is given");
	bf_secret_puts(ret, token);
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bfabric_verify_jwt(const struct bfabric_server *server, const char *token,
	const struct bfabric_expected *expected, int64_t deadline,
	struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_SERVER_CALL struct bf_server_call call = {0};
	BF_AUTO_SECRET struct bf_secret secret = BF_SECRET_INIT;
	enum bfabric_status status = bf_token_argument(token, &secret, err);

	if (status == BFABRIC_OK)
		status = bf_server_call_begin(&call, server, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_claims_verify(&call.flow, &secret, expected, ret_claims, err);
	return status;
}

enum bfabric_status bfabric_introspect(const struct bfabric_server *server,
	const struct bfabric_credentials *credentials, const char *token, int64_t deadline,
	struct bfabric_claims *ret_claims, struct bfabric_error *err)
{
	BF_AUTO_SERVER_CALL struct bf_server_call call = {0};
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret secret = BF_SECRET_INIT;
	struct bf_grant_params client = {0};
	enum bfabric_status status = bf_token_argument(token, &query, err);

	if (status == BFABRIC_OK)
		status = bf_client_params(credentials, &secret, &client, err);
	if (status == BFABRIC_OK)
		status = bf_server_call_discover(&call, server, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_claims_introspect(&call.flow, &client, &query, ret_claims, err);
	return status;
}

enum bfabric_status bfabric_revoke(const struct bfabric_server *server,
	const struct bfabric_credentials *credentials, const char *token, int64_t deadline,
	struct bfabric_error *err)
{
	BF_AUTO_SERVER_CALL struct bf_server_call call = {0};
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret secret = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bf_grant_params client = {0};
	enum bfabric_status status = bf_token_argument(token, &query, err);

	if (status == BFABRIC_OK)
		status = bf_client_params(credentials, &secret, &client, err);
	if (status == BFABRIC_OK)
		status = bf_server_call_discover(&call, server, deadline, err);
	if (status == BFABRIC_OK)
		status = bf_revocation_build(call.flow.endpoints.revocation, &query,
			BF_TOKEN_HINT_NONE, &client, &request, err);
	if (status == BFABRIC_OK)
		status = bf_login_perform(&call.flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(&call.flow, bf_revocation_accept(&reply, err), err);
	return status;
}

/* ---- registering ----------------------------------------------------------------------------- */

void bfabric_registration_clear(struct bfabric_registration *registration)
{
	if (!registration)
		return;
	free(registration->client_id);
	bf_free_secret_string(registration->client_secret);
	bf_free_secret_string(registration->registration_access_token);
	free(registration->registration_client_uri);
	free(registration->scope);
	*registration = (struct bfabric_registration){0};
}

static const char *secret_or_null(const struct bf_secret *secret)
{
	return bf_secret_empty(secret) ? NULL : bf_secret_reveal(secret);
}

static enum bfabric_status hand_out(const struct bf_client_registration *from,
	struct bfabric_registration *ret, struct bfabric_error *err)
{
	struct bfabric_registration to = {
		.id = from->id, .client_secret_expires_at = from->client_secret_expires_at};

	if (!bf_copy_string(&to.client_id, from->client_id) ||
		!bf_copy_string(&to.client_secret, secret_or_null(&from->client_secret)) ||
		!bf_copy_string(&to.registration_access_token,
			secret_or_null(&from->registration_access_token)) ||
		!bf_copy_string(&to.registration_client_uri, from->registration_client_uri) ||
		!bf_copy_string(&to.scope, from->scope)) {
		bfabric_registration_clear(&to);
		return bf_fail_nomem(err);
	}
	*ret = to;
	return BFABRIC_OK;
}

enum bfabric_status bf_register_at(struct bf_login_flow *flow, const struct bf_secret *token,
	const struct bfabric_client_metadata *metadata, struct bfabric_registration *ret,
	struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_REGISTRATION struct bf_client_registration registration = {0};
	struct bf_client_metadata wanted = {.client_name = metadata->client_name,
		.redirect_uris = metadata->redirect_uris,
		.grant_types = metadata->grant_types,
		.scope = metadata->scope,
		.service_user_login = metadata->service_user_login};
	enum bfabric_status status =
		bf_registration_build(flow->endpoints.registration, &wanted, token, &request, err);

	if (status == BFABRIC_OK)
		status = bf_login_perform(flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(flow,
			bf_registration_accept(
				&flow->s->env.url, /* before= */ NULL, &reply, &registration, err),
			err);
	return status == BFABRIC_OK ? hand_out(&registration, ret, err) : status;
}

enum bfabric_status bfabric_register_client(const struct bfabric_server *server,
	const char *access_token, const struct bfabric_client_metadata *metadata, int64_t deadline,
	struct bfabric_registration *ret_registration, struct bfabric_error *err)
{
	BF_AUTO_SERVER_CALL struct bf_server_call call = {0};
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	enum bfabric_status status = bf_token_argument(access_token, &token, err);

	if (status == BFABRIC_OK)
		status = bf_server_call_discover(&call, server, deadline, err);
	return status == BFABRIC_OK
		       ? bf_register_at(&call.flow, &token, metadata, ret_registration, err)
		       : status;
}
