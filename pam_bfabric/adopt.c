#include "adopt.h"

#include <string.h>
#include <syslog.h>
#include "revoke.h"
#include "store.h"

static bool equals(const char *text, const char *expected)
{
	return text && strcmp(text, expected) == 0;
}

static void tell_stored(const struct bf_pam_call *call, const struct bf_pam_user *user,
	const struct bf_pam_grant *grant, const struct bf_kv *answer)
{
	const char *message = bf_kv_get(answer, "message");
	char quoted[2][BF_PAM_QUOTED];

	bf_pam_log(call, LOG_NOTICE, "login stored for user %s, approved by %s",
		bf_pam_quote(quoted[0], user->name),
		bf_pam_quote(quoted[1], grant->name ? grant->name : "nobody by name"));
	if (!equals(bf_kv_get(answer, "stored"), "waits")) {
		(void)bf_pam_tell(call, "B-Fabric login stored."); /* it is there unsaid too */
		return;
	}
	bf_pam_log(call, LOG_WARNING, "it waits in the runtime directory: %s",
		bf_pam_quote(quoted[0], message ? message : ""));
	(void)bf_pam_tell(call,
		"The B-Fabric login waits until your home or keyring can take it; then: "
		"bfabric auth refresh --pending");
}

/* Whose token it is now: the child stores it or gives it back, whether we hear of it or not. */
static void tell_later(const struct bf_pam_call *call, const char *why)
{
	char quoted[BF_PAM_QUOTED];

	bf_pam_log(call, LOG_WARNING,
		"the login is not stored yet: it is left to finish in the background: %s",
		bf_pam_quote(quoted, why));
	(void)bf_pam_tell(call, "The B-Fabric login is still being stored.");
}

/*
 * The child gives back what it cannot keep; but it may have ended before it came to that, or never
 * have begun. Asking the server twice does no harm (RFC 7009, section 2.2).
 */
static void tell_failed(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_grant *grant, const char *status, const char *text)
{
	char quoted[2][BF_PAM_QUOTED];

	bf_pam_log(call, LOG_WARNING, "login not stored: %s %s", bf_pam_quote(quoted[0], status),
		bf_pam_quote(quoted[1], text));
	(void)bf_pam_tell(call, "The B-Fabric login could not be stored: %s", quoted[1]);
	bf_pam_revoke(call, conf, grant);
}

/* The child said nothing, or what it said is lost by our own fault. */
static bool is_unheard(enum bfabric_status status)
{
	return status == BFABRIC_TIMEOUT || status == BFABRIC_SYSTEM || status == BFABRIC_NO_MEMORY;
}

bool bf_pam_adopt(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, const struct bf_pam_grant *grant)
{
	BF_AUTO_KV struct bf_kv answer = BF_KV_INIT;
	struct bfabric_error err = {0};
	bool asked = false;
	enum bfabric_status status =
		bf_pam_store_ask(call, conf, user, "adopt", &grant->token, &answer, &asked, &err);
	const char *said = bf_kv_get(&answer, "status");
	const char *message = bf_kv_get(&answer, "message");

	if (status == BFABRIC_OK && equals(said, "OK")) {
		tell_stored(call, user, grant, &answer);
		return true;
	}
	if (asked && is_unheard(status)) {
		tell_later(call, err.text);
		return true;
	}
	if (status == BFABRIC_OK)
		tell_failed(call, conf, grant, said ? said : "no answer", message ? message : "");
	else
		tell_failed(call, conf, grant, bfabric_status_name(status), err.text);
	return false;
}
