#include "program.h"
#include "../libbfabric/base/start.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const struct bf_guard *bf_child_guard;

#define OUTPUT_MAX ((size_t)1 << 20)

enum bfabric_status bf_find_program(const char *name, char **ret_path, struct bfabric_error *err)
{
	const char *dirs = getenv("PATH");

	for (const char *dir = dirs ? dirs : "/usr/bin:/bin"; *dir;) {
		BF_AUTO_FREE char *path = NULL;
		size_t len = strcspn(dir, ":");

		if (dir[0] == '/' && asprintf(&path, "%.*s/%s", (int)len, dir, name) < 0) {
			path = NULL;
			return bf_fail_nomem(err);
		}
		if (path && access(path, X_OK) == 0) {
			*ret_path = BF_TAKE(path);
			return BFABRIC_OK;
		}
		dir += len + (dir[len] == ':');
	}
	return bf_fail(err, BFABRIC_SYSTEM, "%s is not installed (not found in PATH)", name);
}

static void fill_environment(char *ret[], size_t max)
{
	static const char *const wanted[] = {"HOME=", "PATH=", "LANG=", "LC_ALL=", "LC_MESSAGES=",
		"TMPDIR=", "XDG_CONFIG_HOME=", "GIT_CONFIG_GLOBAL=", "GIT_CONFIG_NOSYSTEM="};
	size_t used = 0;

	for (char **variable = environ; *variable && used + 1 < max; variable++)
		for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
			if (strncmp(*variable, wanted[i], strlen(wanted[i])) == 0) {
				ret[used++] = *variable;
				break;
			}
	ret[used] = NULL;
}

static int start(const char *const argv[], int output, pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	char *variables[16];
	sigset_t defaults;
	int error = 0;

	fill_environment(variables, sizeof(variables) / sizeof(variables[0]));
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	sigaddset(&defaults, SIGXFSZ);
	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	error = posix_spawnattr_setsigdefault(&attributes, &defaults);
	if (!error)
		error = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	if (!error)
		error = posix_spawn_file_actions_addopen(
			&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!error)
		error = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
	if (bf_child_guard)
		bf_guard_lift(bf_child_guard);
	if (!error) /* posix_spawn does not change argv; its type is older than const */
		error = posix_spawn(ret_pid, argv[0], &files, &attributes,
			(char *const *)(uintptr_t)argv, variables);
	if (bf_child_guard)
		bf_guard_again(bf_child_guard);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return error;
}

static enum bfabric_status read_all(int fd, struct bf_secret *out, struct bfabric_error *err)
{
	char buf[4096];
	ssize_t n = 0;

	do {
		n = read(fd, buf, sizeof(buf));
		if (n > 0 && out && out->len < OUTPUT_MAX)
			bf_secret_put(out, buf, (size_t)n);
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (out && out->failed)
		return bf_fail_nomem(err);
	return n == 0 ? BFABRIC_OK : bf_fail(err, BFABRIC_SYSTEM, "cannot read from a program: %m");
}

static enum bfabric_status wait_for(
	pid_t pid, const char *path, int *ret_code, struct bfabric_error *err)
{
	int how = 0;

	while (waitpid(pid, &how, 0) < 0)
		if (errno != EINTR)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot wait for %s: %m", path);
	if (!WIFEXITED(how))
		return bf_fail(err, BFABRIC_SYSTEM, "%s died of a signal", path);
	*ret_code = WEXITSTATUS(how);
	return BFABRIC_OK;
}

enum bfabric_status bf_spawn(
	const char *const argv[], struct bf_secret *out, int *ret_code, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int read_end = -1;
	BF_AUTO_CLOSE int write_end = -1;
	int ends[2];
	pid_t pid = -1;
	enum bfabric_status status = BFABRIC_OK;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a pipe: %m");
	read_end = ends[0];
	write_end = ends[1];
	errno = start(argv, write_end, &pid);
	if (errno != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot run %s: %m", argv[0]);
	bf_closep(&write_end);
	write_end = -1;
	status = read_all(read_end, out, err);
	if (wait_for(pid, argv[0], ret_code, status == BFABRIC_OK ? err : NULL) != BFABRIC_OK &&
		status == BFABRIC_OK)
		return BFABRIC_SYSTEM;
	return status;
}

enum bfabric_status bf_spawn_detached(
	const char *const argv[], const char *variable, pid_t *ret_pid, struct bfabric_error *err)
{
	BF_AUTO_FREE const char **variables = bf_start_variables(variable);
	int error = 0;

	if (!variables)
		return bf_fail_nomem(err);
	if (bf_child_guard)
		bf_guard_lift(bf_child_guard);
	error = bf_start_apart(argv, variables, /* input= */ -1, /* output= */ -1, ret_pid);
	if (bf_child_guard)
		bf_guard_again(bf_child_guard);
	errno = error;
	return error == 0 ? BFABRIC_OK : bf_fail(err, BFABRIC_SYSTEM, "cannot run %s: %m", argv[0]);
}
