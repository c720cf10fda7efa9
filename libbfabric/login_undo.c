/*
 * Giving a login back that is not kept.
 */
#include "login_undo.h"

#include <stdlib.h>
#include <string.h>

#include "logout_revoke.h"

#define UNDO_MS 10000

static void held_release(struct bf_held *held)
{
	bf_token_release(&held->tokens[0]);
}

/* What a logout would find in the record, had it been written. */
static enum bfabric_status describe(struct bfabric_session *s, const struct bf_login_grant *grant,
	struct bf_record *record, struct bf_held *held, struct bfabric_error *err)
{
	const char *auth = bf_client_auth_name(grant->client_auth);

	held->count = 1;
	record->client_auth = strdup(auth);
	if (grant->revocation_endpoint)
		record->revocation_endpoint = strdup(grant->revocation_endpoint);
	if (!record->client_auth || (grant->revocation_endpoint && !record->revocation_endpoint))
		return bf_fail_nomem(err);
	return bf_token_from_reply(
		grant->reply, bf_wall(s->sys), /* previous= */ NULL, &held->tokens[0], err);
}

static const char *give_back(
	struct bfabric_session *s, const struct bf_login_grant *grant, bool *ret_done)
{
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	BF_CLEANUP(held_release) struct bf_held held = {0};
	struct bf_logout_result result = {0};
	enum bfabric_status status = describe(s, grant, &record, &held, /* err= */ NULL);

	if (status == BFABRIC_OK)
		status = bf_logout_revoke(s, &record, &held, /* cancel= */ NULL,
			bf_boot_ms(s->sys) + UNDO_MS, &result, /* err= */ NULL);
	*ret_done = status == BFABRIC_OK && !bf_logout_leaves_valid(&result);
	if (*ret_done)
		return "it was revoked at the server";
	if (status == BFABRIC_OK && result.refresh.revoked == BF_REVOKED_DONE)
		return "it was revoked at the server, but its access token may be valid until it "
		       "expires";
	return "it could not be revoked and may stay valid at the server";
}

bool bf_login_undo(
	struct bfabric_session *s, const struct bf_login_grant *grant, struct bfabric_error *err)
{
	bool done = false;
	const char *fate = give_back(s, grant, &done);
	struct bfabric_error why = *err;

	bf_trace(s, "a login that is not kept: %s", fate);
	(void)bf_fail(err, why.status, "%.400s; %s", why.text, fate);
	return done;
}
