/* Lines that only remember that somebody is here, or ask after everything was decided. */
#include "doctor_pam_trial.h"
#include <string.h>

/* Somebody whom only `by` lets in: do they get to `line`? True also where it lets nobody in. */
static bool gets_there(const struct bf_stack *stack, const struct bf_stack_line *by,
	const struct bf_stack_line *line)
{
	struct bf_trial trial = {.stack = stack,
		.type = BF_STACK_AUTH,
		.others = BF_STACK_SUCCESS,
		.ours = BF_STACK_AUTH_ERR,
		.only = by,
		.watch = line};
	bool admitted = false;

	for (trial.gates = 0; trial.gates < bf_trial_ways(stack, BF_STACK_AUTH); trial.gates++) {
		if (!bf_trial_run(&trial))
			continue;
		if (trial.reached)
			return true;
		admitted = true;
	}
	return !admitted;
}

static bool tell_passed_by(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	bool good = true;

	for (size_t i = 0; i < service->stack.count; i++) {
		const struct bf_stack_line *by = &service->stack.lines[i];

		if (by->type != BF_STACK_AUTH || !bf_trial_decides(by) ||
			gets_there(&service->stack, by, line))
			continue;
		bf_found(d, BF_FOUND_WARNING,
			"let that line skip only what denies ([success=N ...]), not end the stack",
			"%s: whoever logs in by " BF_PAM_AT " never gets to " BF_PAM_AT,
			service->name, BF_PAM_AT_ARGS(by), BF_PAM_AT_ARGS(line));
		good = false;
	}
	return good;
}

static bool stands_first(const struct bf_stack *stack, const struct bf_stack_line *line)
{
	bool before = false, behind = false;

	for (const struct bf_stack_line *one = stack->lines; one < stack->lines + stack->count;
		one++)
		if (one->type == BF_STACK_AUTH && bf_trial_decides(one))
			*(one < line ? &before : &behind) = true;
	return behind && !before;
}

/* A line that only remembers or asks must neither admit nor refuse: does all still go well? */
static bool lets_in(const struct bf_stack *stack)
{
	struct bf_trial trial = {.stack = stack,
		.type = BF_STACK_AUTH,
		.others = BF_STACK_SUCCESS,
		.ours = BF_STACK_SUCCESS};

	for (trial.gates = 0; trial.gates < bf_trial_ways(stack, BF_STACK_AUTH); trial.gates++)
		if (bf_trial_run(&trial))
			return true;
	return false;
}

/* Common to both. True: nothing to complain of yet. */
static bool look_at_harmless(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	const int ignored = line->actions[BF_STACK_IGNORE];

	if (!bf_trial_reaches(&service->stack, line))
		bf_found(d, BF_FOUND_ERROR,
			"let what authenticates skip only what denies ([success=N ...]), not end "
			"the stack (sufficient, done)",
			BF_PAM_AT ": %s never gets there when somebody logs in",
			BF_PAM_AT_ARGS(line), service->name);
	else if (ignored != BF_STACK_DO_IGNORE && ignored != BF_STACK_DO_OK)
		bf_found(d, BF_FOUND_ERROR, "make it: auth optional",
			BF_PAM_AT ": [%s] takes PAM_IGNORE, which is all that it ever says, for "
				  "%s",
			BF_PAM_AT_ARGS(line), line->control,
			bf_stack_action_name(line, BF_STACK_IGNORE));
	else if (!lets_in(&service->stack))
		bf_found(d, BF_FOUND_ERROR,
			"a line that succeeds is missing: auth required pam_permit.so in front of "
			"it",
			"%s lets nobody in, even when everything succeeds", service->name);
	else
		return true;
	return false;
}

static void look_at_mark_line(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	if (!look_at_harmless(d, service, line))
		return;
	if (stands_first(&service->stack, line))
		bf_found(d, BF_FOUND_WARNING, "move it behind what authenticates",
			BF_PAM_AT ": mark stands in front of all that authenticates",
			BF_PAM_AT_ARGS(line));
	else if (service->count[BF_PAM_ROLE_SESSION] == 0)
		bf_found(d, BF_FOUND_WARNING, "add: session optional pam_bfabric.so",
			BF_PAM_AT ": mark is for a session line, which %s does not have",
			BF_PAM_AT_ARGS(line), service->name);
	else if (tell_passed_by(d, service, line))
		bf_found(d, BF_FOUND_OK, NULL, "%s: " BF_PAM_AT, service->name,
			BF_PAM_AT_ARGS(line));
}

/* The only service that shows a code in a session, for which it wants to know of a person. */
static void look_at_mark(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)data; /* nothing to share */
	bf_pam_each_line(d, service, BF_PAM_ROLE_MARK, look_at_mark_line);
	if (strcmp(service->name, "login") == 0 && service->count[BF_PAM_ROLE_SESSION] &&
		!service->count[BF_PAM_ROLE_MARK] && !service->count[BF_PAM_ROLE_ACQUIRE] &&
		!service->count[BF_PAM_ROLE_FACTOR])
		bf_found(d, BF_FOUND_WARNING, "add: auth optional pam_bfabric.so mark",
			"login has no mark: no code is ever shown at the console");
}

void bf_pam_check_mark(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_mark, NULL);
}

static void look_at_acquire_line(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	struct bf_trial trial = {.stack = &service->stack,
		.type = BF_STACK_AUTH,
		.others = BF_STACK_AUTH_ERR,
		.ours = BF_STACK_AUTH_ERR,
		.watch = line};

	if (!look_at_harmless(d, service, line))
		return;
	for (trial.gates = 0; trial.gates < bf_trial_ways(&service->stack, BF_STACK_AUTH);
		trial.gates++) {
		if (bf_trial_run(&trial) || !trial.reached)
			continue;
		bf_found(d, BF_FOUND_ERROR,
			"put: auth requisite pam_deny.so in front of it, skipped by who succeeds",
			BF_PAM_AT
			": who gave a wrong password gets there too, and makes this machine "
			"ask the server",
			BF_PAM_AT_ARGS(line));
		return;
	}
	if (service->count[BF_PAM_ROLE_SESSION] == 0)
		bf_found(d, BF_FOUND_ERROR, "add: session optional pam_bfabric.so",
			BF_PAM_AT ": %s has no session line, which keeps what was acquired",
			BF_PAM_AT_ARGS(line), service->name);
	else if (tell_passed_by(d, service, line))
		bf_found(d, BF_FOUND_OK, NULL, "%s: " BF_PAM_AT, service->name,
			BF_PAM_AT_ARGS(line));
}

static void look_at_acquire(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)data; /* nothing to share */
	bf_pam_each_line(d, service, BF_PAM_ROLE_ACQUIRE, look_at_acquire_line);
}

void bf_pam_check_acquire(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_acquire, NULL);
}
