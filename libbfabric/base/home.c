#include "file.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PASSWD_MAX ((size_t)1 << 20) /* a directory service may deliver a long entry */

/* Without trailing slashes, so that a path built on it has one spelling. */
static enum bfabric_status take_home(const char *dir, char **ret_home, struct bfabric_error *err)
{
	size_t n = strlen(dir);
	char *home = NULL;

	while (n > 1 && dir[n - 1] == '/')
		n--;
	home = strndup(dir, n);
	if (!home)
		return bf_fail_nomem(err);
	*ret_home = home;
	return BFABRIC_OK;
}

static enum bfabric_status home_of_uid(uid_t uid, char **ret_home, struct bfabric_error *err)
{
	for (size_t size = 1024; size <= PASSWD_MAX; size *= 4) {
		BF_AUTO_FREE char *buf = malloc(size);
		struct passwd entry = {0};
		struct passwd *found = NULL;
		int why;

		if (!buf)
			return bf_fail_nomem(err);
		do
			why = getpwuid_r(uid, &entry, buf, size, &found);
		while (why == EINTR);
		if (why == ERANGE)
			continue;
		if (found && found->pw_dir && found->pw_dir[0] == '/')
			return take_home(found->pw_dir, ret_home, err);
		break;
	}
	return bf_fail(err, BFABRIC_SYSTEM,
		"no home directory: HOME is not an absolute path and the password database names "
		"none for uid %u: set HOME",
		(unsigned)uid);
}

enum bfabric_status bf_home(char **ret_home, struct bfabric_error *err)
{
	const char *home = secure_getenv("HOME");

	if (home && home[0] == '/')
		return take_home(home, ret_home, err);
	return home_of_uid(geteuid(), ret_home, err);
}

enum bfabric_status bf_home_writable(const char *home, struct bfabric_error *err)
{
	struct stat st = {0};

	if (stat(home, &st) < 0)
		return bf_fail(
			err, BFABRIC_SYSTEM, "home directory %s: %m: create it or set HOME", home);
	if (!S_ISDIR(st.st_mode))
		return bf_fail(err, BFABRIC_SYSTEM,
			"home directory %s is not a directory: set HOME", home);
	if (geteuid() == 0 && st.st_uid != 0)
		return bf_fail(err, BFABRIC_SYSTEM,
			"home directory %s belongs to uid %u, but this runs as root: run it as "
			"that "
			"user, without sudo",
			home, (unsigned)st.st_uid);
	return BFABRIC_OK;
}

static bool usable_runtime_dir(const char *dir)
{
	struct stat st = {0};

	return dir && dir[0] == '/' && stat(dir, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && !(st.st_mode & (S_IWGRP | S_IWOTH));
}

enum bfabric_status bf_runtime_dir(char **ret_dir, struct bfabric_error *err)
{
	const char *base = secure_getenv("XDG_RUNTIME_DIR");
	BF_AUTO_FREE char *dir = NULL;
	enum bfabric_status status = BFABRIC_OK;
	size_t size = 0;

	if (!usable_runtime_dir(base)) {
		*ret_dir = NULL;
		return BFABRIC_OK;
	}
	size = strlen(base) + sizeof("/bfabric");
	dir = malloc(size);
	if (!dir)
		return bf_fail_nomem(err);
	snprintf(dir, size, "%s/bfabric", base);
	status = bf_dir_ensure(dir, 1, err);
	if (status == BFABRIC_OK)
		*ret_dir = BF_TAKE(dir);
	return status;
}
