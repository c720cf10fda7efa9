/*
 * login_flow.h - what the flows that log in have in common: a connection of their own, discovery,
 * requests with a deadline, and waiting for a person.
 */
#ifndef BF_LOGIN_FLOW_H
#define BF_LOGIN_FLOW_H

#include "login_save.h"
#include "oauth/discovery.h"

#define BF_LOGIN_REQUEST_MS 30000

/* One login under way. Zero it, then bf_login_begin; release it whatever happened. */
struct bf_login_flow {
	struct bfabric_session *s;
	const struct bfabric_ui *ui;
	int64_t deadline; /* CLOCK_BOOTTIME ms, never 0 */
	struct bf_http *http;
	struct bf_transport transport;
	struct bf_endpoints endpoints;
};

#define BF_AUTO_LOGIN_FLOW BF_CLEANUP(bf_login_flow_release)
void bf_login_flow_release(struct bf_login_flow *flow);

/*
 * What came of a reply: names the server in *err, unless it does so already. Somebody with several
 * environments has to know which one has trouble.
 */
enum bfabric_status bf_login_said(
	const struct bf_login_flow *flow, enum bfabric_status status, struct bfabric_error *err);

/*
 * Check that a login could be saved (bf_login_prepare), connect, discover the endpoints. `deadline`
 * 0 stands for `default_ms` from now. The session's errors.
 */
BF_MUST_USE enum bfabric_status bf_login_begin(struct bf_login_flow *flow,
	struct bfabric_session *session, const struct bfabric_ui *ui, int64_t deadline,
	int64_t default_ms, struct bfabric_error *err);

/*
 * The same in two steps and without a login to save: for what is asked of a server beside logging
 * in. Connecting is without network; discovering fills flow->endpoints, once.
 */
BF_MUST_USE enum bfabric_status bf_login_connect(struct bf_login_flow *flow,
	struct bfabric_session *session, int64_t deadline, int64_t default_ms,
	struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_login_discover(
	struct bf_login_flow *flow, struct bfabric_error *err);

/* Send a request of the flow: at most 30 s, never past the deadline; the wish to stop ends it. */
BF_MUST_USE enum bfabric_status bf_login_perform(struct bf_login_flow *flow,
	struct bf_request *request, struct bf_reply *reply, struct bfabric_error *err);

/*
 * Tell the person that time passes; `left_ms` is what they have left. CANCELLED when somebody
 * wished to stop, TIMEOUT when the deadline has passed.
 */
BF_MUST_USE enum bfabric_status bf_login_tick(
	struct bf_login_flow *flow, int64_t left_ms, struct bfabric_error *err);

/* Wait until `until_ms`, ticking; `expires_ms` is when the person's time ends. */
BF_MUST_USE enum bfabric_status bf_login_wait(struct bf_login_flow *flow, int64_t until_ms,
	int64_t expires_ms, struct bfabric_error *err);

#endif
