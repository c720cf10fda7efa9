/*
 * pam_control.h - the control of a line in a PAM stack: what becomes of each code that a module
 * returns (pam.d(5)).
 */
#ifndef BF_PAM_CONTROL_H
#define BF_PAM_CONTROL_H

#include "pam_stack.h"

/*
 * "required" and the like, or, in brackets, "success=ok default=die". False: it is not understood;
 * every code is bad then, as for libpam.
 */
BF_MUST_USE bool bf_control_parse(const char *text, bool brackets, int ret_actions[BF_STACK_CODES]);

void bf_control_all(int actions[BF_STACK_CODES], int action);

#endif
