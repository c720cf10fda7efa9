/*
 * pam_bfabric.so - what PAM calls. pam_bfabric(8) says what each stack does.
 *
 * Two profiles: a login is kept fresh, or made, when a session opens, and nobody is denied; or
 * B-Fabric is a factor of authentication (factor.h). There PAM_IGNORE means that the call is not
 * about us, which is known before anybody is asked: a second factor takes it for consent.
 */
#include <syslog.h>
#include "acquire.h"
#include "factor.h"
#include "keep.h"
#include "close.h"
#include "session.h"
#include "setcred.h"
#include "spawn.h"

#define EXPORT __attribute__((visibility("default")))

/* PAM's own header says const char **, but nobody writes there. */
static bool begin(
	struct bf_pam_call *call, pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	return bf_pam_begin(call, pamh, flags, argc, (const char *const *)argv);
}

static int mark(const struct bf_pam_call *call)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};

	if (bf_pam_gate(call, /* ask= */ false, &user) == PAM_SUCCESS)
		bf_pam_mark(call, &user);
	return PAM_IGNORE;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct bf_pam_call call;
	const bool understood = begin(&call, pamh, flags, argc, argv);

	if (call.arguments.mark)
		return mark(&call);
	if (call.arguments.acquire) {
		if (understood)
			bf_pam_acquire(&call);
		return PAM_IGNORE;
	}
	return bf_pam_authenticate(&call, understood);
}

EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct bf_pam_call call;

	if (begin(&call, pamh, flags, argc, argv)) /* else said in the log */
		bf_pam_set_credentials(&call);
	return PAM_SUCCESS; /* an error would end sshd's session */
}

EXPORT int pam_sm_acct_mgmt(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct bf_pam_call call;
	const bool understood = begin(&call, pamh, flags, argc, argv);

	return bf_pam_account(&call, understood);
}

static int open_session(const struct bf_pam_call *call, bool understood)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	int rc;

	if (!understood)
		return PAM_SUCCESS; /* said in the log */
	rc = bf_pam_gate(call, /* ask= */ false, &user);
	if (rc == PAM_IGNORE || rc == PAM_USER_UNKNOWN)
		return PAM_IGNORE;
	if (rc != PAM_SUCCESS) {
		bf_pam_log(call, LOG_ERR, "cannot look the user up");
		return PAM_SUCCESS;
	}
	return bf_pam_open_session(call, &user);
}

EXPORT int pam_sm_open_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct bf_pam_call call;
	const bool understood = begin(&call, pamh, flags, argc, argv);
	const int rc = open_session(&call, understood);

	bf_pam_forget_handle(&call);
	return rc;
}

EXPORT int pam_sm_close_session(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct bf_pam_call call;

	if (begin(&call, pamh, flags, argc, argv)) /* else said in the log */
		bf_pam_end_session(&call);
	bf_pam_reap_left(&call);
	return PAM_SUCCESS;
}
