/*
 * What every login needs before and beside its own steps.
 */
#include "login_flow.h"

#include <string.h>

#include "net/http.h"
#include "net/request.h"

#define TICK_MS 250

void bf_login_flow_release(struct bf_login_flow *flow)
{
	bf_http_free(flow->http);
	bf_endpoints_release(&flow->endpoints);
}

/* A connection of its own: the session's belongs to the threads that ask for tokens meanwhile. */
static enum bfabric_status open_transport(struct bf_login_flow *flow, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;

	if (!flow->s->seam)
		status = bf_session_open_http(flow->s, &flow->http, err);
	if (status == BFABRIC_OK)
		flow->transport = flow->s->seam ? *flow->s->seam : bf_http_transport(flow->http);
	return status;
}

enum bfabric_status bf_login_perform(struct bf_login_flow *flow, struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err)
{
	int64_t limit = bf_boot_ms(flow->s->sys) + BF_LOGIN_REQUEST_MS;

	request->deadline = limit < flow->deadline ? limit : flow->deadline;
	request->cancel = flow->s->cancel;
	return bf_trace_perform(flow->s, &flow->transport, request, reply, err);
}

enum bfabric_status bf_login_said(
	const struct bf_login_flow *flow, enum bfabric_status status, struct bfabric_error *err)
{
	const struct bf_url *url = &flow->s->env.url;
	char host[280];

	bf_request_show_host(url, host, sizeof(host));
	if (status == BFABRIC_OK || status == BFABRIC_NO_MEMORY || !err || strstr(err->text, host))
		return status;
	return bf_fail_context(err, status, "%.150s", url->text);
}

enum bfabric_status bf_login_discover(struct bf_login_flow *flow, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_url *base = &flow->s->env.url;
	bool found = false;
	enum bfabric_status status = bf_discovery_build(base, &request, err);

	if (status == BFABRIC_OK)
		status = bf_login_perform(flow, &request, &reply, err);
	if (status == BFABRIC_OK)
		status = bf_login_said(flow,
			bf_discovery_accept(base, &reply, &found, &flow->endpoints, err), err);
	if (status == BFABRIC_OK && !found)
		status = bf_endpoints_fixed(base, &flow->endpoints, err);
	return status;
}

enum bfabric_status bf_login_connect(struct bf_login_flow *flow, struct bfabric_session *session,
	int64_t deadline, int64_t default_ms, struct bfabric_error *err)
{
	flow->s = session;
	flow->deadline = deadline ? deadline : bf_boot_ms(session->sys) + default_ms;
	return open_transport(flow, err);
}

enum bfabric_status bf_login_begin(struct bf_login_flow *flow, struct bfabric_session *session,
	const struct bfabric_ui *ui, int64_t deadline, int64_t default_ms,
	struct bfabric_error *err)
{
	enum bfabric_status status = bf_login_connect(flow, session, deadline, default_ms, err);

	flow->ui = ui;
	if (status == BFABRIC_OK)
		status = bf_login_prepare(session, ui, flow->deadline, err);
	return status == BFABRIC_OK ? bf_login_discover(flow, err) : status;
}

enum bfabric_status bf_login_tick(
	struct bf_login_flow *flow, int64_t left_ms, struct bfabric_error *err)
{
	if (flow->ui->waiting)
		flow->ui->waiting(flow->ui->data, left_ms > 0 ? left_ms : 0);
	if (bf_cancelled(flow->s->cancel))
		return bf_fail(err, BFABRIC_CANCELLED, "the login was cancelled");
	if (bf_boot_ms(flow->s->sys) >= flow->deadline)
		return bf_fail(err, BFABRIC_TIMEOUT, "nobody approved the login in time");
	return BFABRIC_OK;
}

enum bfabric_status bf_login_wait(
	struct bf_login_flow *flow, int64_t until_ms, int64_t expires_ms, struct bfabric_error *err)
{
	const struct bf_sys *sys = flow->s->sys;

	if (until_ms > flow->deadline)
		until_ms = flow->deadline;
	for (;;) {
		int64_t now = bf_boot_ms(sys);
		enum bfabric_status status = bf_login_tick(flow, expires_ms - now, err);

		if (status != BFABRIC_OK || now >= until_ms)
			return status;
		bf_cancel_sleep(
			flow->s->cancel, sys, until_ms - now < TICK_MS ? until_ms - now : TICK_MS);
	}
}
