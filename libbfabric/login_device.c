/*
 * Logging in with a code on another device (RFC 8628).
 */
#include "login_save.h"

#include "net/http.h"
#include "oauth/discovery.h"

#define REQUEST_MS 30000
#define LOGIN_MS   600000 /* without a deadline; the code's own expiry comes first */

/* One login under way. */
struct attempt {
	struct bfabric_session *s;
	const struct bf_login_ui *ui;
	int64_t deadline;
	struct bf_http *http;
	struct bf_transport transport;
	struct bf_endpoints endpoints;
	struct bf_device device;
	json_t *reply;
};

static void attempt_release(struct attempt *a)
{
	bf_http_free(a->http);
	bf_endpoints_release(&a->endpoints);
	bf_device_release(&a->device);
	json_decref(a->reply);
}

/* A connection of its own: the session's belongs to the threads that ask for tokens meanwhile. */
static enum bfabric_status open_transport(struct attempt *a, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!a->s->seam)
		status = bf_session_open_http(a->s, &a->http, err);
	if (status == BFABRIC_OK)
		a->transport = a->s->seam ? *a->s->seam : bf_http_transport(a->http);
	return status;
}

static enum bfabric_status perform(struct attempt *a, struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err)
{
	int64_t limit = bf_boot_ms(a->s->sys) + REQUEST_MS;

	request->deadline = limit < a->deadline ? limit : a->deadline;
	return bf_trace_perform(a->s, &a->transport, request, reply, err);
}

static enum bfabric_status discover(struct attempt *a, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_url *base = &a->s->env.url;
	bool found = false;
	enum bfabric_status status = bf_discovery_build(base, &request, err);

	if (status == BFABRIC_OK)
		status = perform(a, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_discovery_accept(base, &reply, &found, &a->endpoints, err);
	if (status == BFABRIC_OK && !found)
		status = bf_endpoints_fixed(base, &a->endpoints, err);
	return status;
}

static enum bfabric_status start(struct attempt *a, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_environment *env = &a->s->env;
	enum bfabric_status status = bf_device_start_build(
		a->endpoints.device_authorization, env->client_id, env->scope, &request, err);

	if (status == BFABRIC_OK)
		status = perform(a, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_device_start_accept(&reply, &a->device, err);
	return status;
}

static enum bfabric_status poll_once(struct attempt *a, enum bf_device_event *ret_event,
	enum bf_token_verdict *ret_verdict, struct bfabric_error *why, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bf_grant_params params = {
		.token_endpoint = a->endpoints.token,
		.client_id = a->s->env.client_id,
		.client_auth = BF_CLIENT_AUTH_BODY,
		.device_code = &a->device.device_code,
	};
	enum bfabric_status status = bf_grant_device_code.build(&params, &request, err);

	if (status != BFABRIC_OK)
		return status;
	status = perform(a, &request, &reply, why);
	*ret_event = status == BFABRIC_OK ? BF_DEVICE_REPLY : BF_DEVICE_NO_REPLY;
	if (status == BFABRIC_OK)
		*ret_verdict = bf_token_accept(&reply, &a->reply, why);
	return BFABRIC_OK;
}

static enum bfabric_status wait_until(
	struct attempt *a, int64_t until, int64_t expires, struct bfabric_error *err)
{
	if (bf_boot_ms(a->s->sys) >= a->deadline)
		return bf_fail(err, BFABRIC_TIMEOUT, "nobody approved the login in time");
	if (until > a->deadline)
		until = a->deadline;
	if (!a->ui->wait(a->ui->data, until, expires))
		return bf_fail(err, BFABRIC_CANCELLED, "the login was cancelled");
	return BFABRIC_OK;
}

static enum bfabric_status poll_until_done(struct attempt *a, struct bfabric_error *err)
{
	struct bf_device_flow flow;
	enum bf_device_event event = BF_DEVICE_NOTHING;
	enum bf_token_verdict verdict = BF_TOKEN_PENDING;
	struct bfabric_error why = {0};
	struct bfabric_error end = {0};
	enum bfabric_status status = BFABRIC_OK;

	bf_device_flow_init(&flow, &a->device, bf_boot_ms(a->s->sys));
	while (status == BFABRIC_OK) {
		int64_t until = 0;

		switch (bf_device_step(
			&flow, event, verdict, &why, bf_boot_ms(a->s->sys), &until, &end)) {
		case BF_DEVICE_WAIT:
			event = BF_DEVICE_NOTHING;
			status = wait_until(a, until, flow.expires_ms, err);
			break;
		case BF_DEVICE_POLL:
			status = poll_once(a, &event, &verdict, &why, err);
			break;
		case BF_DEVICE_DONE:
			return BFABRIC_OK;
		case BF_DEVICE_FAILED:
			return bf_fail(err, end.status, "%s", end.text);
		}
	}
	return status;
}

enum bfabric_status bf_login_device(struct bfabric_session *session, const struct bf_login_ui *ui,
	int64_t deadline, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_CLEANUP(attempt_release) struct attempt a = {.s = session, .ui = ui};
	struct bf_login_grant grant = {0};
	enum bfabric_status status = bf_login_prepare(session, err);

	a.deadline = deadline ? deadline : bf_boot_ms(session->sys) + LOGIN_MS;
	if (status == BFABRIC_OK)
		status = open_transport(&a, err);
	if (status == BFABRIC_OK)
		status = discover(&a, err);
	if (status == BFABRIC_OK)
		status = start(&a, err);
	if (status != BFABRIC_OK)
		return status;
	ui->show(ui->data, &a.device);
	status = poll_until_done(&a, err);
	if (status != BFABRIC_OK)
		return status;
	grant.reply = a.reply;
	grant.token_endpoint = a.endpoints.token;
	grant.client_auth =
		a.endpoints.public_clients ? BF_CLIENT_AUTH_BODY : BF_CLIENT_AUTH_UNKNOWN;
	return bf_login_save(session, ui, &grant, ret, err);
}
