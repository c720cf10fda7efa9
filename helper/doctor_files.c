#include "doctor.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/lock.h"
#include "../libbfabric/manage_rescue.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NEEDED ((uint64_t)1 << 20) /* bytes that a refresh wants to be sure of, generously */

static void check_home(struct bf_doctor *d)
{
	BF_AUTO_FREE char *home = NULL;
	struct bfabric_error err = {0};
	struct statvfs fs = {0};

	if (bf_home(&home, &err) != BFABRIC_OK || bf_home_writable(home, &err) != BFABRIC_OK) {
		bf_found(d, BF_FOUND_ERROR, "set HOME to a folder of yours", "%s", err.text);
		return;
	}
	if (access(home, W_OK | X_OK) != 0)
		bf_found(d, BF_FOUND_WARNING, "make it writable, or no login can be kept",
			"%s cannot be written: %m", home);
	else if (statvfs(home, &fs) == 0 &&
		 ((uint64_t)fs.f_bavail * fs.f_frsize < NEEDED || (fs.f_files && !fs.f_favail)))
		bf_found(d, BF_FOUND_ERROR, "make room: without it no token can be renewed",
			"%s is full", home);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s", home);
}

/* One entry, by our rules. False: something was wrong, and told. */
static bool good_entry(struct bf_doctor *d, const char *path, bool folder)
{
	struct stat st = {0};

	if (lstat(path, &st) != 0)
		return errno == ENOENT;
	if (S_ISLNK(st.st_mode))
		bf_found(d, BF_FOUND_ERROR, "replace it by what it points to",
			"%s is a symbolic link", path);
	else if (st.st_uid != geteuid())
		bf_found(d, BF_FOUND_ERROR, "give it back: chown USER FILE (was sudo used?)",
			"%s belongs to uid %u, you are uid %u", path, (unsigned)st.st_uid,
			(unsigned)geteuid());
	else if (folder ? !S_ISDIR(st.st_mode) : !S_ISREG(st.st_mode))
		bf_found(d, BF_FOUND_ERROR, "move it away", "%s is no %s", path,
			folder ? "folder" : "regular file");
	else if (st.st_mode & (S_IWGRP | S_IWOTH))
		bf_found(d, BF_FOUND_ERROR, "close it: chmod go= FILE", "other users can write %s",
			path);
	else if (st.st_mode & (S_IRGRP | S_IROTH))
		bf_found(d, BF_FOUND_WARNING, "close it: chmod go= FILE", "other users can read %s",
			path);
	else
		return true;
	return false;
}

static bool good_entries(struct bf_doctor *d, const char *folder, size_t *ret_count)
{
	DIR *dir = opendir(folder);
	bool good = true;

	*ret_count = 0;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		BF_AUTO_FREE char *path = NULL;

		if (entry->d_name[0] == '.') /* bfabricPy's temporary files come and go */
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0) {
			path = NULL;
			continue;
		}
		++*ret_count;
		good &= good_entry(d, path, /* folder= */ false);
	}
	if (dir)
		closedir(dir);
	return good;
}

static void check_folders(struct bf_doctor *d)
{
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *outer = NULL;
	BF_AUTO_FREE char *inner = NULL;
	size_t count = 0;

	if (bf_home(&home, NULL) != BFABRIC_OK || asprintf(&outer, "%s/.bfabric", home) < 0 ||
		asprintf(&inner, "%s/.bfabric/tokens", home) < 0)
		return;
	if (access(outer, F_OK) != 0 && errno == ENOENT)
		bf_found(d, BF_FOUND_OK, NULL, "%s is not there yet: a login makes it", outer);
	else if (good_entry(d, outer, /* folder= */ true) &&
		 good_entry(d, inner, /* folder= */ true) && good_entries(d, inner, &count))
		bf_found(d, BF_FOUND_OK, NULL, "%s, files: %zu", inner, count);
}

static void check_runtime(struct bf_doctor *d)
{
	const char *named = getenv("XDG_RUNTIME_DIR");
	BF_AUTO_FREE char *dir = NULL;
	struct bfabric_error err = {0};

	if (bf_runtime_dir(&dir, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "mend or unset XDG_RUNTIME_DIR", "%s", err.text);
	else if (dir)
		bf_found(d, BF_FOUND_OK, NULL, "%s", dir);
	else if (named && *named)
		bf_found(d, BF_FOUND_WARNING, "unset XDG_RUNTIME_DIR, or name a folder of yours",
			"XDG_RUNTIME_DIR is not used: no folder of yours that only you can write");
	else
		bf_found(d, BF_FOUND_OK, NULL,
			"none (XDG_RUNTIME_DIR is not set): ~/.bfabric serves instead");
}

/* Nothing is made for the sake of looking: no folder, no lock. */
static void check_lock(struct bf_doctor *d)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	const struct bf_environment *env = &d->environment;
	struct bfabric_error err = {0};
	bool held = false;

	if (!env->client_id || bf_paths_init(&env->url, env->client_id, env->name,
				       /* with_runtime= */ false, &paths, NULL) != BFABRIC_OK)
		return;
	if (access(paths.lock, F_OK) != 0) {
		bf_found(d, BF_FOUND_OK, NULL, "not used yet");
		return;
	}
	if (bf_lock_open(&lock, paths.lock, /* fallback_path= */ NULL, &err) != BFABRIC_OK ||
		bf_lock_try(&lock, &held, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_WARNING,
			"the runtime directory's lock serves instead; do not use the login on two "
			"hosts at once, or move ~/.bfabric to a file system with locks",
			"%s", err.text);
	else
		bf_found(d, BF_FOUND_OK, NULL, held ? "works" : "works; another process has it");
}

/* What a server said to an interrupted run about a client of another environment, or of none. */
static void about_registration(struct bf_doctor *d, const char *path)
{
	BF_AUTO_RESCUE_HEAD struct bf_rescue_head head = {0};
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	bool found = false;

	if (bf_rescue_look(path, &found, &head, &body, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_WARNING, "mend or remove it", "%s", err.text);
	else if (found && head.environment[0] == ' ') /* no environment begins so */
		bf_found(d, BF_FOUND_WARNING, "take from it what you need, then remove it",
			"a client's secrets, from an interrupted registration, are in %s", path);
	else if (found && !(d->known && strcmp(d->environment.name, head.environment) == 0))
		bf_found(d, BF_FOUND_WARNING, "finish it: bfabric auth client-show --env NAME",
			"an interrupted run left what the server said about the client of %s in %s",
			head.environment, path);
}

static void check_registrations(struct bf_doctor *d)
{
	static const char end[] = ".registration";
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *folder = NULL;
	DIR *dir = NULL;

	if (bf_home(&home, NULL) != BFABRIC_OK || asprintf(&folder, "%s/.bfabric", home) < 0)
		return;
	dir = opendir(folder);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		size_t len = strlen(entry->d_name);
		BF_AUTO_FREE char *path = NULL;

		if (len < sizeof(end) || strcmp(entry->d_name + len - sizeof(end) + 1, end) != 0)
			continue;
		if (asprintf(&path, "%s/%s", folder, entry->d_name) < 0)
			path = NULL;
		else
			about_registration(d, path);
	}
	if (dir)
		closedir(dir);
}

const struct bf_check bf_checks_files[] = {
	{.name = "home", .run = check_home},
	{.name = "tokens", .run = check_folders},
	{.name = "clients", .run = check_registrations},
	{.name = "runtime directory", .run = check_runtime},
	{.name = "lock", .run = check_lock, .needs_environment = true},
	{.name = NULL},
};
