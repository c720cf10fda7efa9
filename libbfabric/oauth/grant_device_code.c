/* grant_device_code.c - RFC 8628, section 3.4: the poll. */
#include "form.h"
#include "grant.h"

static enum bfabric_status build(const struct bf_grant_params *params,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (!params->device_code || bf_secret_empty(params->device_code))
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no device code to poll with");
	status = bf_grant_begin(&bf_grant_device_code, params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put_secret(&request.body, "device_code", params->device_code);
	return bf_form_finish(&request, ret_request, err);
}

/* A code answers with tokens once: sent twice behind our back, the second answer is an error. */
const struct bf_grant bf_grant_device_code = {
	.type = "urn:ietf:params:oauth:grant-type:device_code",
	.spends = true,
	.build = build,
};
