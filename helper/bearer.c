#include "bearer.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/hash.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_NAME    "token"
#define FOREIGN_LIFE 86400 /* seconds */
#define MACHINE_SIZE 9     /* 8 hexadecimal digits of a hash */
#define STAT_MAX     2048

/* Whose a folder is. */
struct owner {
	char machine[MACHINE_SIZE];
	pid_t pid;
	uint64_t start; /* clock ticks since boot: two processes of one number differ in it */
};

/* At most size - 1 bytes of a small file; false when there is none. */
static bool slurp(const char *path, char *buf, size_t size)
{
	BF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

/* proc(5): field 22 of stat. The name, field 2, may hold spaces and brackets. */
static bool start_of(pid_t pid, uint64_t *ret)
{
	char path[64], text[STAT_MAX];
	const char *at = NULL;

	snprintf(path, sizeof(path), "/proc/%ld/stat", (long)pid);
	if (!slurp(path, text, sizeof(text)))
		return false;
	at = strrchr(text, ')');
	for (int field = 2; at && field < 22; field++) {
		at = strchr(at, ' ');
		at = at ? at + 1 : NULL;
	}
	return at && sscanf(at, "%" SCNu64, ret) == 1;
}

/* Where neither can be read, one machine cannot be told from another; the names still differ. */
static void machine_name(char ret[MACHINE_SIZE])
{
	char text[512] = "", hex[BF_SHA256_HEX];
	size_t used = 0;
	ssize_t n;

	if (slurp("/proc/sys/kernel/random/boot_id", text, 64))
		used = strlen(text);
	n = readlink("/proc/self/ns/pid", text + used, sizeof(text) - used - 1);
	used += n > 0 ? (size_t)n : 0;
	bf_sha256_hex(text, used, hex);
	snprintf(ret, MACHINE_SIZE, "%.8s", hex);
}

static bool read_name(const char *name, struct owner *ret)
{
	long pid = 0;
	int used = 0;

	if (sscanf(name, "exec-%8[0-9a-f]-%ld-%" SCNu64 "%n", ret->machine, &pid, &ret->start,
		    &used) != 3 ||
		name[used] || pid <= 0)
		return false;
	ret->pid = (pid_t)pid;
	return true;
}

/* In doubt alive: /proc may hide a process whose number is taken. */
static bool is_dead(const struct owner *owner, const char *here, const struct stat *st)
{
	uint64_t start = 0;

	if (strcmp(owner->machine, here) != 0)
		return time(NULL) - st->st_mtim.tv_sec > FOREIGN_LIFE;
	if (kill(owner->pid, 0) != 0 && errno == ESRCH)
		return true;
	return start_of(owner->pid, &start) && start != owner->start;
}

/* Only what we put there: anything else keeps its folder. */
static void remove_folder(const char *path)
{
	BF_AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)unlinkat(fd, FILE_NAME, 0); /* missing, mostly; rmdir tells whether all is gone */
	(void)unlinkat(fd, FILE_NAME ".tmp", 0);
	(void)rmdir(path); /* tried again by the next one */
}

static void remove_dead(const char *base)
{
	DIR *dir = base ? opendir(base) : NULL;
	char here[MACHINE_SIZE];

	machine_name(here);
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		BF_AUTO_FREE char *path = NULL;
		struct owner owner = {0};
		struct stat st = {0};

		if (!read_name(entry->d_name, &owner) ||
			fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 ||
			!S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
			!is_dead(&owner, here, &st))
			continue;
		if (asprintf(&path, "%s/%s", base, entry->d_name) < 0)
			path = NULL;
		else
			remove_folder(path);
	}
	if (dir)
		closedir(dir);
}

static enum bfabric_status make(
	struct bf_bearer *bearer, const char *base, struct bfabric_error *err)
{
	char here[MACHINE_SIZE];
	BF_AUTO_FREE char *dir = NULL;
	BF_AUTO_FREE char *path = NULL;
	uint64_t start = 0;
	enum bfabric_status status = BFABRIC_OK;

	machine_name(here);
	if (!start_of(getpid(), &start))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot read /proc/self/stat: mount /proc");
	if (asprintf(&dir, "%s/exec-%s-%ld-%" PRIu64, base, here, (long)getpid(), start) < 0) {
		dir = NULL;
		return bf_fail_nomem(err);
	}
	if (asprintf(&path, "%s/" FILE_NAME, dir) < 0) {
		path = NULL;
		return bf_fail_nomem(err);
	}
	status = bf_dir_ensure(dir, 1, err);
	if (status != BFABRIC_OK)
		return status;
	bearer->dir = BF_TAKE(dir);
	bearer->path = BF_TAKE(path);
	return BFABRIC_OK;
}

static enum bfabric_status home_base(char **ret_base, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	enum bfabric_status status = bf_home(&home, err);

	if (status == BFABRIC_OK && asprintf(ret_base, "%s/.bfabric/run", home) < 0) {
		*ret_base = NULL;
		status = bf_fail_nomem(err);
	}
	return status;
}

static enum bfabric_status make_in_home(struct bf_bearer *bearer, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *base = NULL;
	enum bfabric_status status = home_base(&base, err);

	if (status == BFABRIC_OK)
		status = bf_home(&home, err);
	if (status == BFABRIC_OK)
		status = bf_home_writable(home, err);
	if (status == BFABRIC_OK)
		status = bf_dir_ensure(base, 2, err);
	return status == BFABRIC_OK ? make(bearer, base, err) : status;
}

enum bfabric_status bf_bearer_open(struct bf_bearer *bearer, struct bfabric_error *err)
{
	BF_AUTO_FREE char *runtime = NULL;
	BF_AUTO_FREE char *home = NULL;
	struct bfabric_error trouble = {0}, second = {0};
	enum bfabric_status status = bf_runtime_dir(&runtime, &trouble);

	remove_dead(runtime);
	if (home_base(&home, NULL) == BFABRIC_OK) /* else nothing died there */
		remove_dead(home);
	if (status == BFABRIC_OK && runtime)
		status = make(bearer, runtime, &trouble);
	if (status == BFABRIC_OK && runtime)
		return BFABRIC_OK;
	status = make_in_home(bearer, &second);
	if (status == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_fail(err, status, "no place for the token file: %s%s%s", trouble.text,
		trouble.text[0] ? "; " : "", second.text);
}

enum bfabric_status bf_bearer_write(
	struct bf_bearer *bearer, const struct bf_secret *token, struct bfabric_error *err)
{
	enum bfabric_status status = bf_dir_ensure(bearer->dir, 1, err);

	if (status == BFABRIC_OK)
		status = bf_file_replace(bearer->path, bf_secret_reveal(token), token->len, err);
	if (status == BFABRIC_OK)
		bearer->holds = true;
	return status;
}

void bf_bearer_empty(struct bf_bearer *bearer)
{
	(void)unlink(bearer->path); /* a folder that takes no change took no token either */
	bearer->holds = false;
}

void bf_bearer_touch(const struct bf_bearer *bearer)
{
	(void)utimensat(AT_FDCWD, bearer->dir, /* times= now */ NULL, AT_SYMLINK_NOFOLLOW);
}

bool bf_bearer_remove(const struct bf_bearer *bearer)
{
	if (!bearer->dir)
		return true;
	remove_folder(bearer->dir);
	return access(bearer->path, F_OK) != 0;
}

void bf_bearer_release(struct bf_bearer *bearer)
{
	if (bearer->dir)
		remove_folder(bearer->dir);
	free(bearer->dir);
	free(bearer->path);
	*bearer = (struct bf_bearer)BF_BEARER_INIT;
}
