/* refusal.c - see refusal.h. */
#include "refusal.h"
#include "reply.h"
#include <string.h>

/* Errors that do not mean a plain no. */
static const struct {
	const char *name;
	enum bfabric_status status;
} errors[] = {
	{"temporarily_unavailable", BFABRIC_RETRY_LATER},
	{"server_error", BFABRIC_RETRY_LATER},
	{"insufficient_scope", BFABRIC_FORBIDDEN},
	{"invalid_scope", BFABRIC_FORBIDDEN},
};

static enum bfabric_status status_of(const struct bf_reply *reply, const char *error)
{
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
		if (strcmp(errors[i].name, error) == 0)
			return errors[i].status;
	return reply->status == 403 ? BFABRIC_FORBIDDEN : BFABRIC_DENIED;
}

/* Frameworks put an `error` into a 404 too ("Not Found"): no OAuth error, but the same fact. */
static bool absent(const struct bf_reply *reply, const json_t *object)
{
	return reply->status == 405 || reply->status == 410 || reply->status == 501 ||
	       (reply->status == 404 && object);
}

enum bfabric_status bf_fail_refused(
	const char *what, const struct bf_reply *reply, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *object = NULL;

	if (bf_reply_object(what, reply, &object, /* err= */ NULL) == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (absent(reply, object))
		return bf_fail(err, BFABRIC_UNSUPPORTED, "%s does not exist (HTTP %ld)", what,
			reply->status);
	if (reply->status >= 400 && reply->status <= 499 && reply->status != 429 &&
		bf_oauth_error(object))
		return bf_fail_oauth(err, status_of(reply, bf_oauth_error(object)), what, object);
	if (bf_reply_busy(reply))
		return bf_fail_later(what, reply, err);
	if (reply->status == 404)
		return bf_fail(err, BFABRIC_RETRY_LATER,
			"%s was not found (HTTP 404), as happens while the server restarts", what);
	if (reply->status == 401)
		return bf_fail(err, BFABRIC_DENIED, "%s did not accept who asks (HTTP 401)", what);
	if (reply->status == 403)
		return bf_fail(err, BFABRIC_FORBIDDEN, "%s forbids it (HTTP 403)", what);
	return bf_fail_odd(what, reply, err);
}
