/*
 * pam_token_scene.h - one token a round on its way to its user, while calls fail, and the question
 * what became of it: it is stored once; or given back; or, only where that itself is what failed,
 * the log says that it may stay valid.
 *
 * The stand-in for bfabric-pam-login shows a code, and hands STASH_TOKEN over; the one for
 * bfabric-full stores whatever comes. They write down what they are asked.
 *
 * Include after pam_scene.h.
 */
#ifndef TESTS_PAM_TOKEN_SCENE_H
#define TESTS_PAM_TOKEN_SCENE_H

#include <stdbool.h>

/* What may fail. A close that fails has closed, and nobody could do anything about it. */
#define TOKEN_FAULTS ((FAULT_MEMORY | FAULT_SYSTEM) & ~FAULT_BIT(FAULT_CLOSE))

int token_setup(void **state); /* stash_setup, with these children and a person */

void token_forget(void); /* the round before: what was asked, handed over, and said */

/* Did the child hand it over? While out/hold exists it does not. */
bool token_handed(void);
bool token_approved(void); /* that, and somebody had seen the code before */
int token_revoked(void);   /* how often it was given back */

void token_make_old(const char *path); /* a file of the stash: nobody came for it */

/*
 * The children have ended, and what lies in the stash is as old as it has to be to be given back:
 * it is. Returns how many files lay there.
 */
int token_end(void);

/* What became of the token of this round is one of the above. */
void token_judge(bool handed);

/* Let each of TOKEN_FAULTS fail alone, and then from there on. `least`: fewer are not all. */
void token_try_all(bool (*round)(void), unsigned least);

#define unit_with_token(f) cmocka_unit_test_setup_teardown(f, token_setup, scene_teardown)

#endif
