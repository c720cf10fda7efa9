/*
 * pam_fault_scene.h - the n-th call of the module fails, for all n, in the scene of pam_scene.h.
 *
 * pam_bfabric_faults.so has a copy of fault.c of its own: what it fails are the module's calls, not
 * the test's, and not those of the children that it starts.
 *
 *	static bool round(void)
 *	{
 *		bool failed;
 *
 *		scene_start("login", scene_user());
 *		pam_fault_arm();
 *		assert_int_equal(pam_open_session(scene.pamh, 0), PAM_SUCCESS);
 *		failed = pam_fault_end();
 *		scene_end();
 *		return failed;
 *	}
 *	...
 *	assert_in_range(pam_fault_each(FAULT_MEMORY, ENOMEM, round), 20, 200);
 *
 * Include after unit.h.
 */
#ifndef TESTS_PAM_FAULT_SCENE_H
#define TESTS_PAM_FAULT_SCENE_H

#include <stdbool.h>

int pam_fault_load(void **state); /* of the group: BF_PAM_MODULE is that module */

void pam_fault_arm(void); /* as this round has it */
bool pam_fault_end(void); /* did a call fail since? */

unsigned pam_fault_round(void);   /* its number */
const char *pam_fault_name(void); /* the call that failed last; "": none */
bool pam_fault_stays(void);       /* FAULT_STAYS: and so did all that followed */

/* How far rounds lie apart: with TEST_SCALE below 1, what lasts (FAULT_STAYS) skips some. */
unsigned pam_fault_step(unsigned kinds);

/*
 * Until a round says that nothing failed in it. Returns about how many calls there are to fail;
 * an endless test fails.
 */
unsigned pam_fault_each(unsigned kinds, int error, bool (*round)(void));

/*
 * The same for one call: a new handle each time, and nothing that stays behind. `judge` is told the
 * result; the log is there.
 */
unsigned pam_fault_calls(
	const char *service, unsigned kinds, int error, int (*call)(void), void (*judge)(int rc));

#endif
