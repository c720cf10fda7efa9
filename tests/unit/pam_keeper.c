/*
 * A module that authenticates everybody and keeps a token, as pam_bfabric.so does after a device
 * login: the parts of the real one without the login. Arguments: token=TEXT, the reply of a token
 * endpoint, and those of the real module.
 */
#include <security/pam_modules.h>
#include <stdlib.h>
#include <string.h>
#include "pam_bfabric/keep.h"
#include "pam_bfabric/revoke.h"

#define EXPORT __attribute__((visibility("default")))

static const char *take_token(int *argc, const char **argv)
{
	const char *token = "{}";

	for (int i = 0; i < *argc; i++)
		if (strncmp(argv[i], "token=", 6) == 0) {
			token = argv[i] + 6;
			argv[i] = argv[--*argc];
		}
	return token;
}

EXPORT int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct bf_pam_call call;
	struct bfabric_error err = {0};
	const char *arguments[16];

	if (argc > 16)
		return PAM_SERVICE_ERR;
	memcpy(arguments, argv, (size_t)argc * sizeof(*argv));
	bf_secret_puts(&grant.token, take_token(&argc, arguments));
	grant.name = strdup("alice");
	if (grant.token.failed || !grant.name ||
		!bf_pam_begin(&call, pamh, flags, argc, arguments) ||
		bf_pam_gate(&call, /* ask= */ false, &user) != PAM_SUCCESS ||
		bf_pam_configured(&call, &user, &conf) != PAM_SUCCESS)
		return PAM_SERVICE_ERR;
	if (bf_pam_keep(&call, &conf, &user, &grant, &err) == BFABRIC_OK)
		return PAM_SUCCESS;
	bf_pam_log(&call, 3, "not kept: %s", err.text);
	bf_pam_revoke(&call, &conf, &grant);
	return PAM_AUTH_ERR;
}

EXPORT int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh, (void)flags, (void)argc, (void)argv; /* nothing to set */
	return PAM_SUCCESS;
}
