/* grant_refresh_token.c - RFC 6749, section 6. */
#include "form.h"
#include "grant.h"

static enum bfabric_status build(const struct bf_grant_params *params,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (!params->refresh_token || bf_secret_empty(params->refresh_token))
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no refresh token to spend");
	status = bf_grant_begin(&bf_grant_refresh_token, params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put_secret(&request.body, "refresh_token", params->refresh_token);
	bf_form_put(&request.body, "scope", params->scope);
	return bf_form_finish(&request, ret_request, err);
}

const struct bf_grant bf_grant_refresh_token = {
	.type = "refresh_token",
	.spends = true,
	.build = build,
};
