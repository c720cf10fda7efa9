/* The end of a child of spawn.h, and what becomes of one that takes longer than we listen. */
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "spawn.h"

#define FAREWELL_MS 100 /* from the end of what it says to its own end */
#define LEFT_DATA   "pam_bfabric_left"
#define LEFT_MAX    8

struct left {
	pid_t owner; /* the process whose children they are: data survive fork */
	pid_t pids[LEFT_MAX];
};

/* Also true when somebody else has reaped it. */
static bool has_ended(pid_t pid)
{
	pid_t found;

	do
		found = waitpid(pid, NULL, WNOHANG);
	while (found < 0 && errno == EINTR);
	return found != 0;
}

static void reap(struct left *left)
{
	for (size_t i = 0; i < LEFT_MAX; i++)
		if (left->owner == getpid() && left->pids[i] && has_ended(left->pids[i]))
			left->pids[i] = 0;
}

static void release_left(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh; /* is about to end */
	(void)status;
	reap(data);
	free(data);
}

/* NULL: there is none, and it could not be made. */
static struct left *left_of(const struct bf_pam_call *call, bool make)
{
	const void *found = NULL;
	struct left *left = NULL;

	if (!call->pamh)
		return NULL; /* bfabric-pam-sweep, which ends soon */
	if (pam_get_data(call->pamh, LEFT_DATA, &found) == PAM_SUCCESS && found)
		return (struct left *)(uintptr_t)found; /* ours; PAM only keeps it */
	if (!make || !(left = calloc(1, sizeof(*left))))
		return NULL;
	left->owner = getpid();
	if (pam_set_data(call->pamh, LEFT_DATA, left, release_left) != PAM_SUCCESS) {
		free(left);
		return NULL;
	}
	return left;
}

void bf_pam_reap_left(const struct bf_pam_call *call)
{
	struct left *left = left_of(call, /* make= */ false);

	if (left)
		reap(left);
}

/* Where there is no room to remember it, it stays a zombie until the application ends: no more. */
static void leave(const struct bf_pam_call *call, pid_t pid)
{
	struct left *left = left_of(call, /* make= */ true);

	for (size_t i = 0; left && left->owner == getpid() && i < LEFT_MAX; i++)
		if (!left->pids[i]) {
			left->pids[i] = pid;
			return;
		}
}

void bf_pam_child_stop(const struct bf_pam_call *call, struct bf_pam_child *child)
{
	/* Where the application reaps whatever ends, the number may be somebody else's by now. */
	if (child->pid && has_ended(child->pid))
		child->pid = 0;
	if (child->pid)
		(void)kill(child->pid, SIGTERM);
	bf_pam_child_done(call, child);
}

void bf_pam_child_done(const struct bf_pam_call *call, struct bf_pam_child *child)
{
	const int64_t latest = bf_pam_now() + FAREWELL_MS;
	const struct timespec step = {.tv_nsec = 1000000};

	bf_line_decoder_release(&child->decoder);
	bf_closep(&child->fd);
	if (child->pid) {
		bool ended = has_ended(child->pid);

		while (!ended && bf_pam_now() < latest) {
			(void)nanosleep(&step, NULL); /* interrupted: we look again */
			ended = has_ended(child->pid);
		}
		if (!ended)
			leave(call, child->pid);
	}
	*child = (struct bf_pam_child)BF_PAM_CHILD_INIT;
}
