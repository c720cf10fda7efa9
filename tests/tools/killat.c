/*
 * killat - end a program just before its n-th system call.
 *
 *	killat RESULT N COMMAND [ARG...]
 *
 * Runs COMMAND and counts the system calls of all its threads and children, from its first one on.
 * Just before call N is made, everything it started gets SIGKILL, as when the power fails there;
 * with N = 0 it only counts. RESULT receives one JSON object:
 * {"calls":812,"killed":true,"last":77}, where `last` is the number of the system call that was
 * not made. The exit status is the command's, 137 after a kill, 125 when it cannot be traced.
 *
 * It returns when every traced process is gone, so that nothing changes a file behind the test's
 * back. Written with PTRACE_GET_SYSCALL_INFO and thus without knowing a processor's registers.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRACEES_MAX 256
#define CANNOT      125
#define KILLED      137

struct tracer {
	pid_t tracees[TRACEES_MAX];
	size_t count;
	pid_t command;
	int status;   /* how the command ended, as an exit status */
	bool running; /* it has been executed: what comes now is its own */
	bool killed;
	unsigned long calls, limit;
	unsigned long long last;
};

static void cannot(const char *what)
{
	fprintf(stderr, "killat: cannot %s: %s\n", what, strerror(errno));
	exit(CANNOT);
}

static void remember(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->tracees[i] == pid)
			return;
	}
	if (t->count == TRACEES_MAX) {
		errno = E2BIG;
		cannot("follow so many threads");
	}
	t->tracees[t->count++] = pid;
}

static void forget(struct tracer *t, pid_t pid)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->tracees[i] == pid)
			t->tracees[i] = t->tracees[--t->count];
	}
}

static void kill_all(struct tracer *t)
{
	t->killed = true;
	for (size_t i = 0; i < t->count; i++)
		(void)kill(t->tracees[i], SIGKILL); /* gone already: as good */
}

/* A system call is about to be made or has returned. */
static void at_call(struct tracer *t, pid_t pid)
{
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info), &info) < 0 ||
		info.op != PTRACE_SYSCALL_INFO_ENTRY || !t->running || t->killed)
		return;
	t->calls++;
	t->last = info.entry.nr;
	if (t->limit && t->calls == t->limit)
		kill_all(t);
}

/* The signal to hand on to the tracee. */
static int at_stop(struct tracer *t, pid_t pid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == (SIGTRAP | 0x80)) {
		at_call(t, pid);
		return 0;
	}
	if (event == PTRACE_EVENT_EXEC && pid == t->command)
		t->running = true;
	/* An event, or the stop that a new thread begins with. */
	if (event != 0 || sig == SIGSTOP || sig == SIGTRAP)
		return 0;
	return sig;
}

static void follow(struct tracer *t)
{
	while (t->count > 0) {
		int status = 0, sig;
		pid_t pid = waitpid(-1, &status, __WALL);

		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return;
		if (!WIFSTOPPED(status)) {
			if (pid == t->command)
				t->status = WIFEXITED(status) ? WEXITSTATUS(status)
							      : 128 + WTERMSIG(status);
			forget(t, pid);
			continue;
		}
		remember(t, pid);
		sig = at_stop(t, pid, status);
		if (t->killed)
			(void)kill(pid, SIGKILL); /* also a thread that appeared meanwhile */
		(void)ptrace(PTRACE_SYSCALL, pid, NULL, (void *)(long)sig); /* ESRCH: killed */
	}
}

static void start(struct tracer *t, char **command)
{
	int status = 0;

	t->command = fork();
	if (t->command < 0)
		cannot("fork");
	if (t->command == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(CANNOT);
		raise(SIGSTOP);
		execvp(command[0], command);
		_exit(CANNOT);
	}
	if (waitpid(t->command, &status, __WALL) < 0 || !WIFSTOPPED(status))
		cannot("trace");
	remember(t, t->command);
	if (ptrace(PTRACE_SETOPTIONS, t->command, NULL,
		    (void *)(PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC)) < 0)
		cannot("trace");
	(void)ptrace(
		PTRACE_SYSCALL, t->command, NULL, NULL); /* a failure shows as a hang-up below */
}

static void report(const struct tracer *t, const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		cannot("write the result");
	fprintf(out, "{\"calls\":%lu,\"killed\":%s,\"last\":%llu}\n", t->calls,
		t->killed ? "true" : "false", t->last);
	if (fclose(out) != 0)
		cannot("write the result");
}

int main(int argc, char **argv)
{
	struct tracer t = {0};

	if (argc < 4) {
		fprintf(stderr, "usage: killat RESULT N COMMAND [ARG...]\n");
		return 2;
	}
	t.limit = strtoul(argv[2], NULL, 10);
	start(&t, argv + 3);
	follow(&t);
	report(&t, argv[1]);
	return t.killed ? KILLED : t.status;
}
