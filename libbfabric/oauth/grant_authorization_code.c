/* grant_authorization_code.c - RFC 6749, section 4.1.3, with RFC 7636's verifier. */
#include "form.h"
#include "grant.h"

static bool missing(const struct bf_secret *secret)
{
	return !secret || bf_secret_empty(secret);
}

static enum bfabric_status build(const struct bf_grant_params *params,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (missing(params->code) || missing(params->code_verifier) || !params->redirect_uri)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a code is exchanged with its redirect URI and code verifier");
	status = bf_grant_begin(&bf_grant_authorization_code, params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put_secret(&request.body, "code", params->code);
	bf_form_put(&request.body, "redirect_uri", params->redirect_uri);
	bf_form_put_secret(&request.body, "code_verifier", params->code_verifier);
	return bf_form_finish(&request, ret_request, err);
}

/* A code is good once; a second use makes the server revoke what the first one brought. */
const struct bf_grant bf_grant_authorization_code = {
	.type = "authorization_code",
	.spends = true,
	.build = build,
};
