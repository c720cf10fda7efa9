#include "doctor_pam_trial.h"
#include <string.h>

/* What a module is to us; those that are in no list decide. */
static const struct {
	const char *name;
	int returns;
} known[] = {
	{"pam_deny", BF_STACK_AUTH_ERR},
	{"pam_permit", BF_STACK_SUCCESS},
	{"pam_faildelay", BF_STACK_SUCCESS},
	{"pam_securetty", BF_STACK_SUCCESS},
	{"pam_shells", BF_STACK_SUCCESS},
	{"pam_cap", BF_STACK_IGNORE},
	{"pam_echo", BF_STACK_IGNORE},
	{"pam_env", BF_STACK_IGNORE},
	{"pam_gnome_keyring", BF_STACK_IGNORE},
	{"pam_group", BF_STACK_IGNORE},
	{"pam_issue", BF_STACK_IGNORE},
	{"pam_keyinit", BF_STACK_IGNORE},
	{"pam_kwallet", BF_STACK_IGNORE},
	{"pam_kwallet5", BF_STACK_IGNORE},
	{"pam_nologin", BF_STACK_IGNORE},
	{"pam_sepermit", BF_STACK_IGNORE},
	{"pam_warn", BF_STACK_IGNORE},
};

static const char *const gates[] = {"pam_access", "pam_exec", "pam_listfile", "pam_localuser",
	"pam_rootok", "pam_selinux_permit", "pam_succeed_if", "pam_time", "pam_usertype",
	"pam_wheel"};

static bool is_gate(const struct bf_stack_line *line)
{
	for (size_t i = 0; i < sizeof(gates) / sizeof(gates[0]); i++)
		if (bf_stack_is_module(line, gates[i]))
			return true;
	return false;
}

/* Which of the gates of this type it is. */
static unsigned gate_number(const struct bf_trial *trial, const struct bf_stack_line *line)
{
	unsigned number = 0;

	for (const struct bf_stack_line *one = trial->stack->lines; one < line; one++)
		number += one->type == trial->type && is_gate(one);
	return number;
}

/* Counts failures, and answers by what stands behind its name. */
static int faillock(const struct bf_stack_line *line)
{
	return bf_stack_has_argument(line, "authfail") ? BF_STACK_AUTH_ERR : BF_STACK_IGNORE;
}

static bool is_known(const struct bf_stack_line *line, int *ret)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (bf_stack_is_module(line, known[i].name)) {
			*ret = known[i].returns;
			return true;
		}
	return false;
}

bool bf_trial_decides(const struct bf_stack_line *line)
{
	int unused = 0;

	return !line->fails && !line->substack && bf_pam_role_of(line) == BF_PAM_ROLE_NONE &&
	       !is_gate(line) && !is_known(line, &unused) &&
	       !bf_stack_is_module(line, "pam_faillock");
}

static int answer(void *data, const struct bf_stack_line *line)
{
	struct bf_trial *trial = data;
	int code = BF_STACK_IGNORE;

	if (line == trial->watch)
		trial->reached = true;
	switch (bf_pam_role_of(line)) {
	case BF_PAM_ROLE_MARK:
	case BF_PAM_ROLE_ACQUIRE:
	case BF_PAM_ROLE_PASSWORD:
		return BF_STACK_IGNORE;
	case BF_PAM_ROLE_FACTOR:
	case BF_PAM_ROLE_ACCOUNT:
	case BF_PAM_ROLE_SESSION:
		return trial->ours;
	case BF_PAM_ROLE_NONE:
		break;
	}
	if (bf_stack_is_module(line, "pam_faillock"))
		return faillock(line);
	if (is_known(line, &code))
		return code;
	if (is_gate(line)) {
		unsigned number = gate_number(trial, line);

		return number < BF_TRIAL_GATES && (trial->gates >> number & 1) ? BF_STACK_SUCCESS
									       : BF_STACK_AUTH_ERR;
	}
	return trial->only && trial->only != line ? BF_STACK_AUTH_ERR : trial->others;
}

bool bf_trial_run(struct bf_trial *trial)
{
	trial->reached = false;
	return bf_stack_run(trial->stack, trial->type, answer, trial) == BF_STACK_SUCCESS;
}

unsigned bf_trial_ways(const struct bf_stack *stack, enum bf_stack_type type)
{
	unsigned count = 0;

	for (size_t i = 0; i < stack->count; i++)
		count += stack->lines[i].type == type && is_gate(&stack->lines[i]);
	return 1u << (count < BF_TRIAL_GATES ? count : BF_TRIAL_GATES);
}

static bool reaches_by(struct bf_trial *trial, const struct bf_stack_line *only)
{
	trial->only = only;
	for (trial->gates = 0; trial->gates < bf_trial_ways(trial->stack, trial->type);
		trial->gates++) {
		(void)bf_trial_run(trial); /* however it ends */
		if (trial->reached)
			return true;
	}
	return false;
}

bool bf_trial_reaches(const struct bf_stack *stack, const struct bf_stack_line *line)
{
	struct bf_trial trial = {.stack = stack,
		.type = line->type,
		.others = BF_STACK_SUCCESS,
		.ours = BF_STACK_SUCCESS,
		.watch = line};

	if (reaches_by(&trial, NULL))
		return true;
	for (const struct bf_stack_line *by = stack->lines; by < stack->lines + stack->count; by++)
		if (line->type == BF_STACK_AUTH && by->type == BF_STACK_AUTH &&
			bf_trial_decides(by) && reaches_by(&trial, by))
			return true;
	return false;
}
