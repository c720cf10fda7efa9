/* grant_token_exchange.c - RFC 8693: a launch token becomes an access token of our own. */
#include "form.h"
#include "grant.h"
#include "reply.h"
#include <string.h>

#define TYPE_ACCESS_TOKEN "urn:ietf:params:oauth:token-type:access_token"
#define TYPE_JWT          "urn:ietf:params:oauth:token-type:jwt"

static enum bfabric_status build(const struct bf_grant_params *params,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	const char *type = params->subject_token_type;
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (!params->subject_token || bf_secret_empty(params->subject_token))
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no token to exchange");
	status = bf_grant_begin(&bf_grant_token_exchange, params, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put_secret(&request.body, "subject_token", params->subject_token);
	bf_form_put(&request.body, "subject_token_type", type ? type : TYPE_ACCESS_TOKEN);
	bf_form_put(&request.body, "scope", params->scope);
	return bf_form_finish(&request, ret_request, err);
}

/* A launch token may answer once only: it is never sent twice behind our back. */
const struct bf_grant bf_grant_token_exchange = {
	.type = "urn:ietf:params:oauth:grant-type:token-exchange",
	.spends = true,
	.build = build,
};

static bool usable_type(const char *type)
{
	return type && (strcmp(type, TYPE_ACCESS_TOKEN) == 0 || strcmp(type, TYPE_JWT) == 0);
}

enum bf_token_verdict bf_token_exchange_accept(
	const struct bf_reply *reply, json_t **ret_token, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *token = NULL;
	enum bf_token_verdict verdict = bf_token_accept(reply, &token, err);

	if (verdict != BF_TOKEN_ISSUED)
		return verdict;
	if (!usable_type(json_string_value(json_object_get(token, "issued_token_type")))) {
		(void)bf_fail(err, BFABRIC_BAD_REPLY,
			"the token endpoint exchanged the token for something that it does not "
			"call an access token (issued_token_type)");
		return BF_TOKEN_GARBAGE;
	}
	*ret_token = BF_TAKE(token);
	return BF_TOKEN_ISSUED;
}
