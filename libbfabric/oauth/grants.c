/* grants.c - the table of grants, and the start of a request that all of them share. */
#include "client_auth.h"
#include "form.h"

const struct bf_grant *const bf_grants[] = {
	&bf_grant_refresh_token,
	&bf_grant_client_credentials,
	&bf_grant_device_code,
	&bf_grant_token_exchange,
	&bf_grant_authorization_code,
	NULL,
};

enum bfabric_status bf_grant_begin(const struct bf_grant *grant,
	const struct bf_grant_params *params, struct bf_request *request, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (!params->token_endpoint || !params->client_id || !*params->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a token request needs a token endpoint and a client id");
	status = bf_form_begin(params->token_endpoint, request, err);
	if (status != BFABRIC_OK)
		return status;
	request->spends = grant->spends;
	bf_form_put(&request->body, "grant_type", grant->type);
	return bf_client_auth_put(params, request, err);
}
