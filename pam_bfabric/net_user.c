#include "net_user.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>
#include "../libbfabric/base/concat.h"

/* Without root nobody else can be become; only the ids and the name count. */
static enum bfabric_status ourselves(struct bf_pam_user *ret, struct bfabric_error *err)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {.uid = geteuid(), .gid = getegid()};

	if (!bf_copy_string(&user.name, BF_PAM_NET_USER) || !bf_copy_string(&user.home, "/"))
		return bf_fail_nomem(err);
	*ret = user;
	user = (struct bf_pam_user){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_net_user(
	const struct bf_pam_conf *conf, struct bf_pam_user *ret, struct bfabric_error *err)
{
	const char *name = conf->net_user ? conf->net_user : BF_PAM_NET_USER;
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};

	if (geteuid() != 0)
		return ourselves(ret, err);
	switch (bf_pam_look_up(name, &user)) {
	case PAM_SUCCESS:
		break;
	case PAM_BUF_ERR:
		return bf_fail_nomem(err);
	case PAM_USER_UNKNOWN:
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"there is no account %.64s (net_user): systemd-sysusers makes it", name);
	default:
		return bf_fail(err, BFABRIC_SYSTEM, "cannot look up the account %.64s", name);
	}
	if (user.uid == 0 || user.gid == 0)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"net_user must be an account without the rights of root");
	*ret = user;
	user = (struct bf_pam_user){0};
	return BFABRIC_OK;
}
