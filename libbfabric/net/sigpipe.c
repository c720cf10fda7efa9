/* sigpipe.c - see net/sigpipe.h. */
#include "sigpipe.h"
#include <errno.h>
#include <stddef.h>
#include <time.h>

static sigset_t only_sigpipe(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	return set;
}

struct bf_sigpipe bf_sigpipe_hold(void)
{
	struct bf_sigpipe guard = {.held = false};
	const sigset_t set = only_sigpipe();
	sigset_t pending;

	sigemptyset(&pending);
	if (sigpending(&pending) == 0 && !sigismember(&pending, SIGPIPE))
		guard.held = pthread_sigmask(SIG_BLOCK, &set, &guard.before) == 0;
	return guard;
}

void bf_sigpipe_restore(const struct bf_sigpipe *guard)
{
	const struct timespec now = {0};
	const sigset_t set = only_sigpipe();
	int saved = errno;

	if (!guard->held)
		return;
	while (sigtimedwait(&set, /* info= */ NULL, &now) == -1 && errno == EINTR)
		;
	(void)pthread_sigmask(SIG_SETMASK, &guard->before, NULL); /* fails for bad arguments only */
	errno = saved;
}
