#include "unit.h"
#include "process_state.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

void process_state(struct process_state *ret)
{
	struct itimerval timer = {0};
	size_t used = 0;

	memset(ret, 0, sizeof(*ret));
	sigprocmask(SIG_SETMASK, NULL, &ret->mask);
	for (int number = 1; number < NSIG; number++)
		sigaction(number, NULL, &ret->actions[number]);
	ret->umask = umask(022);
	umask(ret->umask);
	assert_non_null(getcwd(ret->cwd, sizeof(ret->cwd)));
	getresuid(&ret->uids[0], &ret->uids[1], &ret->uids[2]);
	getresgid(&ret->gids[0], &ret->gids[1], &ret->gids[2]);
	ret->group_count = getgroups(256, ret->groups);
	getrlimit(RLIMIT_CORE, &ret->core);
	getrlimit(RLIMIT_NOFILE, &ret->files);
	getitimer(ITIMER_REAL, &timer);
	ret->timer_armed = timer.it_value.tv_sec || timer.it_value.tv_usec;
	ret->dumpable = prctl(PR_GET_DUMPABLE);
	prctl(PR_GET_PDEATHSIG, &ret->death_signal);
	ret->session = getsid(0);
	ret->group = getpgrp();
	for (char **entry = environ; *entry && used < sizeof(ret->environment); entry++)
		used += (size_t)snprintf(
			ret->environment + used, sizeof(ret->environment) - used, "%s\n", *entry);
	ret->leftovers = leftovers();
}

#define SAME(member) (memcmp(&a->member, &b->member, sizeof(a->member)) == 0)

const char *process_state_difference(const struct process_state *a, const struct process_state *b)
{
	if (!SAME(mask))
		return "signal mask";
	for (int number = 1; number < NSIG; number++)
		if (a->actions[number].sa_handler != b->actions[number].sa_handler ||
			a->actions[number].sa_flags != b->actions[number].sa_flags)
			return "signal handler";
	if (a->umask != b->umask)
		return "umask";
	if (!SAME(cwd))
		return "working directory";
	if (!SAME(uids) || !SAME(gids) || a->group_count != b->group_count || !SAME(groups))
		return "ids";
	if (!SAME(core) || !SAME(files))
		return "limits";
	if (a->timer_armed != b->timer_armed)
		return "timer";
	if (a->dumpable != b->dumpable || a->death_signal != b->death_signal)
		return "process flags";
	if (a->session != b->session || a->group != b->group)
		return "session";
	if (!SAME(environment))
		return "environment";
	if (a->leftovers.descriptors != b->leftovers.descriptors)
		return "descriptors";
	if (a->leftovers.threads != b->leftovers.threads)
		return "threads";
	return a->leftovers.children != b->leftovers.children ? "children" : NULL;
}
