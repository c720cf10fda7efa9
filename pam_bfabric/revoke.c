#include "revoke.h"

#include <syslog.h>
#include "../libbfabric/base/kv.h"
#include "net_user.h"
#include "spawn.h"

#define REVOKE_MS 2000
#define CHILD_S   "10" /* of the child's own */

static void put_optional(struct bf_secret *out, const char *key, const char *value)
{
	if (value && *value)
		bf_kv_put(out, key, value);
}

static void put_request(
	const struct bf_pam_conf *conf, const struct bf_pam_grant *grant, struct bf_secret *out)
{
	bf_kv_put(out, "mode", "revoke");
	bf_kv_put(out, "base_url", conf->base_url);
	bf_kv_put(out, "client_id", conf->client_id);
	put_optional(out, "client_secret_file", conf->client_secret_file);
	put_optional(out, "scope", conf->scope);
	put_optional(out, "ca_file", conf->ca_file);
	put_optional(out, "proxy", conf->proxy);
	bf_kv_put(out, "timeout", CHILD_S);
	bf_kv_put(out, "token", bf_secret_reveal(&grant->token));
	bf_secret_putc(out, '\n');
}

/* OK: nothing of it is valid any more. */
static enum bfabric_status listen(struct bf_pam_child *child, struct bfabric_error *err)
{
	for (;;) {
		struct bf_line line = {0};
		bool found = false;
		enum bfabric_status status = bf_pam_hear(child, &line, &found, err);

		if (status != BFABRIC_OK)
			return status;
		if (!found)
			return bf_fail(err, BFABRIC_SYSTEM, "the child ended without a word");
		if (line.verb == BF_LINE_VALID && !line.valid)
			return BFABRIC_OK;
		if (line.verb == BF_LINE_FAILED)
			return bf_fail(err, line.status, "%s", line.text);
		if (line.verb != BF_LINE_NOTE)
			return bf_fail(
				err, BFABRIC_BAD_REPLY, "the child said what it was not asked");
	}
}

static void tell(const struct bf_pam_call *call, enum bfabric_status status, const char *text)
{
	char quoted[BF_PAM_QUOTED];

	if (status == BFABRIC_OK)
		bf_pam_log(call, LOG_NOTICE, "a login that reached nobody was revoked");
	else if (status == BFABRIC_TIMEOUT)
		bf_pam_log(call, LOG_NOTICE,
			"a login that reached nobody is being revoked in the background");
	else
		bf_pam_log(call, LOG_WARNING,
			"a login that reached nobody could not be revoked and may stay valid at "
			"the server: %s %s",
			bfabric_status_name(status), bf_pam_quote(quoted, text));
}

void bf_pam_revoke_until(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_grant *grant, int64_t deadline)
{
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	struct bf_pam_child child = BF_PAM_CHILD_INIT;
	struct bfabric_error err = {0};
	enum bfabric_status status;

	if (bf_secret_empty(&grant->token))
		return;
	put_request(conf, grant, &request);
	status = bf_pam_net_user(conf, &user, &err);
	if (status == BFABRIC_OK)
		status = bf_pam_spawn(conf, &user, "bfabric-pam-login", /* verb= */ NULL, &request,
			deadline, &child, &err);
	if (status == BFABRIC_OK)
		status = listen(&child, &err);
	bf_pam_child_done(call, &child);
	tell(call, status, err.text);
}

void bf_pam_revoke(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_grant *grant)
{
	bf_pam_revoke_until(call, conf, grant, bf_pam_now() + REVOKE_MS);
}
