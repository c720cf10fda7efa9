/* login_revoke.c - see login_revoke.h. */
#include "login_revoke.h"

#include <sys/prctl.h>

#include "../libbfabric/base/hold.h"
#include "../libbfabric/login_undo.h"
#include "../libbfabric/oauth/grant.h"
#include "line.h"
#include "login_run.h"
#include "login_talk.h"

static void free_session(struct bfabric_session **session)
{
	bfabric_session_free(*session);
}

/* It was accepted once, where it was received. */
static enum bfabric_status read_token(
	const struct bf_login_request *request, json_t **ret, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200, .content_type = "application/json"};

	bf_secret_puts(&reply.body, request->token);
	if (reply.body.failed)
		return bf_fail_nomem(err);
	if (bf_token_accept(&reply, ret, err) == BF_TOKEN_ISSUED)
		return BFABRIC_OK;
	return bf_fail_context(err, BFABRIC_BAD_CALL, "the token of the request");
}

static enum bfabric_status give_back(
	const struct bf_login_request *request, json_t *reply, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	BF_CLEANUP(free_session) struct bfabric_session *session = NULL;
	const struct bf_session_seams seams = {.in_memory = true};
	const struct bf_login_grant grant = {.reply = reply, .client_auth = BF_CLIENT_AUTH_UNKNOWN};
	enum bfabric_status status = bf_login_environment(request, &env, err);

	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "pam", &seams, &session, err);
	if (status != BFABRIC_OK)
		return status;
	*err = (struct bfabric_error){
		.status = BFABRIC_RETRY_LATER, .text = "a login that reached nobody"};
	return bf_login_undo(session, &grant, err) ? BFABRIC_OK : err->status;
}

enum bfabric_status bf_login_revoke(
	const struct bf_login_request *request, int fd, struct bfabric_error *err)
{
	BF_CLEANUP(json_decrefp) json_t *reply = NULL;
	const struct bf_line line = {.verb = BF_LINE_VALID, .valid = false};
	const struct bf_login_talk talk = {.fd = fd};
	enum bfabric_status status;
	sigset_t before;

	bf_hold_signals(&before); /* until the end of the process */
	(void)prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	status = read_token(request, &reply, err);
	if (status == BFABRIC_OK)
		status = give_back(request, reply, err);
	if (status == BFABRIC_OK)
		(void)bf_login_say(&talk, &line); /* it is done, whoever hears of it */
	return status;
}
