#include "fault.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define ROUNDS_MAX 10000

static struct {
	unsigned calls, n, count;
	int error;
	bool armed, fired, held;
	const char *name;
} state = {.name = ""};

void fault_arm(unsigned calls, unsigned n, int error)
{
	state.calls = calls;
	state.n = n;
	state.count = 0;
	state.error = error;
	state.fired = false;
	state.name = "";
	state.armed = true;
}

bool fault_disarm(void)
{
	state.armed = false;
	return state.fired;
}

void fault_hold(bool hold)
{
	state.held = hold;
}

const char *fault_name(void)
{
	return state.name;
}

unsigned fault_count(void)
{
	return state.count;
}

bool fault_again(unsigned round)
{
	return fault_disarm() && round <= ROUNDS_MAX;
}

/* Shall this call fail? Sets errno then. */
static bool hit(enum fault_call call, const char *name)
{
	if (!state.armed || state.held || !(state.calls & FAULT_BIT(call)))
		return false;
	state.count++;
	if (state.calls & FAULT_STAYS ? state.count < state.n : state.count != state.n)
		return false;
	state.fired = true;
	state.name = name;
	if (state.error == FAULT_KILL)
		(void)raise(SIGKILL);
	errno = state.error;
	return true;
}

/* One row a call: what it returns, its name, its kind, what it returns on failure. */
#define WRAP(type, name, kind, failure, parameters, arguments)                                     \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		if (hit(kind, #name))                                                              \
			return failure;                                                            \
		return __real_##name arguments;                                                    \
	}

WRAP(void *, malloc, FAULT_ALLOCATE, NULL, (size_t n), (n))
WRAP(void *, calloc, FAULT_ALLOCATE, NULL, (size_t n, size_t size), (n, size))
WRAP(void *, realloc, FAULT_ALLOCATE, NULL, (void *p, size_t n), (p, n))
WRAP(void *, reallocarray, FAULT_ALLOCATE, NULL, (void *p, size_t n, size_t size), (p, n, size))
WRAP(char *, strdup, FAULT_ALLOCATE, NULL, (const char *s), (s))
WRAP(char *, strndup, FAULT_ALLOCATE, NULL, (const char *s, size_t n), (s, n))
WRAP(int, vasprintf, FAULT_ALLOCATE, -1, (char **ret, const char *fmt, va_list ap), (ret, fmt, ap))
WRAP(int, __vasprintf_chk, FAULT_ALLOCATE, -1, (char **ret, int flag, const char *fmt, va_list ap),
	(ret, flag, fmt, ap))
WRAP(ssize_t, read, FAULT_READ, -1, (int fd, void *buf, size_t n), (fd, buf, n))
WRAP(ssize_t, __read_chk, FAULT_READ, -1, (int fd, void *buf, size_t n, size_t size),
	(fd, buf, n, size))
WRAP(ssize_t, pread64, FAULT_READ, -1, (int fd, void *buf, size_t n, off_t at), (fd, buf, n, at))
WRAP(ssize_t, __pread64_chk, FAULT_READ, -1, (int fd, void *buf, size_t n, off_t at, size_t size),
	(fd, buf, n, at, size))
WRAP(ssize_t, write, FAULT_WRITE, -1, (int fd, const void *buf, size_t n), (fd, buf, n))
WRAP(ssize_t, pwrite64, FAULT_WRITE, -1, (int fd, const void *buf, size_t n, off_t at),
	(fd, buf, n, at))
WRAP(int, ftruncate64, FAULT_TRUNCATE, -1, (int fd, off_t len), (fd, len))
WRAP(int, fallocate64, FAULT_WRITE, -1, (int fd, int mode, off_t at, off_t len),
	(fd, mode, at, len))
WRAP(int, fsync, FAULT_SYNC, -1, (int fd), (fd))
WRAP(int, rename, FAULT_RENAME, -1, (const char *from, const char *to), (from, to))
WRAP(int, renameat, FAULT_RENAME, -1, (int a, const char *from, int b, const char *to),
	(a, from, b, to))
WRAP(int, link, FAULT_RENAME, -1, (const char *from, const char *to), (from, to))
WRAP(int, linkat, FAULT_RENAME, -1, (int a, const char *from, int b, const char *to, int flags),
	(a, from, b, to, flags))
