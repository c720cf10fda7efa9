/*
 * cancel.h - the wish to stop, from another thread or a signal handler (eventfd(2)).
 *
 * Whoever waits polls the descriptor too, so that the wish ends the wait at once and is not lost
 * when it comes just before. A wish is for good: the object is thrown away with the call it ended.
 */
#ifndef BF_CANCEL_H
#define BF_CANCEL_H

#include "sys.h"

struct bfabric_cancel {
	int fd;
};

/* NULL is fine below: nobody can wish. */
bool bf_cancelled(const struct bfabric_cancel *cancel);
/* To be polled for POLLIN; -1, which poll(2) ignores, for NULL. */
int bf_cancel_fd(const struct bfabric_cancel *cancel);

/* Sleep through `sys`; with the real clock the wish ends it early. */
void bf_cancel_sleep(const struct bfabric_cancel *cancel, const struct bf_sys *sys, int64_t ms);

#endif
