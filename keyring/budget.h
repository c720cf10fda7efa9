/*
 * budget.h - the time that this program may take, whatever hangs.
 *
 * A bus that accepts and says nothing, a service that is stopped, a library that waits for ever:
 * one alarm (setitimer(2)) ends them all. Its handler writes `status=timeout` with what was being
 * waited for, and ends the process. So nothing else needs a time limit of its own.
 *
 * Global state: a signal handler has no other.
 */
#ifndef BF_BUDGET_H
#define BF_BUDGET_H

#include "libbfabric/base/error.h"

#define BF_BUDGET_MS        1800  /* callers give up after 2 s */
#define BF_BUDGET_UNLOCK_MS 60000 /* a person types a password */
#define BF_BUDGET_MAX_MS    600000

/* Before anything that may wait; `ms` counts from the start of the process's work. */
void bf_budget_start(unsigned ms);
/* Another sum, from the same start. */
void bf_budget_change(unsigned ms);
/* git asked: tell it on stderr, nothing on stdout. */
void bf_budget_for_git(void);

/* What is waited for from now on: a sentence that says what hangs; kept, so a literal. */
void bf_budget_waits_for(const char *sentence);

/* Milliseconds that are left; 0 when none are. */
unsigned bf_budget_left(void);
/* Milliseconds since bf_budget_start. */
double bf_budget_spent(void);

/* From here on the alarm says nothing any more; it still ends a write that nobody reads. */
void bf_budget_claim_answer(void);

#endif
