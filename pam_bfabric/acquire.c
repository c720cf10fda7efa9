#include "acquire.h"

#include <string.h>
#include <syslog.h>
#include "flow.h"
#include "flow_limit.h"
#include "keep.h"
#include "person.h"
#include "prompt.h"
#include "revoke.h"
#include "store.h"

static bool equals(const char *text, const char *expected)
{
	return text && strcmp(text, expected) == 0;
}

/* True: there is none, and one could be stored. What cannot be told is no reason to ask a person.
 */
static bool has_no_login(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	BF_AUTO_KV struct bf_kv answer = BF_KV_INIT;
	struct bfabric_error err = {0};
	char quoted[2][BF_PAM_QUOTED];
	enum bfabric_status status = bf_pam_store_ask(
		call, conf, user, "valid", /* token= */ NULL, &answer, /* ret_asked= */ NULL, &err);
	const char *said = bf_kv_get(&answer, "status");
	const char *message = bf_kv_get(&answer, "message");

	if (status != BFABRIC_OK) {
		bf_pam_log(call, LOG_ERR, "no login is offered: %s", err.text);
		return false;
	}
	if (equals(said, "OK"))
		return equals(bf_kv_get(&answer, "valid"), "no");
	if (equals(said, "NOT_LOGGED_IN") || equals(said, "LOGIN_REQUIRED"))
		return true;
	bf_pam_log(call, LOG_NOTICE, "no login is offered: %s %s",
		bf_pam_quote(quoted[0], said ? said : "no answer"),
		bf_pam_quote(quoted[1], message ? message : ""));
	return false;
}

/* A map that has nobody for this user would refuse whoever approves. */
static bool somebody_may_approve(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	BF_AUTO_SECRET struct bf_secret unused = BF_SECRET_INIT;
	struct bfabric_error err = {0};

	if (bf_pam_person_expect(conf, user, &unused, &err) == BFABRIC_OK && !unused.failed)
		return true;
	bf_pam_log(call, LOG_NOTICE, "no login is offered: %s", err.text);
	return false;
}

static bool person_wants(const struct bf_pam_call *call)
{
	bool no = false;

	return bf_pam_ask(call, "B-Fabric login? [Enter/n] ", &no) == BF_PAM_ANSWERED && !no;
}

static enum bfabric_status check_person(const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const struct bf_pam_grant *grant, struct bfabric_error *err)
{
	if (!bf_pam_person_decided(conf))
		return BFABRIC_OK;
	return bf_pam_person_check(conf, user, grant->name ? grant->name : "", err);
}

static void log_in(const struct bf_pam_flow *flow)
{
	const struct bf_pam_call *call = flow->call;
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;
	struct bfabric_error err = {0};
	char quoted[BF_PAM_QUOTED];
	enum bfabric_status status = bf_pam_flow_run(flow, &grant, &err);

	if (status != BFABRIC_OK)
		return; /* logged there, and nothing is left */
	status = check_person(flow->conf, flow->user, &grant, &err);
	if (status == BFABRIC_OK)
		status = bf_pam_keep(call, flow->conf, flow->user, &grant, &err);
	if (status == BFABRIC_OK)
		return;
	bf_pam_log(call, LOG_WARNING, "the login is not kept: %s %s", bfabric_status_name(status),
		bf_pam_quote(quoted, err.text));
	bf_pam_revoke(call, flow->conf, &grant);
}

void bf_pam_acquire(const struct bf_pam_call *call)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct bf_pam_flow flow = {.call = call, .conf = &conf, .user = &user};
	BF_AUTO_CLOSE int place = -1;

	if (call->flags & PAM_SILENT || bf_pam_gate(call, /* ask= */ false, &user) != PAM_SUCCESS ||
		bf_pam_configured(call, &user, &conf) != PAM_SUCCESS)
		return;
	if (!has_no_login(call, &conf, &user) || !somebody_may_approve(call, &conf, &user))
		return;
	flow.seconds = bf_pam_flow_seconds(call, &conf);
	flow.show = BF_PAM_SHOW_ENTER;
	if (flow.seconds == 0 || !person_wants(call))
		return;
	place = bf_pam_limit_take(call, &conf);
	if (place >= 0)
		log_in(&flow);
}
