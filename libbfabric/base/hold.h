/*
 * hold.h - what a person or a closing terminal sends waits while a reply is under way that holds
 * the only copy of something: from the first byte of the request until that is saved.
 */
#ifndef BF_HOLD_H
#define BF_HOLD_H

#include <signal.h>

/* Hold back INT, TERM, HUP and PIPE in this thread; *ret_before is for pthread_sigmask(3). */
void bf_hold_signals(sigset_t *ret_before);

#endif
