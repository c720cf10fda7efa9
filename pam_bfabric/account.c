/* Who may log in, of those whom somebody authenticated; see factor.h. */
#include <syslog.h>
#include "factor.h"

int bf_pam_account(const struct bf_pam_call *call, bool understood)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	char quoted[BF_PAM_QUOTED];
	int rc = bf_pam_gate(call, /* ask= */ false, &user);

	if (rc == PAM_SUCCESS && !understood)
		return PAM_SERVICE_ERR; /* said in the log */
	if (rc == PAM_SUCCESS)
		rc = bf_pam_configured(call, &user, &conf);
	if (rc != PAM_SUCCESS)
		return rc;
	if (bf_pam_was_authenticated(call, &conf, &user))
		return PAM_SUCCESS;
	if (!conf.allowed_groups)
		return PAM_IGNORE;
	bf_pam_log(call, LOG_NOTICE,
		"user %s was not authenticated by B-Fabric, so that nobody knows whether they are "
		"in "
		"allowed_groups: refused",
		bf_pam_quote(quoted, user.name));
	return PAM_PERM_DENIED;
}
