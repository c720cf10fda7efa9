#include "unit.h"
#include "pam_factor_scene.h"

#include <stdio.h>
#include <sys/stat.h>

void factor_conf(const char *more)
{
	char text[1024];

	mkdir(scratch("run"), 0700);
	snprintf(text, sizeof(text),
		"run_dir = %s\nsame_names = yes\nclaim = preferred_username\ntimeout = 5\n%s",
		scratch("run"), more);
	scene_conf(text);
	scene.typed = "";
}

void factor_child(const char *body)
{
	char text[2048];

	remove(scratch("out/bfabric-pam-login"));
	snprintf(text, sizeof(text),
		"me='%s'\nif grep -q ^mode=revoke \"$out/bfabric-pam-login\"; then\n"
		"printf 'valid\\tno\\n'\nexit\nfi\n%s",
		scene_user(), body);
	scene_program("bfabric-pam-login", text);
}

int factor_ask(const char *service, const char *host, int flags)
{
	int rc;

	scene_forget();
	scene_start(service, scene_user());
	if (host)
		assert_int_equal(pam_set_item(scene.pamh, PAM_RHOST, host), PAM_SUCCESS);
	rc = pam_authenticate(scene.pamh, flags);
	scene_end();
	return rc;
}

int factor_revoked(void)
{
	int count = 0;

	for (const char *at = scene_asked("bfabric-pam-login"); (at = strstr(at, "mode=revoke"));
		at++)
		count++;
	return count;
}
