/*
 * doctor_pam_trial.h - what would happen: a stack tried out with right and wrong passwords, with
 * B-Fabric up and down.
 *
 * Modules are of a few kinds: ours; those that always deny or permit; those that only prepare
 * something; gates, which look at the user or the service and may answer either way, so that both
 * ways are tried; and all others, which authenticate and answer as the trial says.
 */
#ifndef BF_DOCTOR_PAM_TRIAL_H
#define BF_DOCTOR_PAM_TRIAL_H

#include "doctor_pam.h"

/* More gates than that answer no; each doubles the work. */
#define BF_TRIAL_GATES 6

struct bf_trial {
	const struct bf_stack *stack;
	enum bf_stack_type type;
	int others;                       /* what modules that decide return */
	int ours;                         /* what our factor, account or session line returns */
	unsigned gates;                   /* bit n: the n-th gate says yes */
	const struct bf_stack_line *only; /* not NULL: all that decide but this one fail */
	const struct bf_stack_line *watch;
	bool reached; /* `watch` was */
};

/* Does it end with success? */
bool bf_trial_run(struct bf_trial *trial);

/* The ways in which the gates of this type can stand: a number of bits' worth. */
unsigned bf_trial_ways(const struct bf_stack *stack, enum bf_stack_type type);

/* Does this line decide whether somebody is who they say, as far as we know? Ours do not count. */
bool bf_trial_decides(const struct bf_stack_line *line);

/* Does anybody who logs in get to this line, by whatever, and however the gates stand? */
bool bf_trial_reaches(const struct bf_stack *stack, const struct bf_stack_line *line);

#endif
