/*
 * host - a program that uses the library for long, and looks after itself what that leaves behind.
 *
 *	host MODE N PAUSE
 *
 * Asks N times for a token, PAUSE milliseconds apart, and says for each call on a line of its own
 * "ok" or the status and the message. MODE is what the program does with SIGCHLD: "default",
 * "ignore", "nocldwait", "block", or "reap" (a handler that waits for whatever child there is, as
 * many main loops do). Then one line of JSON:
 *
 *	{"children":0,"descriptors":0,"threads":0,"signals":0,"own":7}
 *
 * `children`: children, zombies too, that are left; `descriptors` and `threads`: how many more
 *there are after the session was freed than before it was opened; `signals`: how many signals are
 *handled or blocked otherwise than before; `own`: exit code of a child that the program started
 *itself before the first call, -1 when somebody else took it. It never prints a token.
 */
#include <bfabric.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define OWN_CODE    7
#define SIGNALS_MAX 64

struct look {
	int descriptors, threads;
	sigset_t mask;
	struct sigaction actions[SIGNALS_MAX];
};

static volatile sig_atomic_t reaped_own = -1;
static pid_t own;

static void reap(int number)
{
	int saved = errno, status;
	pid_t pid;

	(void)number;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		if (pid == own && WIFEXITED(status))
			reaped_own = WEXITSTATUS(status);
	errno = saved;
}

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		abort();
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

static void look(struct look *ret)
{
	ret->descriptors = entries("/proc/self/fd");
	ret->threads = entries("/proc/self/task");
	sigprocmask(SIG_SETMASK, NULL, &ret->mask);
	for (int i = 1; i < SIGNALS_MAX; i++)
		if (sigaction(i, NULL, &ret->actions[i]) != 0)
			ret->actions[i].sa_handler = SIG_ERR;
}

static int differing_signals(const struct look *a, const struct look *b)
{
	int count = 0;

	for (int i = 1; i < SIGNALS_MAX; i++)
		count += a->actions[i].sa_handler != b->actions[i].sa_handler ||
			 a->actions[i].sa_flags != b->actions[i].sa_flags ||
			 sigismember(&a->mask, i) != sigismember(&b->mask, i);
	return count;
}

static bool set_mode(const char *mode)
{
	struct sigaction action = {.sa_handler = SIG_DFL};
	sigset_t child;

	if (strcmp(mode, "ignore") == 0)
		action.sa_handler = SIG_IGN;
	else if (strcmp(mode, "nocldwait") == 0)
		action.sa_flags = SA_NOCLDWAIT;
	else if (strcmp(mode, "reap") == 0) {
		action.sa_handler = reap;
		action.sa_flags = SA_RESTART;
	} else if (strcmp(mode, "block") == 0) {
		sigemptyset(&child);
		sigaddset(&child, SIGCHLD);
		sigprocmask(SIG_BLOCK, &child, NULL);
	} else if (strcmp(mode, "default") != 0)
		return false;
	return sigaction(SIGCHLD, &action, NULL) == 0;
}

/* The handler must not run before `own` is known. */
static void start_own(void)
{
	sigset_t child, before;
	siginfo_t ended;

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, &before);
	own = fork();
	if (own == 0)
		_exit(OWN_CODE);
	if (own < 0)
		abort();
	/* Until it has ended; it stays to be reaped, where anybody is. */
	waitid(P_PID, (id_t)own, &ended, WEXITED | WNOWAIT);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

static void pause_ms(long ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	while (nanosleep(&left, &left) != 0 && errno == EINTR)
		;
}

static void ask(struct bfabric_session *session)
{
	struct bfabric_token token = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bfabric_session_token(session, -1, 0, &token, &err);

	if (status == BFABRIC_OK)
		printf("ok\n");
	else
		printf("%d %s\n", bfabric_status_exit_code(status), err.text);
	bfabric_token_clear(&token);
}

/* Its own child has ended long ago; who else was there was not ours to leave. */
static int count_children(int *ret_own)
{
	int status, count = 0;
	pid_t pid;

	*ret_own = reaped_own;
	while ((pid = waitpid(-1, &status, WNOHANG)) != -1) {
		if (pid != own) {
			count++;
			if (pid == 0)
				break; /* one that still runs */
		} else if (WIFEXITED(status))
			*ret_own = WEXITSTATUS(status);
	}
	return count;
}

static int run(long count, long pause)
{
	struct bfabric_session *session = NULL;
	struct look before = {0}, after = {0};
	struct bfabric_error err;
	int children, own_code;

	look(&before);
	if (bfabric_session_open(/* options= */ NULL, &session, &err) != BFABRIC_OK) {
		fprintf(stderr, "%s\n", err.text);
		return bfabric_status_exit_code(err.status);
	}
	for (long i = 0; i < count; i++) {
		if (i > 0)
			pause_ms(pause);
		ask(session);
	}
	bfabric_session_free(session);
	look(&after);
	children = count_children(&own_code);
	printf("{\"children\":%d,\"descriptors\":%d,\"threads\":%d,\"signals\":%d,\"own\":%d}\n",
		children, after.descriptors - before.descriptors, after.threads - before.threads,
		differing_signals(&before, &after), own_code);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc != 4 || !set_mode(argv[1])) {
		fprintf(stderr, "usage: host default|ignore|nocldwait|block|reap N PAUSE\n");
		return 2;
	}
	start_own();
	return run(strtol(argv[2], NULL, 10), strtol(argv[3], NULL, 10));
}
