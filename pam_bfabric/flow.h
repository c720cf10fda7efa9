/*
 * flow.h - one device login (RFC 8628): a child talks to the server, we show the code and wait.
 *
 *	for_session      the child is the user, and stores what it got
 *	else             the child is the account of the network (conf->net_user, default
 *`_bfabric`), proves who approved, and hands the token to us
 *
 * One call is one code; nothing begins again by itself. A code whose page is not on the host of
 * base_url is not shown.
 *
 * No token outlives a failure. The child gives back what it cannot hand over; what it had handed
 * over already when we stopped listening is given back by another child (revoke.h).
 */
#ifndef PAM_BFABRIC_FLOW_H
#define PAM_BFABRIC_FLOW_H

#include "call.h"
#include "grant.h"

enum bf_pam_show {
	BF_PAM_SHOW_INFO,  /* PAM_TEXT_INFO, then wait */
	BF_PAM_SHOW_ENTER, /* one PAM_PROMPT_ECHO_ON, open while the server is asked */
};

struct bf_pam_flow {
	const struct bf_pam_call *call;
	const struct bf_pam_conf *conf;
	const struct bf_pam_user *user;
	bool for_session;
	enum bf_pam_show show;
	unsigned seconds; /* bf_pam_flow_seconds(); 0: nobody is asked */
};

/*
 * OK; DENIED: it was refused, or somebody else approved; FORBIDDEN: they are in no allowed group;
 * TIMEOUT; CANCELLED: the person skipped it, or nobody can be asked; RETRY_LATER: no server;
 * BAD_CONFIG, SYSTEM, NO_MEMORY, BAD_REPLY, and what else a child reports. Logged, and told to the
 * person as far as it helps them.
 */
BF_MUST_USE enum bfabric_status bf_pam_flow_run(
	const struct bf_pam_flow *flow, struct bf_pam_grant *ret, struct bfabric_error *err);

/*
 * For how long somebody may be waited for: `timeout`; in sshd at most 60 (LoginGraceTime is 120);
 * under an alarm of the application, as login(1) sets one, ten seconds less than it leaves. 0:
 * there is no time.
 */
unsigned bf_pam_flow_seconds(const struct bf_pam_call *call, const struct bf_pam_conf *conf);

/* Where `prompt` is auto: login(1) shows text at once, others hold it back or drop it. */
enum bf_pam_show bf_pam_flow_show(
	const struct bf_pam_call *call, const struct bf_pam_conf *conf, bool in_session);

#endif
