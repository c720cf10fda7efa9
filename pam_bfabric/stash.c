#include "stash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/sys.h"

#define FILE_NAME (BF_STASH_HANDLE + sizeof(BF_STASH_NEW))

enum bfabric_status bf_stash_open(
	const struct bf_pam_conf *conf, int *ret_dir, struct bfabric_error *err)
{
	const char *path = conf->run_dir ? conf->run_dir : BF_PAM_RUN_DIR;
	BF_AUTO_CLOSE int dir = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st = {0};

	if (dir < 0 || fstat(dir, &st) != 0)
		return bf_fail(err, BFABRIC_SYSTEM,
			"cannot open the directory %s, which systemd-tmpfiles makes: %m", path);
	if (st.st_uid != geteuid() || (st.st_mode & 07777) != 0700)
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s must be owned by root, with mode 0700, and is owned by uid %u, with "
			"mode %04o",
			path, (unsigned)st.st_uid, (unsigned)(st.st_mode & 07777));
	*ret_dir = dir;
	dir = -1;
	return BFABRIC_OK;
}

static enum bfabric_status make_handle(char ret[BF_STASH_HANDLE + 1], struct bfabric_error *err)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char bytes[BF_STASH_HANDLE / 2];

	if (!bf_random(&bf_sys_real, bytes, sizeof(bytes)))
		return bf_fail(err, BFABRIC_SYSTEM, "no random numbers: %m");
	for (size_t i = 0; i < sizeof(bytes); i++) {
		ret[2 * i] = digits[bytes[i] >> 4];
		ret[2 * i + 1] = digits[bytes[i] & 15];
	}
	ret[BF_STASH_HANDLE] = '\0';
	return BFABRIC_OK;
}

/* Also where the umask is stricter than ours, or a default ACL is there. */
static bool fill(int fd, const struct bf_secret *text)
{
	return fchmod(fd, 0600) == 0 && bf_write_all(fd, bf_secret_reveal(text), text->len);
}

enum bfabric_status bf_stash_write(int dir, const struct bf_secret *text,
	char ret_handle[BF_STASH_HANDLE + 1], struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = -1;
	char handle[BF_STASH_HANDLE + 1];
	char name[FILE_NAME];
	enum bfabric_status status = make_handle(handle, err);

	if (status != BFABRIC_OK)
		return status;
	snprintf(name, sizeof(name), "%s" BF_STASH_NEW, handle);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a file for the token: %m");
	if (!fill(fd, text) || renameat(dir, name, dir, handle) != 0) {
		status = bf_fail(err, BFABRIC_SYSTEM, "cannot write the file for the token: %m");
		(void)unlinkat(dir, name, 0); /* else the sweep does */
		return status;
	}
	memcpy(ret_handle, handle, sizeof(handle));
	return BFABRIC_OK;
}

static enum bfabric_status check(const struct stat *st, struct bfabric_error *err)
{
	if (!S_ISREG(st->st_mode) || st->st_uid != geteuid() || (st->st_mode & 07777) != 0600 ||
		st->st_nlink != 1 || st->st_size <= 0 || (size_t)st->st_size > BF_STASH_MAX)
		return bf_fail(err, BFABRIC_BAD_REPLY, "is not a file that pam_bfabric wrote");
	return BFABRIC_OK;
}

enum bfabric_status bf_stash_read(
	int dir, const char *name, struct bf_secret *ret_text, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd =
		openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	struct stat st = {0};
	enum bfabric_status status;

	if (fd < 0 && errno == ELOOP)
		return bf_fail(err, BFABRIC_BAD_REPLY, "is a symbolic link");
	if (fd < 0 || fstat(fd, &st) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot be opened: %m");
	status = check(&st, err);
	while (status == BFABRIC_OK && text.len <= BF_STASH_MAX) {
		char *room = bf_secret_room(&text, 4096);
		ssize_t n = room ? read(fd, room, 4096) : -1;

		if (!room)
			return bf_fail_nomem(err);
		if (n > 0)
			bf_secret_added(&text, (size_t)n);
		else if (n == 0)
			break;
		else if (errno != EINTR)
			status = bf_fail(err, BFABRIC_SYSTEM, "cannot be read: %m");
	}
	if (status == BFABRIC_OK)
		bf_secret_move(ret_text, &text);
	return status;
}

bool bf_stash_take(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0;
}

enum bfabric_status bf_boot_id(char ret[BF_BOOT_ID + 1], struct bfabric_error *err)
{
	BF_AUTO_CLOSE int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, ret, BF_BOOT_ID) != BF_BOOT_ID)
		return bf_fail(err, BFABRIC_SYSTEM, "the kernel does not say which boot this is");
	ret[BF_BOOT_ID] = '\0';
	return BFABRIC_OK;
}
