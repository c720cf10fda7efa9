#include "unit.h"
#include "pam_scene.h"
#include "pam_state.h"

#include <sys/wait.h>
#include <unistd.h>

#define TRIES   250
#define STEP_US 20000

void assert_state_is(const struct process_state *before, const char *call)
{
	static struct process_state after;
	const char *differs = "children";

	for (int i = 0; i < TRIES && differs && strcmp(differs, "children") == 0; i++) {
		if (i > 0) {
			usleep(STEP_US);
			assert_int_equal(pam_close_session(scene.pamh, 0), PAM_SUCCESS);
		}
		process_state(&after);
		differs = process_state_difference(before, &after);
	}
	if (differs)
		fail_msg("%s changed: %s", call, differs);
}

void assert_nothing_stays(struct leftovers before)
{
	for (int i = 0; i < TRIES && leftovers().children > before.children; i++) {
		if (waitpid(-1, NULL, WNOHANG) <= 0)
			usleep(STEP_US);
	}
	assert_nothing_left(before);
}
