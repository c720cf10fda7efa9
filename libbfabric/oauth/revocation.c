/* revocation.c - see revocation.h. */
#include "revocation.h"
#include "refusal.h"
#include "reply.h"
#include <string.h>

#define WHAT "the revocation endpoint"

enum bfabric_status bf_revocation_build(const char *endpoint, const struct bf_secret *token,
	enum bf_token_hint hint, const struct bf_grant_params *client,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	return bf_token_query_build(endpoint, token, hint, client, ret_request, err);
}

static bool says_unsupported_type(const json_t *object)
{
	const char *error = bf_oauth_error(object);

	return error && strcmp(error, "unsupported_token_type") == 0;
}

enum bfabric_status bf_revocation_accept(const struct bf_reply *reply, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *object = NULL;

	if (reply->status == 200 || reply->status == 204)
		return BFABRIC_OK; /* section 2.2: the body is to be ignored */
	if (bf_reply_object(WHAT, reply, &object, /* err= */ NULL) == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (reply->status >= 400 && reply->status <= 499 && says_unsupported_type(object))
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the server does not revoke tokens of this kind: they stay valid until "
			"they expire");
	if (reply->status == 405 || reply->status == 410 || reply->status == 501 ||
		reply->status == 404)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the server does not offer revocation (HTTP %ld): the token stays valid "
			"until it expires",
			reply->status);
	return bf_fail_refused(WHAT, reply, err);
}
