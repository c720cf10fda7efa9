#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536

bool bf_write_all(int fd, const void *bytes, size_t len)
{
	const char *p = bytes;

	while (len > 0) {
		struct pollfd ready = {.fd = fd, .events = POLLOUT};
		ssize_t n = write(fd, p, len);

		if (n > 0) {
			p += n;
			len -= (size_t)n;
		} else if (n == 0) {
			errno = EIO; /* a device that takes nothing would keep us for ever */
			return false;
		} else if (errno == EAGAIN) {
			(void)poll(&ready, 1, -1); /* whatever it says, write tells */
		} else if (errno != EINTR) {
			return false;
		}
	}
	return true;
}

bool bf_write_over(int fd, const void *bytes, size_t len)
{
	const char *from = bytes;
	size_t done = 0;

	while (done < len) {
		ssize_t n = pwrite(fd, from + done, len - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = EIO;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return ftruncate(fd, (off_t)len) == 0;
}

static bool sync_file(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return rc == 0;
}

/* A rename lasts only when the directory is on the disk too. */
static bool sync_parent(const char *path)
{
	const char *slash = strrchr(path, '/');
	BF_AUTO_FREE char *dir = NULL;
	BF_AUTO_CLOSE int fd = -1;

	dir = !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
	if (!dir)
		return false;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return false;
	/* some network file systems cannot sync a directory: nothing is left to be done there */
	return sync_file(fd) || errno == EINVAL || errno == EOPNOTSUPP;
}

/* Where the file system cannot promise space: zeros, written and synced, not a hole. */
static bool write_zeros(int fd, size_t len)
{
	BF_AUTO_FREE char *zeros = calloc(1, len < CHUNK ? len : CHUNK);

	if (!zeros) {
		errno = ENOMEM;
		return false;
	}
	while (len > 0) {
		size_t n = len < CHUNK ? len : CHUNK;

		if (!bf_write_all(fd, zeros, n))
			return false;
		len -= n;
	}
	return sync_file(fd);
}

/* The space must be there when the new token is. */
static bool promise_space(int fd, size_t len)
{
	int rc;

	do
		rc = fallocate(fd, 0, 0, (off_t)len);
	while (rc < 0 && errno == EINTR);
	if (rc < 0 && (errno == EOPNOTSUPP || errno == ENOSYS))
		return write_zeros(fd, len);
	return rc == 0;
}

void bf_slot_release(struct bf_slot *slot)
{
	if (slot->temporary && slot->fd >= 0) {
		close(slot->fd);
		unlink(slot->temporary); /* if it stays, the next writer removes it */
	}
	free(slot->temporary);
	free(slot->path);
	*slot = (struct bf_slot)BF_SLOT_INIT;
}

static enum bfabric_status name_slot(
	struct bf_slot *slot, const char *path, struct bfabric_error *err)
{
	size_t size = 0;

	slot->path = strdup(path);
	if (!slot->path)
		return bf_fail_nomem(err);
	size = strlen(path) + sizeof(".tmp");
	slot->temporary = malloc(size);
	if (!slot->temporary)
		return bf_fail_nomem(err);
	snprintf(slot->temporary, size, "%s.tmp", path);
	return BFABRIC_OK;
}

enum bfabric_status bf_slot_reserve(
	struct bf_slot *slot, const char *path, size_t reserve, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot new = BF_SLOT_INIT;
	enum bfabric_status status = BFABRIC_OK;

	bf_slot_release(slot); /* first: it may be for the same path */
	status = name_slot(&new, path, err);
	if (status != BFABRIC_OK)
		return status;
	if (unlink(new.temporary) < 0 && errno != ENOENT)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot remove the old %s: %m", new.temporary);
	new.fd = open(new.temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		S_IRUSR | S_IWUSR);
	if (new.fd < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot create %s: %m", new.temporary);
	if (fchmod(new.fd, S_IRUSR | S_IWUSR) < 0)
		return bf_fail(
			err, BFABRIC_SYSTEM, "cannot set the permissions of %s: %m", new.temporary);
	if (reserve > 0 && !promise_space(new.fd, reserve))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot reserve %zu bytes in %s: %m", reserve,
			new.temporary);
	*slot = new;
	new = (struct bf_slot)BF_SLOT_INIT;
	return BFABRIC_OK;
}

static bool fill(int fd, const void *bytes, size_t len)
{
	return bf_write_over(fd, bytes, len) && sync_file(fd);
}

enum bfabric_status bf_slot_replace(
	struct bf_slot *slot, const void *bytes, size_t len, struct bfabric_error *err)
{
	int fd = slot->fd;

	if (!slot->temporary || fd < 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "nothing is reserved to be written");
	if (!fill(fd, bytes, len))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot write %s: %m", slot->temporary);
	slot->fd = -1;
	/* closed first: that is where a network file system tells of its errors */
	if ((close(fd) < 0 && errno != EINTR) || rename(slot->temporary, slot->path) < 0) {
		bf_fail(err, BFABRIC_SYSTEM, "cannot replace %s: %m", slot->path);
		unlink(slot->temporary); /* if it stays, the next writer removes it */
		return BFABRIC_SYSTEM;
	}
	slot->committed = true;
	free(BF_TAKE(slot->temporary));
	return BFABRIC_OK;
}

enum bfabric_status bf_slot_sync(const struct bf_slot *slot, struct bfabric_error *err)
{
	if (!sync_parent(slot->path))
		return bf_fail(err, BFABRIC_SYSTEM,
			"%s is written, but its directory cannot be synced: %m", slot->path);
	return BFABRIC_OK;
}

enum bfabric_status bf_slot_commit(
	struct bf_slot *slot, const void *bytes, size_t len, struct bfabric_error *err)
{
	enum bfabric_status status = bf_slot_replace(slot, bytes, len, err);

	return status == BFABRIC_OK ? bf_slot_sync(slot, err) : status;
}

enum bfabric_status bf_file_replace(
	const char *path, const void *bytes, size_t len, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = bf_slot_reserve(&slot, path, 0, err);

	if (status != BFABRIC_OK)
		return status;
	return bf_slot_commit(&slot, bytes, len, err);
}

enum bfabric_status bf_file_remove(const char *path, struct bfabric_error *err)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	enum bfabric_status status = name_slot(&slot, path, err);

	if (status != BFABRIC_OK)
		return status;
	unlink(slot.temporary); /* if it stays, the next writer removes it */
	if (unlink(path) == 0 || errno == ENOENT)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_SYSTEM, "cannot remove %s: %m", path);
}
