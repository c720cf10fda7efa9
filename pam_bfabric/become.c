#include "become.h"

#include <grp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES 64 /* a child has a dozen open at most */

/* Handlers of the application must not run here. Those of the kernel's own two cannot be set. */
static void reset_signals(void)
{
	const struct sigaction standard = {.sa_handler = SIG_DFL};
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)sigaction(number, &standard, NULL); /* KILL, STOP and libc's refuse */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * Who started a setuid program chose its limits. With too few descriptors the server could not be
 * reached, and a stack may go on to a password then. Where this is refused, they stay as they are.
 */
static void have_descriptors(void)
{
	struct rlimit files = {0};

	if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= FILES)
		return;
	files.rlim_cur = FILES;
	if (files.rlim_max < FILES)
		files.rlim_max = FILES;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

static bool set_descriptors(const struct bf_pam_exec *exec)
{
	if (dup2(exec->fd, 0) != 0 || dup2(exec->fd, 1) != 1 || dup2(exec->null, 2) != 2)
		return false;
	closefrom(3);
	return true;
}

/* Where we are not root, we are that user already, and cannot change groups. */
static bool become_user(const struct bf_pam_exec *exec)
{
	uid_t real, effective, saved;
	gid_t rgid, egid, sgid;

	if (geteuid() == 0 && (setgroups((size_t)exec->group_count, exec->groups) != 0 ||
				      setresgid(exec->gid, exec->gid, exec->gid) != 0 ||
				      setresuid(exec->uid, exec->uid, exec->uid) != 0))
		return false;
	if (getresuid(&real, &effective, &saved) != 0 || getresgid(&rgid, &egid, &sgid) != 0)
		return false;
	if (real != exec->uid || effective != exec->uid || saved != exec->uid || exec->uid == 0)
		return false;
	return rgid == egid && egid == sgid && setuid(0) != 0;
}

/* After the ids: changing them forgets the signal. If our parent is gone already, nobody sends it.
 */
static bool die_with_parent(const struct bf_pam_exec *exec)
{
	return prctl(PR_SET_PDEATHSIG, SIGTERM) == 0 && getppid() == exec->parent;
}

void bf_pam_become(const struct bf_pam_exec *exec)
{
	const struct rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};

	reset_signals();
	umask(S_IRWXG | S_IRWXO);
	have_descriptors();
	if (chdir("/") == 0 && setsid() > 0 && setrlimit(RLIMIT_CORE, &no_core) == 0 &&
		set_descriptors(exec) && become_user(exec) && die_with_parent(exec))
		/* exec changes neither list; its types are older than const */
		execve(exec->path, (char *const *)(uintptr_t)exec->argv,
			(char *const *)(uintptr_t)exec->variables);
	_exit(127);
}
