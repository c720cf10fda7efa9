#include "quiet.h"

#include <string.h>
#include <syslog.h>
#include "store.h"

static bool equals(const char *text, const char *expected)
{
	return text && strcmp(text, expected) == 0;
}

/* The names are those of bfabric_status_name(). */
static enum bf_pam_login judge(const struct bf_pam_call *call, const struct bf_kv *answer)
{
	const char *status = bf_kv_get(answer, "status");
	const char *message = bf_kv_get(answer, "message");
	char quoted[2][BF_PAM_QUOTED];

	if (equals(status, "OK") && equals(bf_kv_get(answer, "valid"), "yes"))
		return BF_PAM_LOGIN_THERE;
	if (equals(status, "OK") || equals(status, "NOT_LOGGED_IN") ||
		equals(status, "LOGIN_REQUIRED") || equals(status, "DENIED"))
		return BF_PAM_LOGIN_NONE;
	bf_pam_log(call, LOG_NOTICE, "login not refreshed: %s %s",
		bf_pam_quote(quoted[0], status ? status : "no answer"),
		bf_pam_quote(quoted[1], message ? message : ""));
	return BF_PAM_LOGIN_UNKNOWN;
}

enum bf_pam_login bf_pam_refresh(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	BF_AUTO_KV struct bf_kv answer = BF_KV_INIT;
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_pam_store_ask(call, conf, user, "refresh",
		/* token= */ NULL, &answer, /* ret_asked= */ NULL, &err);

	if (status == BFABRIC_OK)
		return judge(call, &answer);
	if (status == BFABRIC_TIMEOUT)
		bf_pam_log(call, LOG_NOTICE,
			"the login is not refreshed yet: it is left to finish in the background");
	else
		bf_pam_log(call, LOG_ERR, "login not refreshed: %s", err.text);
	return BF_PAM_LOGIN_UNKNOWN;
}
