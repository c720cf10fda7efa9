/*
 * pam_state.h - what a call of the module must not change, as assertions of a test in a scene.
 */
#ifndef TESTS_PAM_STATE_H
#define TESTS_PAM_STATE_H

#include "process_state.h"

/*
 * The state is the one of before. A child that said its last word may need a moment to end on a
 * busy machine: it is waited for as the module does, at the end of a session (scene.pamh).
 */
void assert_state_is(const struct process_state *before, const char *call);

/* The same for what is left when the handle is gone; leftovers() of before. */
void assert_nothing_stays(struct leftovers before);

#endif
