#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include "build_paths.h"
#include "../libbfabric/base/concat.h"
#include "../libbfabric/base/sys.h"
#include "become.h"

#define GROUPS_MAX 65536 /* of the kernel, NGROUPS_MAX */
#define VARIABLES  8
#define SEND_MS                                                                                    \
	1000 /* a request fits into the buffer of the socket; more is a child that hangs           \
	      */
#define HEAR_MAX ((size_t)64 << 10)

int64_t bf_pam_now(void)
{
	return bf_boot_ms(&bf_sys_real);
}

/* ---- what it runs with ----------------------------------------------------------------------- */

struct outfit {
	char *path;
	char *variables[VARIABLES]; /* ends with NULL */
	gid_t *groups;
	int group_count;
};

static void release_outfit(struct outfit *outfit)
{
	free(outfit->path);
	for (size_t i = 0; i < VARIABLES; i++)
		free(outfit->variables[i]);
	free(outfit->groups);
}

/* Who may write the program may be anybody that it runs as. */
static enum bfabric_status find_program(const struct bf_pam_conf *conf, const char *program,
	char **ret_path, struct bfabric_error *err)
{
	const char *dir = conf->libexec ? conf->libexec : BF_LIBEXECDIR;
	BF_AUTO_FREE char *path = bf_concat(dir, "/", program, (char *)NULL);
	struct stat st = {0};

	if (!path)
		return bf_fail_nomem(err);
	if (stat(path, &st) < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot find %s: %m", path);
	if (!S_ISREG(st.st_mode) || (st.st_uid != 0 && st.st_uid != geteuid()) ||
		(st.st_mode & (S_IWGRP | S_IWOTH)))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%s must be a program of root that nobody else can write", path);
	*ret_path = BF_TAKE(path);
	return BFABRIC_OK;
}

/*
 * Nothing of the application's environment, nor of PAM's, which the user may have written. The
 * runtime directory is where systemd puts it; whoever uses it looks at its owner.
 */
static bool make_variables(const struct bf_pam_user *user, char *variables[VARIABLES])
{
	char digits[BF_DECIMAL_SIZE];
	const char *const wanted[][2] = {
		{"PATH=", "/usr/bin:/bin"},
		{"LANG=", "C.UTF-8"},
		{"HOME=", user->home},
		{"USER=", user->name},
		{"LOGNAME=", user->name},
		{"XDG_RUNTIME_DIR=/run/user/", bf_decimal(user->uid, digits)},
	};

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!(variables[i] = bf_concat(wanted[i][0], wanted[i][1], (char *)NULL)))
			return false;
	return true;
}

static bool make_groups(const struct bf_pam_user *user, struct outfit *outfit)
{
	if (geteuid() != 0)
		return true; /* they cannot be set, and are those of the user already */
	for (int size = 64; size <= GROUPS_MAX; size *= 4) {
		int count = size;

		free(outfit->groups);
		outfit->groups = calloc((size_t)size, sizeof(gid_t));
		if (!outfit->groups)
			return false;
		if (getgrouplist(user->name, user->gid, outfit->groups, &count) >= 0) {
			outfit->group_count = count;
			return true;
		}
	}
	return false;
}

/* ---- starting -------------------------------------------------------------------------------- */

/* Above 2, where the child's own 0, 1 and 2 do not get into the way. */
static int lift(int fd)
{
	int lifted = fd;

	if (fd >= 0 && fd <= 2) {
		lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		bf_closep(&fd);
	}
	return lifted;
}

/* No signal reaches a handler of the application between fork and exec; the mask is put back. */
static pid_t fork_quietly(const struct bf_pam_exec *exec)
{
	sigset_t all, before;
	pid_t pid;

	sigfillset(&all);
	if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
		return -1;
	pid = fork();
	if (pid == 0)
		bf_pam_become(exec);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* what it was: cannot be refused */
	return pid;
}

