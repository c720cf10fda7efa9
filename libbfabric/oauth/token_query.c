/* token_query.c - see token_query.h. */
#include "token_query.h"
#include "client_auth.h"
#include "form.h"

static const char *hint_name(enum bf_token_hint hint)
{
	switch (hint) {
	case BF_TOKEN_HINT_NONE:
		return NULL;
	case BF_TOKEN_HINT_ACCESS:
		return "access_token";
	case BF_TOKEN_HINT_REFRESH:
		return "refresh_token";
	}
	return NULL;
}

enum bfabric_status bf_token_query_build(const char *endpoint, const struct bf_secret *token,
	enum bf_token_hint hint, const struct bf_grant_params *client,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (!endpoint || !client->client_id || !*client->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a question about a token needs an endpoint and a client id");
	if (!token || bf_secret_empty(token))
		return bf_fail(err, BFABRIC_BAD_CALL, "there is no token to ask about");
	status = bf_form_begin(endpoint, &request, err);
	if (status != BFABRIC_OK)
		return status;
	bf_form_put_secret(&request.body, "token", token);
	bf_form_put(&request.body, "token_type_hint", hint_name(hint));
	status = bf_client_auth_put(client, &request, err);
	return status == BFABRIC_OK ? bf_form_finish(&request, ret_request, err) : status;
}
