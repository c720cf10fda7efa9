#include "pam_control.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define UNDECIDED (-100)
#define JUMP_MAX  1000000

/* By their numbers in Linux-PAM. */
static const char *const codes[BF_STACK_CODES + 1] = {"success", "open_err", "symbol_err",
	"service_err", "system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient",
	"authinfo_unavail", "user_unknown", "maxtries", "new_authtok_reqd", "acct_expired",
	"session_err", "cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err",
	"authtok_err", "authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging",
	"try_again", "ignore", "abort", "authtok_expired", "module_unknown", "bad_item",
	"conv_again", "incomplete", "default"};

/* By their numbers, without sign. */
static const char *const actions_by_name[] = {"ignore", "ok", "done", "bad", "die", "reset"};

/* The four words, as pam.d(5) spells them out. */
static const struct {
	const char *word, *means;
} words[] = {
	{"required", "success=ok new_authtok_reqd=ok ignore=ignore default=bad"},
	{"requisite", "success=ok new_authtok_reqd=ok ignore=ignore default=die"},
	{"sufficient", "success=done new_authtok_reqd=done default=ignore"},
	{"optional", "success=ok new_authtok_reqd=ok default=ignore"},
};

void bf_control_all(int actions[BF_STACK_CODES], int action)
{
	for (int i = 0; i < BF_STACK_CODES; i++)
		actions[i] = action;
}

static void settle(int actions[BF_STACK_CODES], int action)
{
	for (int i = 0; i < BF_STACK_CODES; i++)
		if (actions[i] == UNDECIDED)
			actions[i] = action;
}

static void skip_blanks(const char **at)
{
	while (isspace((unsigned char)**at))
		(*at)++;
}

/* The first name that stands at *at: none of those of a table begins another. */
static bool take_name(const char **at, const char *const names[], int count, int *ret)
{
	for (int i = 0; i < count; i++) {
		size_t len = strlen(names[i]);

		if (strncmp(*at, names[i], len) == 0) {
			*at += len;
			*ret = i;
			return true;
		}
	}
	return false;
}

static bool take_number(const char **at, int *ret)
{
	int number = 0;

	if (!isdigit((unsigned char)**at))
		return false;
	for (; isdigit((unsigned char)**at); (*at)++)
		if (number < JUMP_MAX)
			number = number * 10 + (**at - '0');
	*ret = number;
	return number > 0; /* libpam jumps over one line at least */
}

static bool take_pair(const char **at, int actions[BF_STACK_CODES])
{
	const int known = sizeof(actions_by_name) / sizeof(actions_by_name[0]);
	int code = 0, action = 0;

	if (!take_name(at, codes, BF_STACK_CODES + 1, &code))
		return false;
	skip_blanks(at);
	if (*(*at)++ != '=')
		return false;
	skip_blanks(at);
	if (take_name(at, actions_by_name, known, &action))
		action = -action;
	else if (!take_number(at, &action))
		return false;
	if (code == BF_STACK_CODES)
		settle(actions, action);
	else
		actions[code] = action;
	return true;
}

static bool take_pairs(const char *text, int ret_actions[BF_STACK_CODES])
{
	bf_control_all(ret_actions, UNDECIDED);
	for (skip_blanks(&text); *text; skip_blanks(&text))
		if (!take_pair(&text, ret_actions))
			return false;
	settle(ret_actions, BF_STACK_DO_BAD);
	return true;
}

bool bf_control_parse(const char *text, bool brackets, int ret_actions[BF_STACK_CODES])
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !brackets; i++)
		if (strcasecmp(words[i].word, text) == 0)
			text = words[i].means;
	if (take_pairs(text, ret_actions))
		return true;
	bf_control_all(ret_actions, BF_STACK_DO_BAD);
	return false;
}

const char *bf_stack_action_name(const struct bf_stack_line *line, enum bf_stack_code code)
{
	int action = line->actions[code];

	return action > 0 ? "a jump" : actions_by_name[-action];
}
