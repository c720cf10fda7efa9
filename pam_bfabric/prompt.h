/*
 * prompt.h - what a person is asked and shown for a device login; the answers are erased.
 *
 * A prompt is one PAM_PROMPT_ECHO_ON. With ECHO_OFF, sshd's method `password` would answer by
 * itself and a login would wait for somebody who never saw its code; with ECHO_ON it fails at once.
 */
#ifndef PAM_BFABRIC_PROMPT_H
#define PAM_BFABRIC_PROMPT_H

#include "flow.h"

enum bf_pam_answer {
	BF_PAM_ANSWERED, /* a line; an empty one, too */
	BF_PAM_ABSENT,   /* success without a line: lightdm after its greeter, su at its end of file
			  */
	BF_PAM_UNASKABLE, /* PAM_SILENT, no conversation, it failed, no memory */
};

/* Ask. *ret_no (may be NULL): the line begins with n. `text` as for bf_pam_say(). */
BF_MUST_USE enum bf_pam_answer bf_pam_ask(
	const struct bf_pam_call *call, const char *text, bool *ret_no);

/* What a code is shown with; both strings are printable ASCII without blanks. */
struct bf_pam_code {
	const char *user_code, *uri;
	int64_t seconds;
	const char *picture; /* rows for bf_pam_tell_picture(), or "" */
};

/*
 * Show the code as flow->show says; BF_PAM_SHOW_ENTER returns when somebody answered. False: nobody
 * saw it, or nobody is there.
 */
BF_MUST_USE bool bf_pam_show_code(const struct bf_pam_flow *flow, const struct bf_pam_code *code);

/* Enter came too early. False as above. */
BF_MUST_USE bool bf_pam_show_again(const struct bf_pam_flow *flow);

#endif
