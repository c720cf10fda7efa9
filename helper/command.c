#include "command.h"
#include "program.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_RUNNABLE 126
#define NOT_FOUND    127

/*
 * All that processes send each other, batch systems included (XCPU, a real-time signal before the
 * time is up): one that killed us would leave the token behind. What a fault of our own raises
 * stays; SIGPIPE and SIGXFSZ are ignored already.
 */
static void fill(sigset_t *set)
{
	static const int held[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM,
		SIGVTALRM, SIGPROF, SIGXCPU, SIGIO, SIGPWR, SIGURG, SIGWINCH, SIGTSTP, SIGTTIN,
		SIGTTOU, SIGCONT, SIGCHLD};

	sigemptyset(set);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		sigaddset(set, held[i]);
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++)
		sigaddset(set, number);
}

enum bfabric_status bf_command_hold(struct bf_command *command, struct bfabric_error *err)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t held;

	fill(&held);
	if (sigprocmask(SIG_BLOCK, &held, &command->mask) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot hold signals: %m");
	(void)sigaction(SIGCHLD, &usual, &command->child); /* ignored, nobody could be waited for */
	command->signals = signalfd(-1, &held, SFD_CLOEXEC | SFD_NONBLOCK);
	if (command->signals >= 0)
		return BFABRIC_OK;
	(void)bf_fail(err, BFABRIC_SYSTEM, "cannot receive signals: %m");
	(void)sigaction(SIGCHLD, &command->child, NULL);
	(void)sigprocmask(SIG_SETMASK, &command->mask, NULL);
	return BFABRIC_SYSTEM;
}

void bf_command_release(struct bf_command *command)
{
	if (command->signals < 0)
		return;
	bf_closep(&command->signals);
	command->signals = -1;
	if (command->ran)
		return;
	(void)sigaction(SIGCHLD, &command->child, NULL); /* as before: cannot fail */
	(void)sigprocmask(SIG_SETMASK, &command->mask, NULL);
}

/* In the new process. */
static void become(const struct bf_command *command, char *const argv[],
	bool (*prepare)(const void *data), const void *data, int tell)
{
	int why = ENOMEM;

	if (prepare(data)) {
		(void)sigaction(SIGCHLD, &command->child, NULL); /* as before: cannot fail */
		if (bf_child_guard)
			bf_guard_lift_all(bf_child_guard);
		(void)sigprocmask(SIG_SETMASK, &command->mask, NULL);
		execvpe(argv[0], argv, environ);
		why = errno;
	}
	if (write(tell, &why, sizeof(why)) != (ssize_t)sizeof(why))
		_exit(NOT_RUNNABLE);
	_exit(NOT_FOUND);
}

static enum bfabric_status fail_start(
	const char *name, int why, int *ret_code, struct bfabric_error *err)
{
	errno = why;
	if (why == ENOMEM)
		return bf_fail_nomem(err);
	*ret_code = why == ENOENT || why == ENOTDIR ? NOT_FOUND : NOT_RUNNABLE;
	if (why == ENOENT && !strchr(name, '/'))
		return bf_fail(err, BFABRIC_SYSTEM, "%.200s: command not found", name);
	return bf_fail(err, BFABRIC_SYSTEM, "cannot run %.200s: %m", name);
}

enum bfabric_status bf_command_start(struct bf_command *command, char *const argv[],
	bool (*prepare)(const void *data), const void *data, int *ret_code,
	struct bfabric_error *err)
{
	BF_AUTO_CLOSE int read_end = -1;
	int ends[2], why = 0;
	pid_t pid = -1;
	ssize_t n;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot make a pipe: %m");
	read_end = ends[0];
	pid = fork();
	if (pid == 0)
		become(command, argv, prepare, data, ends[1]);
	close(ends[1]);
	if (pid < 0)
		return bf_fail(err, BFABRIC_SYSTEM, "cannot start a process: %m");
	do
		n = read(read_end, &why, sizeof(why));
	while (n < 0 && errno == EINTR);
	if (n == (ssize_t)sizeof(why)) {
		(void)waitpid(pid, NULL, 0); /* SIGCHLD's trace of it is read by nobody */
		return fail_start(argv[0], why, ret_code, err);
	}
	command->pid = pid;
	command->ran = true;
	return BFABRIC_OK;
}

/*
 * Has one of these (WCONTINUED, WSTOPPED) happened to it that nobody has waited for? Whoever
 * continues a process group continues the command as well; a SIGCONT of ours that comes late would
 * undo the next Control-Z.
 */
static bool happened(const struct bf_command *command, int what)
{
	siginfo_t info = {0};

	return waitid(P_PID, (id_t)command->pid, &info, what | WNOHANG | WNOWAIT) == 0 &&
	       info.si_pid == command->pid;
}

/* Stop as it stopped, until somebody continues us. */
static void stop_too(const struct bf_command *command, int signal)
{
	struct sigaction usual = {.sa_handler = SIG_DFL}, before;
	sigset_t one;

	sigemptyset(&one);
	sigaddset(&one, signal);
	if (signal != SIGSTOP) /* whose action cannot be changed */
		(void)sigaction(signal, &usual, &before);
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(signal);
	if (signal != SIGSTOP) {
		(void)sigprocmask(SIG_BLOCK, &one, NULL);
		(void)sigaction(signal, &before, NULL);
	}
	if (!happened(command, WCONTINUED | WSTOPPED))
		(void)kill(command->pid, SIGCONT); /* not reaped yet: the number is its own */
}

static void reap(struct bf_command *command)
{
	int how = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &how, WNOHANG | WUNTRACED)) > 0) {
		if (pid != command->pid)
			continue; /* a worker: its pipe says more */
		if (WIFSTOPPED(how)) {
			stop_too(command, WSTOPSIG(how));
			continue;
		}
		command->how = how;
		command->pid = 0;
	}
}

/*
 * The kernel's own (si_code above 0: the terminal) went to the whole process group already. What
 * the command sends was meant for its group, which we only happen to be in.
 */
static void pass_on(const struct bf_command *command, const struct signalfd_siginfo *info)
{
	bool from_process = info->ssi_code <= 0 && (pid_t)info->ssi_pid != command->pid;

	if (command->pid <= 0 || (info->ssi_signo == SIGCONT && happened(command, WSTOPPED)))
		return;
	if (from_process || info->ssi_signo == SIGCONT)
		(void)kill(command->pid, (int)info->ssi_signo); /* gone: the next reap notices */
}

void bf_command_attend(struct bf_command *command)
{
	struct signalfd_siginfo info = {0};
	bool changed = false;

	while (read(command->signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			changed = true;
		else
			pass_on(command, &info);
	}
	if (changed)
		reap(command);
}

int bf_command_follow(int how)
{
	struct sigaction usual = {.sa_handler = SIG_DFL};
	sigset_t one;

	if (WIFEXITED(how))
		return WEXITSTATUS(how);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(how));
	(void)sigaction(WTERMSIG(how), &usual, NULL); /* SIGKILL's is the usual one anyway */
	(void)sigprocmask(SIG_UNBLOCK, &one, NULL);
	(void)raise(WTERMSIG(how));
	return 128 + WTERMSIG(how);
}
