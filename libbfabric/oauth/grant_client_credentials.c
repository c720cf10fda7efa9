/* grant_client_credentials.c - RFC 6749, section 4.4: confidential clients only. */
#include "form.h"
#include "grant.h"

static enum bfabric_status build(const struct bf_grant_params *params,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (params->client_auth != BF_CLIENT_AUTH_BASIC)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"client credentials need a client with a secret (RFC 6749, section 4.4)");
	status = bf_grant_begin(&bf_grant_client_credentials, params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put(&request.body, "scope", params->scope);
	return bf_form_finish(&request, ret_request, err);
}

const struct bf_grant bf_grant_client_credentials = {
	.type = "client_credentials",
	.spends = false,
	.build = build,
};
