#include "prompt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TEXT_MAX 4096 /* a line of a child has a quarter of it, everything else is short */

/* ---- asking ---------------------------------------------------------------------------------- */

enum bf_pam_answer bf_pam_ask(const struct bf_pam_call *call, const char *text, bool *ret_no)
{
	char *reply = NULL;

	if (!bf_pam_say(call, PAM_PROMPT_ECHO_ON, text, &reply))
		return BF_PAM_UNASKABLE;
	if (!reply)
		return BF_PAM_ABSENT;
	if (ret_no)
		*ret_no = *reply == 'n' || *reply == 'N';
	bf_free_secret_string(reply);
	return BF_PAM_ANSWERED;
}

/* ---- the code -------------------------------------------------------------------------------- */

/* Who logs in where: "alice on lab7 (sshd)", with ", asked for from 192.0.2.7" where that is known.
 * Where it is said is no defence against somebody who sends their code to another person. */
static void describe(
	const struct bf_pam_call *call, const struct bf_pam_user *user, char *dst, size_t size)
{
	char name[4][BF_PAM_QUOTED];
	char machine[256] = "";
	const char *remote = bf_pam_item(call, PAM_RHOST);

	if (gethostname(machine, sizeof(machine) - 1) != 0 || !*machine)
		snprintf(machine, sizeof(machine), "this machine");
	snprintf(dst, size, "%s on %s (%s)%s%s", bf_pam_clean(name[0], user->name),
		bf_pam_clean(name[1], machine),
		bf_pam_clean(name[2], bf_pam_item(call, PAM_SERVICE)),
		*remote ? ", asked for from " : "", bf_pam_clean(name[3], remote));
}

/* It helps, and nothing depends on it. */
static void show_picture(const struct bf_pam_call *call, const struct bf_pam_code *code)
{
	if (*code->picture && !bf_pam_tell_picture(call, code->picture))
		bf_pam_debug(call, "the QR code could not be shown");
}

/* The address and the code stand in messages of their own, so that they can be copied. */
static bool show_info(
	const struct bf_pam_flow *flow, const struct bf_pam_code *code, const char *who)
{
	const struct bf_pam_call *call = flow->call;
	const long long seconds = code->seconds;

	if (!bf_pam_tell(call,
		    "B-Fabric login for %s: open this page on any device, for instance a phone,",
		    who) ||
		!bf_pam_tell(call, "  %s", code->uri) ||
		!bf_pam_tell(call, "and enter this code: %s", code->user_code))
		return false;
	show_picture(call, code);
	if (flow->for_session)
		return bf_pam_tell(call,
			"Waiting for at most %lld seconds; the session opens in any case.",
			seconds);
	return bf_pam_tell(call,
		"Waiting for at most %lld seconds. Approve only a login that you began yourself.",
		seconds);
}

/* sshd holds text back until it asks: so all of it is in the question. */
static bool show_enter(
	const struct bf_pam_flow *flow, const struct bf_pam_code *code, const char *who)
{
	char text[TEXT_MAX];
	int n = snprintf(text, sizeof(text),
		"B-Fabric login for %s: open this page on any device, for instance a phone,\n"
		"  %s\n"
		"and enter this code: %s\n"
		"Approve only a login that you began yourself; there are %lld seconds for it.\n"
		"Then press Enter here: ",
		who, code->uri, code->user_code, (long long)code->seconds);
	bool shown = n > 0 && (size_t)n < sizeof(text);

	if (shown)
		show_picture(flow->call, code); /* nothing could be shown behind a question */
	shown = shown && bf_pam_ask(flow->call, text, /* ret_no= */ NULL) == BF_PAM_ANSWERED;

	explicit_bzero(text, sizeof(text));
	return shown;
}

bool bf_pam_show_code(const struct bf_pam_flow *flow, const struct bf_pam_code *code)
{
	char who[4 * BF_PAM_QUOTED + 64];

	describe(flow->call, flow->user, who, sizeof(who));
	switch (flow->show) {
	case BF_PAM_SHOW_INFO:
		return show_info(flow, code, who);
	case BF_PAM_SHOW_ENTER:
		return show_enter(flow, code, who);
	}
	return false;
}

bool bf_pam_show_again(const struct bf_pam_flow *flow)
{
	return bf_pam_ask(flow->call,
		       "B-Fabric has not seen an approval yet. Press Enter when you have approved, "
		       "or "
		       "to go on without: ",
		       /* ret_no= */ NULL) == BF_PAM_ANSWERED;
}
