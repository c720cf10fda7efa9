#include "store_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../base/concat.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define LINKS_MAX    16

static enum bfabric_status fail_missing(const struct bf_store *store, struct bfabric_error *err)
{
	if (store->type == &bf_store_keyring)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"%s: %m: install bfabric-keyring, or keep the login in files: "
			"'bfabric login --env %s --store file'",
			store->program, store->environment);
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"%s, to keep the secrets of environment %s: %m: put that program there; if it is "
		"gone for good: 'bfabric login --env %s --store keyring'",
		store->program, store->environment, store->environment);
}

static enum bfabric_status fail_owner(const char *path, uid_t owner, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"%s belongs to uid %u: a program that is given secrets must belong to root or to "
		"you, and so must what it lies in",
		path, (unsigned)owner);
}

static enum bfabric_status fail_writable(
	const char *path, const char *program, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
		"other users can write to %s, and so change %s, which is given secrets: "
		"chmod go-w %s",
		path, program, path);
}

static bool is_trusted(uid_t owner)
{
	return owner == 0 || owner == geteuid();
}

/*
 * One folder above the program. In a sticky one others can put files, but not in the place of
 * those that are not theirs: good enough for what is above the folder of the program itself.
 */
static enum bfabric_status check_folder(
	const char *path, bool nearest, const char *program, struct bfabric_error *err)
{
	struct stat st = {0};

	if (stat(path, &st) != 0)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "cannot examine %s: %m", path);
	if (!is_trusted(st.st_uid))
		return fail_owner(path, st.st_uid, err);
	if ((st.st_mode & OTHERS_WRITE) && (nearest || !(st.st_mode & S_ISVTX)))
		return fail_writable(path, program, err);
	return BFABRIC_OK;
}

/* All folders above an absolute path, from the nearest to the root. */
static enum bfabric_status check_folders(
	const char *of, const char *program, struct bfabric_error *err)
{
	BF_AUTO_FREE char *path = strdup(of);
	enum bfabric_status status = BFABRIC_OK;
	bool nearest = true;

	if (!path)
		return bf_fail_nomem(err);
	for (char *slash = strrchr(path, '/'); slash; slash = strrchr(path, '/')) {
		slash[slash == path] = '\0'; /* of "/x" stays "/" */
		status = check_folder(path, nearest, program, err);
		if (status != BFABRIC_OK || slash == path)
			return status;
		nearest = false;
	}
	return status;
}

static enum bfabric_status check_file(const struct bf_store *store, const char *path,
	const struct stat *st, struct bfabric_error *err)
{
	if (!S_ISREG(st->st_mode))
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"%s, to keep the secrets of environment %s, is not a program", path,
			store->environment);
	if (st->st_mode & OTHERS_WRITE)
		return fail_writable(path, store->program, err);
	if (faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) != 0)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"%s, to keep the secrets of environment %s, cannot be run: %m: chmod +x %s",
			path, store->environment, path);
	return BFABRIC_OK;
}

/* Where a link points to, as a path from the root. NULL with errno. */
static char *target_of(const char *link)
{
	char target[PATH_MAX];
	BF_AUTO_FREE char *folder = NULL;
	ssize_t n = readlink(link, target, sizeof(target) - 1);

	if (n < 0)
		return NULL;
	target[n] = '\0';
	folder = strndup(link, (size_t)(strrchr(link, '/') - link));
	return *target == '/' ? strdup(target)
			      : (folder ? bf_concat(folder, "/", target, (char *)NULL) : NULL);
}

/* A link can be replaced as well as what it points to. */
static enum bfabric_status check_path(const struct bf_store *store, const char *path,
	unsigned links_left, struct bfabric_error *err)
{
	BF_AUTO_FREE char *target = NULL;
	struct stat st = {0};
	enum bfabric_status status;

	if (lstat(path, &st) != 0)
		return fail_missing(store, err);
	if (!is_trusted(st.st_uid))
		return fail_owner(path, st.st_uid, err);
	status = S_ISLNK(st.st_mode) ? BFABRIC_OK : check_file(store, path, &st, err);
	if (status == BFABRIC_OK)
		status = check_folders(path, store->program, err);
	if (status != BFABRIC_OK || !S_ISLNK(st.st_mode))
		return status;
	errno = ELOOP;
	target = links_left ? target_of(path) : NULL;
	return target ? check_path(store, target, links_left - 1, err) : fail_missing(store, err);
}

/* The way as it is written, link by link, and the way as it is. */
enum bfabric_status bf_store_check_program(const struct bf_store *store, struct bfabric_error *err)
{
	BF_AUTO_FREE char *real = NULL;
	enum bfabric_status status;

	if (store->refused)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s", store->refused);
	status = check_path(store, store->program, LINKS_MAX, err);
	if (status != BFABRIC_OK)
		return status;
	real = realpath(store->program, NULL);
	return real ? check_folders(real, store->program, err) : fail_missing(store, err);
}
