/*
 * Logging in with a code on another device (RFC 8628).
 */
#include "login_device.h"

#include "oauth/client_auth.h"
#include "policy.h"

#define LOGIN_MS 600000 /* without a deadline; the code's own expiry comes first */

void bf_device_login_release(struct bf_device_login *a)
{
	bf_login_flow_release(&a->flow);
	bf_device_release(&a->device);
	bf_secret_release(&a->client_secret);
	json_decref(a->reply);
	*a = (struct bf_device_login){0};
}

/* Who the client is: to the token endpoint, and to the one that hands out codes (section 3.1). */
static struct bf_grant_params client(const struct bf_device_login *a)
{
	return (struct bf_grant_params){
		.token_endpoint = a->flow.endpoints.token,
		.client_id = a->flow.s->env.client_id,
		.client_auth = bf_secret_empty(&a->client_secret) ? BF_CLIENT_AUTH_BODY
								  : BF_CLIENT_AUTH_BASIC,
		.client_secret = &a->client_secret,
		.device_code = &a->device.device_code,
	};
}

static enum bfabric_status start(struct bf_device_login *a, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_environment *env = &a->flow.s->env;
	const struct bf_grant_params params = client(a);
	enum bfabric_status status = bf_device_start_build(
		a->flow.endpoints.device_authorization, env->client_id, env->scope, &request, err);

	if (status == BFABRIC_OK && params.client_auth == BF_CLIENT_AUTH_BASIC)
		status = bf_client_auth_put(&params, &request, err);
	if (status == BFABRIC_OK)
		status = bf_login_perform(&a->flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(
			&a->flow, bf_device_start_accept(&reply, &a->device, err), err);
	return status;
}

static enum bfabric_status poll_once(struct bf_device_login *a, enum bf_device_event *ret_event,
	enum bf_token_verdict *ret_verdict, struct bfabric_error *why, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_grant_params params = client(a);
	enum bfabric_status status = bf_grant_device_code.build(&params, &request, err);

	if (status != BFABRIC_OK)
		return status;
	if (a->sure)
		request.reply_deadline = bf_boot_ms(a->flow.s->sys) + BF_LOGIN_REQUEST_MS;
	status = bf_login_perform(&a->flow, &request, &reply, why);
	if (status == BFABRIC_CANCELLED)
		return bf_fail(err, status, "the login was cancelled");
	*ret_event = status == BFABRIC_OK ? BF_DEVICE_REPLY : BF_DEVICE_NO_REPLY;
	if (status == BFABRIC_OK)
		*ret_verdict = bf_token_accept(&reply, &a->reply, why);
	a->date = reply.date;
	return BFABRIC_OK;
}

/*
 * The end of the polls. Somebody who was told that nobody approved in time would approve again, and
 * again in vain, where in truth the server did not answer.
 */
static enum bfabric_status give_up(const struct bf_device_login *a,
	const struct bf_device_flow *flow, const struct bfabric_error *why,
	enum bfabric_status status, struct bfabric_error *err)
{
	if ((status != BFABRIC_TIMEOUT && status != BFABRIC_RETRY_LATER) || !flow->backoff_ms ||
		!*why->text)
		return bf_login_said(&a->flow, status, err);
	(void)bf_fail(err, status, "%s", why->text);
	(void)bf_login_said(&a->flow, status, err);
	return bf_fail_context(err, status, "the login was not completed in time");
}

static enum bfabric_status poll_until_done(struct bf_device_login *a, struct bfabric_error *err)
{
	const struct bf_sys *sys = a->flow.s->sys;
	struct bf_device_flow flow;
	enum bf_device_event event = BF_DEVICE_NOTHING;
	enum bf_token_verdict verdict = BF_TOKEN_PENDING;
	struct bfabric_error why = {0};
	struct bfabric_error end = {0};
	enum bfabric_status status = BFABRIC_OK;

	bf_device_flow_init(&flow, &a->device, bf_boot_ms(sys));
	while (status == BFABRIC_OK) {
		int64_t until = 0;

		switch (bf_device_step(
			&flow, event, verdict, &why, bf_boot_ms(sys), &until, &end)) {
		case BF_DEVICE_WAIT:
			event = BF_DEVICE_NOTHING;
			status = bf_login_wait(&a->flow, until, flow.expires_ms, err);
			if (status == BFABRIC_TIMEOUT && flow.backoff_ms)
				return give_up(a, &flow, &why, status, err);
			break;
		case BF_DEVICE_POLL:
			status = poll_once(a, &event, &verdict, &why, err);
			break;
		case BF_DEVICE_DONE:
			return BFABRIC_OK;
		case BF_DEVICE_FAILED:
			(void)bf_fail(err, end.status, "%s", end.text);
			return give_up(a, &flow, &why, end.status, err);
		}
	}
	return status;
}

static void show(const struct bf_device_login *a)
{
	const struct bf_device *device = &a->device;
	struct bfabric_device_code code = {
		.user_code = device->user_code,
		.verification_uri = device->verification_uri,
		.verification_uri_complete = device->verification_uri_complete,
		.expires_in = device->expires_in,
	};

	a->flow.ui->show_code(a->flow.ui->data, &code);
}

enum bfabric_status bf_device_login_run(struct bf_device_login *a, struct bfabric_session *session,
	const struct bfabric_ui *ui, int64_t deadline, struct bfabric_error *err)
{
	enum bfabric_status status = bf_login_begin(&a->flow, session, ui, deadline, LOGIN_MS, err);

	if (status == BFABRIC_OK)
		status = bf_client_secret(&session->env,
			session->no_programs ? NULL : &session->store, &a->client_secret, err);
	if (status == BFABRIC_OK)
		status = start(a, err);
	if (status != BFABRIC_OK)
		return status;
	show(a);
	return poll_until_done(a, err);
}

void bf_device_login_grant(const struct bf_device_login *a, struct bf_login_grant *ret)
{
	*ret = (struct bf_login_grant){
		.reply = a->reply,
		.token_endpoint = a->flow.endpoints.token,
		.client_auth = a->flow.endpoints.public_clients ? BF_CLIENT_AUTH_BODY
								: BF_CLIENT_AUTH_UNKNOWN,
	};
	if (!bf_secret_empty(&a->client_secret))
		ret->client_auth = BF_CLIENT_AUTH_BASIC;
	if (a->flow.endpoints.can_revoke)
		ret->revocation_endpoint = a->flow.endpoints.revocation;
}

enum bfabric_status bf_login_device(struct bfabric_session *session, const struct bfabric_ui *ui,
	int64_t deadline, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_AUTO_DEVICE_LOGIN struct bf_device_login login = {0};
	struct bf_login_grant grant = {0};
	enum bfabric_status status = bf_device_login_run(&login, session, ui, deadline, err);

	if (status != BFABRIC_OK)
		return status;
	bf_device_login_grant(&login, &grant);
	return bf_login_save(session, ui, &grant, ret, err);
}
