#include "lock.h"
#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOTE_MAX ((size_t)1024)

/* An OFD lock request for the whole file; l_pid must be 0 (fcntl(2)). */
static int lock_call(int fd, int command, short type)
{
	struct flock request = {.l_type = type, .l_whence = SEEK_SET};
	int rc;

	do
		rc = fcntl(fd, command, &request);
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* Open it, creating it with 0600 whatever the umask. -1 with errno. */
static int open_file(const char *path)
{
	const int flags = O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

	for (int attempt = 0;; attempt++) {
		int fd = open(path, flags);

		if (fd >= 0 || errno != ENOENT)
			return fd;
		fd = open(path, flags | O_CREAT | O_EXCL, S_IRUSR | S_IWUSR);
		if (fd >= 0) {
			(void)fchmod(fd, S_IRUSR | S_IWUSR); /* checked with the rest */
			return fd;
		}
		if (errno != EEXIST || attempt == 3) /* else a sibling was quicker: use its file */
			return -1;
	}
}

static enum bfabric_status check_file(int fd, const char *path, struct bfabric_error *err)
{
	struct stat st = {0};

	if (fstat(fd, &st) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot examine lock file %s: %m", path);
	if (!S_ISREG(st.st_mode))
		return bf_fail(err, BFABRIC_SYSTEM,
			"lock file %s is not a regular file: move it away", path);
	if (st.st_uid != geteuid())
		return bf_fail(err, BFABRIC_SYSTEM,
			"lock file %s is owned by uid %u, but this runs as uid %u: %s", path,
			(unsigned)st.st_uid, (unsigned)geteuid(),
			geteuid() == 0 ? "run it as that user, without sudo" : "remove it");
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return bf_fail(err, BFABRIC_SYSTEM,
			"lock file %s can be written by other users: chmod go-w %s", path, path);
	return BFABRIC_OK;
}

static enum bfabric_status fail_open(struct bfabric_error *err, const char *path)
{
	if (errno == ELOOP)
		return bf_fail(
			err, BFABRIC_SYSTEM, "lock file %s is a symbolic link: remove it", path);
	if (errno == EISDIR)
		return bf_fail(
			err, BFABRIC_SYSTEM, "lock file %s is a directory: move it away", path);
	return bf_fail(err, BFABRIC_SYSTEM, "cannot open lock file %s: %m", path);
}

static bool lacks_locks(int why)
{
	return why == ENOLCK || why == ENOSYS || why == EOPNOTSUPP;
}

static bool cannot_create(int why)
{
	return why == EACCES || why == EPERM || why == EROFS || why == ENOSPC || why == EDQUOT;
}

/* *ret_elsewhere: it failed for a reason that another directory may not have. */
static enum bfabric_status open_at(
	const char *path, int *ret_fd, bool *ret_elsewhere, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = open_file(path);
	enum bfabric_status status = BFABRIC_OK;

	*ret_elsewhere = false;
	if (fd < 0) {
		*ret_elsewhere = cannot_create(errno) || lacks_locks(errno);
		return fail_open(err, path);
	}
	status = check_file(fd, path, err);
	if (status != BFABRIC_OK)
		return status;
	/* Ask who has it: the question tells whether there are locks here at all */
	if (lock_call(fd, F_OFD_GETLK, F_WRLCK) < 0) {
		*ret_elsewhere = lacks_locks(errno);
		return bf_fail(err, BFABRIC_SYSTEM, "cannot lock %s: %m", path);
	}
	*ret_fd = fd;
	fd = -1;
	return BFABRIC_OK;
}

enum bfabric_status bf_lock_open(struct bf_lock *lock, const char *path, const char *fallback_path,
	struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = -1;
	BF_AUTO_FREE char *copy = NULL;
	bool elsewhere = false;
	enum bfabric_status status = open_at(path, &fd, &elsewhere, err);

	if (status != BFABRIC_OK && elsewhere && fallback_path) {
		path = fallback_path;
		status = open_at(path, &fd, &elsewhere, err);
	}
	if (status != BFABRIC_OK)
		return status;
	copy = strdup(path);
	if (!copy)
		return bf_fail_nomem(err);
	*lock = (struct bf_lock){.fd = fd, .path = BF_TAKE(copy)};
	fd = -1;
	return BFABRIC_OK;
}

/* Somebody removed the file (rm -r ~/.bfabric): the lock on what is gone excludes nobody. */
static enum bfabric_status reopen_if_removed(
	struct bf_lock *lock, bool *ret_reopened, struct bfabric_error *err)
{
	struct stat st = {0};
	int fd = -1;
	bool elsewhere = false;
	enum bfabric_status status;

	*ret_reopened = false;
	if (fstat(lock->fd, &st) < 0 || st.st_nlink > 0)
		return BFABRIC_OK;
	status = open_at(lock->path, &fd, &elsewhere, err);
	if (status != BFABRIC_OK)
		return status;
	close(lock->fd);
	lock->fd = fd;
	lock->held = false;
	*ret_reopened = true;
	return BFABRIC_OK;
}

enum bfabric_status bf_lock_try(struct bf_lock *lock, bool *ret_held, struct bfabric_error *err)
{
	bool reopened = false;
	enum bfabric_status status;

	if (!lock->held && lock_call(lock->fd, F_OFD_SETLK, F_WRLCK) < 0) {
		if (errno != EAGAIN && errno != EACCES)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot lock %s: %m", lock->path);
		*ret_held = false;
		return BFABRIC_OK;
	}
	lock->held = true;
	status = reopen_if_removed(lock, &reopened, err);
	*ret_held = !reopened;
	return status;
}

enum bfabric_status bf_lock_read_note(const struct bf_lock *lock, char *buf, size_t size,
	size_t *ret_len, struct bfabric_error *err)
{
	size_t want = size > NOTE_MAX + 1 ? NOTE_MAX : size - 1;
	ssize_t n;

	do
		n = pread(lock->fd, buf, want, 0);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot read lock file %s: %m", lock->path);
	buf[n] = '\0';
	*ret_len = (size_t)n;
	return BFABRIC_OK;
}

enum bfabric_status bf_lock_write_note(
	struct bf_lock *lock, const char *text, size_t len, struct bfabric_error *err)
{
	if (!lock->held || len > NOTE_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "%s",
			lock->held ? "the note is too long" : "the lock is not held");
	if (!bf_write_over(lock->fd, text, len))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot write lock file %s: %m", lock->path);
	return BFABRIC_OK;
}

void bf_lock_release(struct bf_lock *lock)
{
	if (lock->path && lock->fd >= 0) {
		if (lock->held)
			(void)lock_call(lock->fd, F_OFD_SETLK, F_UNLCK); /* close ends it too */
		close(lock->fd);
	}
	free(lock->path);
	*lock = (struct bf_lock)BF_LOCK_INIT;
}
