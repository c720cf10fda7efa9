#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define OTHERS_READ  (S_IRGRP | S_IROTH)
#define OTHERS_ANY   (S_IRWXG | S_IRWXO)

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return "a directory";
	case S_IFIFO:
		return "a FIFO";
	case S_IFSOCK:
		return "a socket";
	case S_IFREG:
		return "a file";
	default:
		return "a device";
	}
}

static enum bfabric_status fail_link(struct bfabric_error *err, const char *path)
{
	return bf_fail(err, BFABRIC_SYSTEM,
		"%s is a symbolic link, which is not followed here: replace it by what it points "
		"to",
		path);
}

static enum bfabric_status fail_owner(struct bfabric_error *err, const char *path, uid_t owner)
{
	const char *advice = geteuid() == 0 ? "run it as that user, without sudo"
					    : "it must belong to the user who runs this (chown)";

	return bf_fail(err, BFABRIC_SYSTEM, "%s is owned by uid %u, but this runs as uid %u: %s",
		path, (unsigned)owner, (unsigned)geteuid(), advice);
}

static enum bfabric_status fail_open(struct bfabric_error *err, const char *path)
{
	const int why = errno;
	struct stat st = {0};

	if ((why == ELOOP || why == ENOTDIR) && lstat(path, &st) == 0) {
		if (S_ISLNK(st.st_mode))
			return fail_link(err, path);
		if (why == ENOTDIR)
			return bf_fail(err, BFABRIC_SYSTEM,
				"%s is %s, not a directory: move it away", path,
				type_name(st.st_mode));
	}
	errno = why;
	return bf_fail(err, BFABRIC_SYSTEM, "cannot open %s: %m", path);
}

/* The rules, on what was really opened. */
static enum bfabric_status check_file(
	const char *path, unsigned rules, const struct stat *st, struct bfabric_error *err)
{
	const bool roots = rules & BF_FILE_ROOTS;

	if (S_ISLNK(st->st_mode))
		return fail_link(err, path);
	if (!S_ISREG(st->st_mode))
		return bf_fail(err, BFABRIC_SYSTEM, "%s is %s, not a regular file: move it away",
			path, type_name(st->st_mode));
	if (roots && st->st_uid != 0)
		return bf_fail(err, BFABRIC_SYSTEM,
			"%s is owned by uid %u, but must be root's: "
			"chown root it",
			path, (unsigned)st->st_uid);
	if (!roots && st->st_uid != geteuid())
		return fail_owner(err, path, st->st_uid);
	if (st->st_mode & OTHERS_WRITE)
		return bf_fail(err, BFABRIC_SYSTEM,
			"%s can be written by other users: chmod go-w %s", path, path);
	return BFABRIC_OK;
}

static void fill_info(struct bf_file_info *info, const struct stat *st)
{
	*info = (struct bf_file_info){
		.found = true,
		.readable_by_others = st->st_mode & OTHERS_READ,
		.device = st->st_dev,
		.inode = st->st_ino,
		.mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec,
		.size = st->st_size,
	};
}

/* Open and check. A missing file is OK with *ret_fd -1. */
static enum bfabric_status open_checked(const char *path, unsigned rules, int flags, int *ret_fd,
	struct bf_file_info *ret_info, struct bfabric_error *err)
{
	const bool follow = rules & (BF_FILE_FOLLOW | BF_FILE_ROOTS);
	BF_AUTO_CLOSE int fd = -1;
	struct stat st = {0};
	enum bfabric_status status = BFABRIC_OK;

	fd = open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | (follow ? 0 : O_NOFOLLOW));
	if (fd < 0 && errno == ENOENT) {
		*ret_info = (struct bf_file_info){.found = false};
		*ret_fd = -1;
		return BFABRIC_OK;
	}
	if (fd < 0)
		return fail_open(err, path);
	if (fstat(fd, &st) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot examine %s: %m", path);
	status = check_file(path, rules, &st, err);
	if (status != BFABRIC_OK)
		return status;
	fill_info(ret_info, &st);
	*ret_fd = fd;
	fd = -1;
	return BFABRIC_OK;
}

