#include "scratch.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 65534

static char folder[64];

int scratch_setup(void **state)
{
	(void)state; /* cmocka's; the folder is the only state */
	snprintf(folder, sizeof(folder), "/tmp/bfabric-unit-XXXXXX");
	return mkdtemp(folder) && chmod(folder, 0711) == 0 ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw; /* nftw hands them over */
	return remove(path);
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)ftw; /* nftw hands it over */
	return (type == FTW_D || type == FTW_DNR) && (st->st_mode & 0700) != 0700
		       ? chmod(path, 0700)
		       : 0;
}

int scratch_teardown(void **state)
{
	(void)state; /* cmocka's; the folder is the only state */
	nftw(folder, open_up, 16, FTW_PHYS);
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *scratch(const char *name)
{
	static char paths[8][4096];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, sizeof(paths[0]), "%s%s%s", folder, *name ? "/" : "", name);
	return path;
}

const char *scratch_file(const char *name, const char *content, mode_t mode)
{
	const char *path = scratch(name);
	FILE *f = fopen(path, "w");

	if (!f || fputs(content, f) < 0 || fclose(f) != 0 || chmod(path, mode) != 0) {
		perror(path);
		abort();
	}
	return path;
}

const char *scratch_content(const char *path)
{
	static char content[1 << 20];
	FILE *f = fopen(path, "r");

	if (!f)
		return NULL;
	content[fread(content, 1, sizeof(content) - 1, f)] = '\0';
	fclose(f);
	return content;
}

bool scratch_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

mode_t scratch_mode(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

/* The line number does not fit into an exit status: it comes through a pipe. */
int in_child(int (*run)(void *argument), void *argument)
{
	int pipe_fds[2];
	int result = -1;
	pid_t child;

	if (pipe(pipe_fds) < 0)
		return -1;
	fflush(NULL);
	child = fork();
	if (child == 0) {
		result = run(argument);
		_exit(write(pipe_fds[1], &result, sizeof(result)) != sizeof(result));
	}
	close(pipe_fds[1]);
	if (child < 0 || read(pipe_fds[0], &result, sizeof(result)) != sizeof(result))
		result = -1;
	close(pipe_fds[0]);
	if (child > 0)
		waitpid(child, NULL, 0);
	return result;
}

/* A function with what it needs, to be run after a preparation in the child. */
struct errand {
	int (*run)(void *argument);
	void *argument;
	const char *options;
};

static int run_unprivileged(void *data)
{
	struct errand *errand = data;

	if (geteuid() == 0 && (setgroups(0, NULL) < 0 || setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				      setresuid(NOBODY, NOBODY, NOBODY) < 0))
		return -1;
	return errand->run(errand->argument);
}

int unprivileged(int (*run)(void *argument), void *argument)
{
	struct errand errand = {.run = run, .argument = argument};

	return in_child(run_unprivileged, &errand);
}

static bool put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool good = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return good;
}

/* A mount namespace of our own; without root, inside a user namespace in which we stay ourselves.
 */
static bool enter_namespace(void)
{
	char users[64], groups[64];

	snprintf(users, sizeof(users), "%u %u 1", (unsigned)geteuid(), (unsigned)geteuid());
	snprintf(groups, sizeof(groups), "%u %u 1", (unsigned)getegid(), (unsigned)getegid());
	if (unshare(CLONE_NEWNS) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && put("/proc/self/uid_map", users) &&
	       put("/proc/self/setgroups", "deny") && put("/proc/self/gid_map", groups);
}

static int run_on_tmpfs(void *data)
{
	struct errand *errand = data;

	if (!enter_namespace() || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", folder, "tmpfs", 0, errand->options) < 0)
		return CANNOT;
	return errand->run(errand->argument);
}

int on_tmpfs(const char *options, int (*run)(void *argument), void *argument)
{
	struct errand errand = {.run = run, .argument = argument, .options = options};

	return in_child(run_on_tmpfs, &errand);
}
