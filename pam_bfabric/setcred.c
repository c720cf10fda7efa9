#include "setcred.h"

#include "close.h"
#include "quiet.h"
#include "spawn.h"

/* Whoever PAM says it is about now: nothing that was remembered before counts. */
static void refresh(const struct bf_pam_call *call)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	if (bf_pam_gate(call, /* ask= */ false, &user) != PAM_SUCCESS ||
		bf_pam_configured(call, &user, &conf) != PAM_SUCCESS)
		return; /* said in the log, where it is trouble */
	bf_pam_reap_left(call);
	if (bf_pam_refresh(call, &conf, &user) == BF_PAM_LOGIN_NONE)
		bf_pam_debug(call, "there is no login that could be refreshed");
}

void bf_pam_set_credentials(const struct bf_pam_call *call)
{
	if (call->flags & (PAM_REINITIALIZE_CRED | PAM_REFRESH_CRED))
		refresh(call);
	else if (call->flags & PAM_DELETE_CRED)
		bf_pam_end_session(call);
}