static enum bfabric_status start(const struct outfit *outfit, const struct bf_pam_user *user,
	const char *const argv[], struct bf_pam_child *ret, struct bfabric_error *err)
{
	BF_AUTO_CLOSE int null = lift(open("/dev/null", O_RDWR | O_CLOEXEC));
	BF_AUTO_CLOSE int theirs = -1;
	BF_AUTO_CLOSE int ours = -1;
	int ends[2] = {-1, -1};
	struct bf_pam_exec exec = {.path = outfit->path,
		.argv = argv,
		.variables = (const char *const *)outfit->variables,
		.uid = user->uid,
		.gid = user->gid,
		.groups = outfit->groups,
		.group_count = outfit->group_count,
		.parent = getpid(),
		.null = null};

	if (null < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a socket pair: %m");
	ours = lift(ends[0]);
	theirs = exec.fd = lift(ends[1]);
	if (ours < 0 || theirs < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a socket pair: %m");
	ret->pid = fork_quietly(&exec);
	if (ret->pid < 0) {
		ret->pid = 0;
		return bf_fail(err, BFABRIC_SYSTEM, "cannot start %s: %m", outfit->path);
	}
	ret->fd = ours;
	ours = -1;
	return BFABRIC_OK;
}

/* A child that ended without reading has said why, or says nothing: both are heard later. */
static enum bfabric_status hand_over(const struct bf_pam_child *child,
	const struct bf_secret *request, struct bfabric_error *err)
{
	const char *at = bf_secret_reveal(request);
	size_t left = request->len;

	while (left > 0) {
		struct pollfd ready = {.fd = child->fd, .events = POLLOUT};
		ssize_t n = send(child->fd, at, left, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n > 0) {
			at += n;
			left -= (size_t)n;
		} else if (n < 0 && (errno == EPIPE || errno == ECONNRESET)) {
			return BFABRIC_OK;
		} else if (n < 0 && errno == EAGAIN) {
			if (poll(&ready, 1, SEND_MS) == 0)
				return bf_fail(err, BFABRIC_TIMEOUT, "the child does not listen");
		} else if (n >= 0 || errno != EINTR) {
			return bf_fail(err, BFABRIC_SYSTEM, "cannot talk to the child: %m");
		}
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_pam_spawn(const struct bf_pam_conf *conf, const struct bf_pam_user *user,
	const char *program, const char *verb, const struct bf_secret *request, int64_t deadline,
	struct bf_pam_child *ret, struct bfabric_error *err)
{
	struct outfit outfit __attribute__((cleanup(release_outfit))) = {0};
	const char *const argv[] = {program, verb, NULL};
	enum bfabric_status status = find_program(conf, program, &outfit.path, err);

	if (status != BFABRIC_OK)
		return status;
	if (request->failed || !make_variables(user, outfit.variables) ||
		!make_groups(user, &outfit))
		return bf_fail_nomem(err);
	status = start(&outfit, user, argv, ret, err);
	if (status != BFABRIC_OK)
		return status;
	ret->deadline = deadline;
	return hand_over(ret, request, err);
}

/* ---- listening ------------------------------------------------------------------------------- */

static enum bfabric_status wait_for_bytes(
	const struct bf_pam_child *child, struct bfabric_error *err)
{
	for (;;) {
		struct pollfd ready = {.fd = child->fd, .events = POLLIN};
		int64_t left = child->deadline - bf_pam_now();

		if (left <= 0)
			return bf_fail(err, BFABRIC_TIMEOUT, "the child is not done in time");
		if (poll(&ready, 1, (int)(left < 3600000 ? left : 3600000)) > 0)
			return BFABRIC_OK;
	}
}

/* One more piece, of at most `size` bytes; *ret_len 0: there is none. */
static enum bfabric_status receive(const struct bf_pam_child *child, char *bytes, size_t size,
	size_t *ret_len, struct bfabric_error *err)
{
	for (;;) {
		enum bfabric_status status = wait_for_bytes(child, err);
		ssize_t n;

		if (status != BFABRIC_OK)
			return status;
		n = recv(child->fd, bytes, size, MSG_DONTWAIT);
		if (n >= 0 || errno == ECONNRESET) {
			*ret_len = n > 0 ? (size_t)n : 0;
			return BFABRIC_OK;
		}
		if (errno != EINTR && errno != EAGAIN)
			return bf_fail(err, BFABRIC_SYSTEM, "cannot listen to the child: %m");
	}
}

static enum bfabric_status feed(
	struct bf_pam_child *child, bool *ret_end, struct bfabric_error *err)
{
	char bytes[4096];
	size_t n = 0;
	enum bfabric_status status = receive(child, bytes, sizeof(bytes), &n, err);

	if (status == BFABRIC_OK && n > 0)
		status = bf_line_feed(&child->decoder, bytes, n, err);
	*ret_end = n == 0;
	explicit_bzero(bytes, sizeof(bytes));
	return status;
}

enum bfabric_status bf_pam_hear_all(
	const struct bf_pam_child *child, struct bf_secret *ret_text, struct bfabric_error *err)
{
	for (;;) {
		char *room = bf_secret_room(ret_text, 4096);
		enum bfabric_status status = BFABRIC_OK;
		size_t n = 0;

		if (!room)
			return bf_fail_nomem(err);
		status = receive(child, room, 4096, &n, err);
		if (status != BFABRIC_OK || n == 0)
			return status;
		bf_secret_added(ret_text, n);
		if (ret_text->len > HEAR_MAX)
			return bf_fail(err, BFABRIC_BAD_REPLY, "the child says too much");
	}
}

enum bfabric_status bf_pam_hear(
	struct bf_pam_child *child, struct bf_line *ret, bool *ret_found, struct bfabric_error *err)
{
	bool ended = false;

	for (;;) {
		enum bfabric_status status = bf_line_next(&child->decoder, ret, ret_found, err);

		if (status != BFABRIC_OK || *ret_found)
			return status;
		if (ended && bf_line_incomplete(&child->decoder))
			return bf_fail(err, BFABRIC_BAD_REPLY, "the child ended within a line");
		if (ended)
			return BFABRIC_OK;
		status = feed(child, &ended, err);
		if (status != BFABRIC_OK)
			return status;
	}
}
