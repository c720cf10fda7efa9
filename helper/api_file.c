#include "api_file.h"
#include "../libbfabric/base/file.h"
#include "program.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* By the umask that main was started with: since then it keeps everything to ourselves. */
static mode_t usual_mode(void)
{
	mode_t mask = 0;

	if (bf_child_guard)
		return 0666 & ~bf_child_guard->umask;
	mask = umask(077); /* the only way to read it; there is one thread */
	(void)umask(mask);
	return 0666 & ~mask;
}

static enum bfabric_status fail(const char *path, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_SYSTEM, "cannot write %.200s: %m", path);
}

/* Beside the file, because a name is replaced within one file system only. */
static enum bfabric_status open_temporary(
	struct bf_records_file *file, mode_t mode, struct bfabric_error *err)
{
	const char *slash = strrchr(file->path, '/');
	int folder = slash ? (int)(slash - file->path) + 1 : 0;

	if (asprintf(&file->temporary, "%.*s.%.200s.XXXXXX", folder, file->path,
		    file->path + folder) < 0) {
		file->temporary = NULL;
		return bf_fail_nomem(err);
	}
	file->fd = mkostemp(file->temporary, O_CLOEXEC);
	if (file->fd < 0) {
		free(BF_TAKE(file->temporary));
		return fail(file->path, err);
	}
	return fchmod(file->fd, mode) == 0 ? BFABRIC_OK : fail(file->path, err);
}

enum bfabric_status bf_records_file_open(
	struct bf_records_file *file, const char *path, struct bfabric_error *err)
{
	struct stat info = {0};
	bool found = stat(path, &info) == 0;

	if (!found && errno != ENOENT)
		return fail(path, err);
	file->path = found ? realpath(path, NULL) : strdup(path);
	if (!file->path)
		return found ? fail(path, err) : bf_fail_nomem(err);
	if (found && S_ISDIR(info.st_mode))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot write %.200s: it is a folder", path);
	/* rename(2) would replace a file that its owner took the permission from. */
	if (found && access(file->path, W_OK) != 0)
		return fail(path, err);
	if (!found || S_ISREG(info.st_mode))
		return open_temporary(file, found ? info.st_mode & 0777 : usual_mode(), err);
	file->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	return file->fd >= 0 ? BFABRIC_OK : fail(path, err);
}

enum bfabric_status bf_records_file_commit(
	struct bf_records_file *file, const struct bf_secret *content, struct bfabric_error *err)
{
	int fd = file->fd;
	bool written = false;

	if (content->failed)
		return bf_fail_nomem(err);
	written = bf_write_all(fd, bf_secret_reveal(content), content->len) &&
		  (!file->temporary || fsync(fd) == 0);
	if (!written)
		return fail(file->path, err);
	file->fd = -1;
	/* A network file system may report only here that there is no space. */
	if (close(fd) != 0 || (file->temporary && rename(file->temporary, file->path) != 0))
		return fail(file->path, err);
	free(BF_TAKE(file->temporary));
	return BFABRIC_OK;
}

void bf_records_file_release(struct bf_records_file *file)
{
	if (file->fd >= 0)
		bf_closep(&file->fd);
	file->fd = -1;
	if (file->temporary)
		(void)unlink(file->temporary); /* at worst it stays */
	free(BF_TAKE(file->temporary));
	free(BF_TAKE(file->path));
}
