#include "pam_user.h"
#include "../libbfabric/base/concat.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum bfabric_status bf_pam_check_user(struct bfabric_error *err)
{
	uid_t real = 0, effective = 0, saved = 0;
	gid_t real_group = 0, group = 0, saved_group = 0;

	if (getresuid(&real, &effective, &saved) != 0 ||
		getresgid(&real_group, &group, &saved_group) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot find out who this is: %m");
	if (real == 0 || effective == 0 || saved == 0)
		return bf_fail(err, BFABRIC_FORBIDDEN, "pam-store does nothing as root");
	if (real != effective || real != saved || real_group != group || real_group != saved_group)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"pam-store has to be one user in every respect: real, effective and saved "
			"ids differ");
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_clean_environment(struct bfabric_error *err)
{
	static const char *const kept[] = {"HOME", "XDG_RUNTIME_DIR", "BFABRIC_SITE_CONFIG"};
	char *values[3] = {NULL, NULL, NULL};
	char runtime[40];
	bool failed = false;

	snprintf(runtime, sizeof(runtime), "/run/user/%u", (unsigned)geteuid());
	for (size_t i = 0; i < 3; i++)
		failed |= !bf_copy_string(&values[i], getenv(kept[i]));
	failed |= clearenv() != 0;
	for (size_t i = 0; i < 3; i++) {
		failed |= values[i] && setenv(kept[i], values[i], /* overwrite= */ 1) != 0;
		free(values[i]);
	}
	/* Not every service says so; that it is there and ours is found out where it is used. */
	failed |= setenv("XDG_RUNTIME_DIR", runtime, /* overwrite= */ 0) != 0;
	return failed ? bf_fail_nomem(err) : BFABRIC_OK;
}