WRAP(int, unlink, FAULT_UNLINK, -1, (const char *path), (path))
WRAP(int, unlinkat, FAULT_UNLINK, -1, (int dir, const char *path, int flags), (dir, path, flags))
WRAP(int, stat64, FAULT_STAT, -1, (const char *path, void *st), (path, st))
WRAP(int, lstat64, FAULT_STAT, -1, (const char *path, void *st), (path, st))
WRAP(int, fstat64, FAULT_STAT, -1, (int fd, void *st), (fd, st))
WRAP(int, fstatat64, FAULT_STAT, -1, (int dir, const char *path, void *st, int flags),
	(dir, path, st, flags))
WRAP(int, mkdir, FAULT_MKDIR, -1, (const char *path, mode_t mode), (path, mode))
WRAP(int, fchmod, FAULT_CHMOD, -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, fchmodat, FAULT_CHMOD, -1, (int fd, const char *path, mode_t mode, int flags),
	(fd, path, mode, flags))
WRAP(ssize_t, getrandom, FAULT_RANDOM, -1, (void *buf, size_t n, unsigned flags), (buf, n, flags))
WRAP(pid_t, fork, FAULT_PROCESS, -1, (void), ())
WRAP(int, pipe2, FAULT_PROCESS, -1, (int fds[2], int flags), (fds, flags))
WRAP(int, memfd_create, FAULT_PROCESS, -1, (const char *name, unsigned flags), (name, flags))
WRAP(int, socketpair, FAULT_SOCKET, -1, (int domain, int type, int protocol, int fds[2]),
	(domain, type, protocol, fds))
WRAP(ssize_t, send, FAULT_SOCKET, -1, (int fd, const void *buf, size_t n, int flags),
	(fd, buf, n, flags))
WRAP(ssize_t, recv, FAULT_SOCKET, -1, (int fd, void *buf, size_t n, int flags), (fd, buf, n, flags))
WRAP(int, shutdown, FAULT_SOCKET, -1, (int fd, int how), (fd, how))

/* Most programs are linked without libpam, and never come here. */
#define BUF_ERR 5 /* PAM_BUF_ERR of Linux-PAM */
int __real_pam_set_data(void *pamh, const char *name, void *data, void (*release)(void))
	__attribute__((weak));
int __real_pam_putenv(void *pamh, const char *variable) __attribute__((weak));
WRAP(int, pam_set_data, FAULT_PAM, BUF_ERR,
	(void *pamh, const char *name, void *data, void (*release)(void)),
	(pamh, name, data, release))
WRAP(int, pam_putenv, FAULT_PAM, BUF_ERR, (void *pamh, const char *variable), (pamh, variable))

/* As the kernel does: a close that reports an error has closed. */
int __real_close(int fd);
int __wrap_close(int fd);
int __wrap_close(int fd)
{
	const bool fail = hit(FAULT_CLOSE, "close");
	const int rc = __real_close(fd);

	if (!fail)
		return rc;
	errno = state.error;
	return -1;
}

/* The rest take a variable number of arguments. */

int __wrap_asprintf(char **ret, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **ret, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap_vasprintf(ret, fmt, ap);
	va_end(ap);
	return n;
}

int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int __wrap___asprintf_chk(char **ret, int flag, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = __wrap___vasprintf_chk(ret, flag, fmt, ap);
	va_end(ap);
	return n;
}

static mode_t creation_mode(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = creation_mode(flags, ap);
	va_end(ap);
	return hit(FAULT_OPEN, "open") ? -1 : __real_open64(path, flags, mode);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = creation_mode(flags, ap);
	va_end(ap);
	return hit(FAULT_OPEN, "openat") ? -1 : __real_openat64(dir, path, flags, mode);
}

/* libc itself takes the argument as a pointer, whatever it is. */
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
	va_list ap;
	void *argument;

	va_start(ap, command);
	argument = va_arg(ap, void *);
	va_end(ap);
	return hit(FAULT_LOCK, "fcntl") ? -1 : __real_fcntl64(fd, command, argument);
}