enum bfabric_status bf_file_stat(
	const char *path, unsigned rules, struct bf_file_info *ret_info, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = -1;

	return open_checked(path, rules, O_PATH, &fd, ret_info, err);
}

static enum bfabric_status fail_size(struct bfabric_error *err, const char *path, size_t max)
{
	return bf_fail(err, BFABRIC_BAD_REPLY,
		"%s is larger than %zu bytes: it cannot be one of ours", path, max);
}

/* `guess`: what fstat said; the file may grow or shrink meanwhile. */
static enum bfabric_status read_all(int fd, const char *path, size_t guess, size_t max,
	struct bf_secret *content, struct bfabric_error *err)
{
	content->max = max + 1; /* one more shows that it is too large */
	for (;;) {
		/* one more than is expected: room to see the end in, without growing for it */
		size_t want = guess >= content->len ? guess - content->len + 1 : 4096;
		char *room = NULL;
		ssize_t n;

		if (want > content->max - content->len)
			want = content->max - content->len;
		room = bf_secret_room(content, want);
		if (!room)
			return bf_fail_nomem(err);
		n = read(fd, room, want);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot read %s: %m", path);
		if (n == 0)
			return BFABRIC_OK;
		bf_secret_added(content, (size_t)n);
		if (content->len > max)
			return fail_size(err, path, max);
	}
}

enum bfabric_status bf_file_read(const char *path, unsigned rules, size_t max,
	struct bf_secret *ret_content, struct bf_file_info *ret_info, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	BF_AUTO_CLOSE int fd = -1;
	struct bf_file_info info = {0};
	enum bfabric_status status = BFABRIC_OK;

	status = open_checked(path, rules, O_RDONLY, &fd, &info, err);
	if (status != BFABRIC_OK)
		return status;
	if (info.found && info.size > (int64_t)max)
		return fail_size(err, path, max);
	if (info.found)
		status = read_all(fd, path, (size_t)info.size, max, &content, err);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_move(ret_content, &content);
	ret_content->max = 0;
	*ret_info = info;
	return BFABRIC_OK;
}

/* Create one directory; an existing one is fine and is checked later. False with errno. */
static bool make_dir(const char *path)
{
	if (mkdir(path, S_IRWXU) < 0)
		return errno == EEXIST;
	/* the umask may have taken away what we need ourselves */
	return fchmodat(AT_FDCWD, path, S_IRWXU, AT_SYMLINK_NOFOLLOW) == 0 ||
	       errno == EOPNOTSUPP; /* no /proc: the check will tell */
}

/* mkdir -p for at most `depth` components; `path` is changed and restored. */
static bool make_dirs(char *path, unsigned depth)
{
	char *slash = NULL;
	bool made = make_dir(path);

	if (made || errno != ENOENT || depth < 2)
		return made;
	slash = strrchr(path, '/');
	while (slash && slash > path && slash[-1] == '/')
		slash--;
	if (!slash || slash == path) {
		errno = ENOENT;
		return false;
	}
	*slash = '\0';
	made = make_dirs(path, depth - 1);
	*slash = '/';
	return made && make_dir(path);
}

static enum bfabric_status check_dir(const char *path, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = -1;
	struct stat st = {0};

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_open(err, path);
	if (fstat(fd, &st) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot examine %s: %m", path);
	if (st.st_uid != geteuid())
		return fail_owner(err, path, st.st_uid);
	if ((st.st_mode & OTHERS_ANY) && fchmod(fd, S_IRWXU) < 0)
		return bf_fail(err, BFABRIC_SYSTEM,
			"cannot take the permissions of other users off %s: %m", path);
	return BFABRIC_OK;
}

enum bfabric_status bf_dir_ensure(const char *path, unsigned depth, struct bfabric_error *err)
{
	BF_AUTO_FREE char *copy = strdup(path);
	size_t n = copy ? strlen(copy) : 0;

	if (!copy)
		return bf_fail_nomem(err);
	while (n > 1 && copy[n - 1] == '/') /* a trailing slash would follow a link */
		copy[--n] = '\0';
	if (depth > 0 && !make_dirs(copy, depth))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot create directory %s: %m", copy);
	return check_dir(copy, err);
}
