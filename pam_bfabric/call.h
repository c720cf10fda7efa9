/*
 * call.h - one call of the module: whose it is, what it may say, and to whom.
 *
 * Decided first, from what costs nothing and cannot be influenced: uid 0, system accounts (uid
 * below 1000, compiled in), a caller that is not root, and services that no person sits before are
 * none of ours. Nothing else is opened for them, so that no mistake in a file of ours can lock root
 * out.
 *
 * What is logged goes through pam_syslog(3) as printable ASCII; text of foreign origin is quoted
 * and cut. What is shown is one PAM_TEXT_INFO a message. Neither ever contains a token.
 */
#ifndef PAM_BFABRIC_CALL_H
#define PAM_BFABRIC_CALL_H

#include <security/pam_modules.h>
#include <sys/types.h>
#include "pam_conf.h"

struct bf_pam_call {
	pam_handle_t *pamh;
	int flags;
	struct bf_pam_arguments arguments;
};

/* From the password database; strings are owned. */
struct bf_pam_user {
	char *name, *home;
	uid_t uid;
	gid_t gid;
};

#define BF_AUTO_PAM_USER BF_CLEANUP(bf_pam_user_release)
void bf_pam_user_release(struct bf_pam_user *user);

/*
 * Take the arguments of the line in the stack. Unknown ones are logged. False: one has a wrong
 * value, which was logged.
 */
BF_MUST_USE bool bf_pam_begin(
	struct bf_pam_call *call, pam_handle_t *pamh, int flags, int argc, const char *const *argv);

/*
 * Is this call ours? PAM_SUCCESS with *ret_user; PAM_IGNORE: it is not; PAM_USER_UNKNOWN: the
 * password database has no such user; PAM_BUF_ERR, PAM_SYSTEM_ERR. `ask`: the application may ask
 * for the name, if it is not known yet (PAM_CONV_ERR and the like); else that is PAM_IGNORE.
 */
BF_MUST_USE int bf_pam_gate(const struct bf_pam_call *call, bool ask, struct bf_pam_user *ret_user);

/*
 * The configuration, with the arguments on top. PAM_IGNORE: it leaves this service or user alone;
 * PAM_SERVICE_ERR: it cannot be used, which was logged; PAM_BUF_ERR.
 */
BF_MUST_USE int bf_pam_configured(const struct bf_pam_call *call, const struct bf_pam_user *user,
	struct bf_pam_conf *ret_conf);

/* One entry of the password database: PAM_SUCCESS, PAM_USER_UNKNOWN, PAM_BUF_ERR, PAM_SYSTEM_ERR.
 */
BF_MUST_USE int bf_pam_look_up(const char *name, struct bf_pam_user *ret);

/* An item that is a string, "" when there is none. Borrowed. */
const char *bf_pam_item(const struct bf_pam_call *call, int item);

/* Text of foreign origin for a log line: quoted, printable ASCII, at most 64 bytes of it. */
#define BF_PAM_QUOTED 72
const char *bf_pam_quote(char dst[BF_PAM_QUOTED], const char *text);
const char *bf_pam_clean(char dst[BF_PAM_QUOTED], const char *text); /* without the quotes */
/* The same for a reason that a child of ours gives: whole, for its end is what says why. */
#define BF_PAM_REASON 264
const char *bf_pam_quote_reason(char dst[BF_PAM_REASON], const char *text);

void bf_pam_log(const struct bf_pam_call *call, int priority, const char *fmt, ...) BF_PRINTF(3, 4);
/* Only with the argument `debug`. */
void bf_pam_debug(const struct bf_pam_call *call, const char *fmt, ...) BF_PRINTF(2, 3);

/* Is there a conversation, and may it be used? */
BF_MUST_USE bool bf_pam_can_talk(const struct bf_pam_call *call);

/*
 * Show one message. False: nobody can be told (PAM_SILENT, no conversation, it failed, no memory).
 */
bool bf_pam_tell(const struct bf_pam_call *call, const char *fmt, ...) BF_PRINTF(2, 3);

/* The same for rows of a picture (bf_line_is_row(), each with a LF), and for nothing else. */
bool bf_pam_tell_picture(const struct bf_pam_call *call, const char *rows);

/*
 * The same for a text as it is, which may have lines, in any style; what is not printable ASCII
 * becomes a question mark. *ret_reply (may be NULL): what was answered, owned, to be erased; NULL
 * where nothing was.
 */
bool bf_pam_say(const struct bf_pam_call *call, int style, const char *text, char **ret_reply);

#endif
