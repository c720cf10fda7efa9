#include "config_private.h"
#include "../base/lock.h"
#include "../base/sys.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define LOCK_WAIT_MS 10000
#define TRIES        5

static enum bfabric_status wait_for_lock(struct bf_lock *lock, struct bfabric_error *err)
{
	const struct bf_sys *sys = &bf_sys_real;
	int64_t end = bf_boot_ms(sys) + LOCK_WAIT_MS;
	bool held = false;

	for (int64_t pause = 5;; pause = pause < 50 ? pause + 5 : 50) {
		enum bfabric_status status = bf_lock_try(lock, &held, err);

		if (status != BFABRIC_OK || held)
			return status;
		if (bf_boot_ms(sys) >= end)
			return bf_fail(err, BFABRIC_LOCK_TIMEOUT,
				"another process is writing the configuration (it holds %s)",
				lock->path);
		bf_sleep_ms(sys, pause);
	}
}

static enum bfabric_status take_lock(struct bf_lock *lock, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL, *dir = NULL, *path = NULL;
	enum bfabric_status status = bf_home(&home, err);

	if (status == BFABRIC_OK)
		status = bf_home_writable(home, err);
	if (status != BFABRIC_OK)
		return status;
	if (asprintf(&dir, "%s/.bfabric", home) < 0 || asprintf(&path, "%s/config.lock", dir) < 0)
		return bf_fail_nomem(err);
	status = bf_dir_ensure(dir, /* depth= */ 1, err);
	if (status == BFABRIC_OK)
		status = bf_lock_open(lock, path, /* fallback_path= */ NULL, err);
	return status == BFABRIC_OK ? wait_for_lock(lock, err) : status;
}

/* The file itself, behind a symbolic link. */
static enum bfabric_status target_path(
	const char *config_file, char **ret, struct bfabric_error *err)
{
	BF_AUTO_FREE char *path = NULL;
	struct stat st;
	enum bfabric_status status = bf_config_user_path(config_file, &path, err);

	if (status != BFABRIC_OK)
		return status;
	if (lstat(path, &st) < 0 || !S_ISLNK(st.st_mode)) {
		*ret = BF_TAKE(path);
		return BFABRIC_OK;
	}
	*ret = realpath(path, NULL);
	if (!*ret)
		return bf_fail(err, errno == ENOMEM ? BFABRIC_NO_MEMORY : BFABRIC_SYSTEM,
			"%s is a symbolic link to a file that cannot be reached: %m", path);
	return BFABRIC_OK;
}

static bool same_file(const struct bf_file_info *a, const struct bf_file_info *b)
{
	return a->found == b->found &&
	       (!a->found || (a->device == b->device && a->inode == b->inode &&
				     a->size == b->size && a->mtime_ns == b->mtime_ns));
}

struct job {
	const struct bf_config_change *change;
	struct bf_config *site;
	bool commit; /* else only try how far it goes */
};

static void release_job(struct job *job)
{
	bf_config_free(job->site);
}

/* One attempt; *ret_done false: somebody else, who takes no lock, wrote the file meanwhile. */
static enum bfabric_status attempt(
	const struct job *job, const char *path, bool *ret_done, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret before = BF_SECRET_INIT, after = BF_SECRET_INIT;
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	struct bf_file_info info = {0}, now = {0};
	bool changed = false;
	enum bfabric_status status =
		bf_file_read(path, BF_FILE_PRIVATE, BF_CONFIG_MAX, &before, &info, err);

	if (status == BFABRIC_OK)
		status = bf_config_edit(
			path, &before, job->site, job->change, &after, &changed, err);
	*ret_done = true;
	if (status != BFABRIC_OK || !changed)
		return status;
	if (after.len > BF_CONFIG_MAX)
		return bf_fail(err, BFABRIC_UNSUPPORTED, "%s would become larger than 1 MiB", path);
	status = bf_slot_reserve(&slot, path, after.len, err);
	if (status == BFABRIC_OK)
		status = bf_file_stat(path, BF_FILE_PRIVATE, &now, err);
	if (status != BFABRIC_OK || !job->commit)
		return status;
	*ret_done = same_file(&info, &now);
	return *ret_done ? bf_slot_commit(&slot, bf_secret_reveal(&after), after.len, err)
			 : BFABRIC_OK;
}

static enum bfabric_status run_locked(
	const char *config_file, const struct job *job, struct bfabric_error *err)
{
	BF_AUTO_FREE char *path = NULL;
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	bool done = false;
	enum bfabric_status status = take_lock(&lock, err);

	if (status == BFABRIC_OK)
		status = target_path(config_file, &path, err);
	for (int i = 0; status == BFABRIC_OK && !done && i < TRIES; i++)
		status = attempt(job, path, &done, err);
	if (status == BFABRIC_OK && !done)
		return bf_fail(err, BFABRIC_LOCK_TIMEOUT,
			"another program keeps rewriting %s: try again", path);
	return status;
}

static enum bfabric_status run(const char *config_file, const struct bf_config_change *change,
	bool commit, struct bfabric_error *err)
{
	BF_CLEANUP(release_job) struct job job = {.change = change, .commit = commit};
	enum bfabric_status status = bf_config_check_change(change, err);

	if (status != BFABRIC_OK)
		return status;
	if (secure_getenv(BF_OVERRIDE_VARIABLE))
		return bf_fail(err, BFABRIC_FORBIDDEN,
			BF_OVERRIDE_VARIABLE " is set and replaces the configuration file, so that "
					     "writing it would have no effect: unset it first");
	status = bf_config_load_site(&job.site, err);
	return status == BFABRIC_OK ? run_locked(config_file, &job, err) : status;
}

enum bfabric_status bf_config_check_write(
	const char *config_file, const struct bf_config_change *change, struct bfabric_error *err)
{
	return run(config_file, change, /* commit= */ false, err);
}

enum bfabric_status bf_config_write(
	const char *config_file, const struct bf_config_change *change, struct bfabric_error *err)
{
	return run(config_file, change, /* commit= */ true, err);
}
