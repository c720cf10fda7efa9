#include "call.h"

#include <errno.h>
#include <pwd.h>
#include <security/pam_ext.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <syslog.h>
#include <unistd.h>
#include "../libbfabric/base/concat.h"
#include "../libbfabric/base/secret.h"
#include "line.h"

#define UID_FIRST  1000              /* below are system accounts, whatever a file says */
#define PASSWD_MAX ((size_t)1 << 20) /* a directory service may deliver a long entry */
#define LOG_MAX    512
#define TELL_MAX   1024

/* ---- saying ---------------------------------------------------------------------------------- */

/* bf_show lets printable UTF-8 through; a log and a console of unknown locale get ASCII. */
static void make_ascii(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

static const char *clean(char *dst, size_t most, const char *text)
{
	bf_show(dst, most + 1, text, strnlen(text, 256));
	make_ascii(dst);
	for (char *at = dst; (at = strchr(at, '"'));)
		*at = '\'';
	return dst;
}

const char *bf_pam_clean(char dst[BF_PAM_QUOTED], const char *text)
{
	return clean(dst, 64, text);
}

const char *bf_pam_quote(char dst[BF_PAM_QUOTED], const char *text)
{
	char shown[BF_PAM_QUOTED - 3]; /* room for the quotes */

	snprintf(dst, BF_PAM_QUOTED, "\"%s\"", clean(shown, 64, text));
	return dst;
}

const char *bf_pam_quote_reason(char dst[BF_PAM_REASON], const char *text)
{
	char shown[BF_PAM_REASON - 3];

	snprintf(dst, BF_PAM_REASON, "\"%s\"", clean(shown, BF_PAM_REASON - 8, text));
	return dst;
}

static void put_log(const struct bf_pam_call *call, int priority, const char *fmt, va_list ap)
	BF_PRINTF(3, 0);
static void put_log(const struct bf_pam_call *call, int priority, const char *fmt, va_list ap)
{
	char text[LOG_MAX];

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	make_ascii(text);
	if (!call->pamh) {
		fprintf(stderr, "%s\n", text); /* bfabric-pam-sweep */
		return;
	}
	pam_syslog(call->pamh, priority, "%s", text);
}

void bf_pam_log(const struct bf_pam_call *call, int priority, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_log(call, priority, fmt, ap);
	va_end(ap);
}

void bf_pam_debug(const struct bf_pam_call *call, const char *fmt, ...)
{
	va_list ap;

	if (!call->arguments.debug)
		return;
	va_start(ap, fmt);
	put_log(call, LOG_DEBUG, fmt, ap);
	va_end(ap);
}

static const struct pam_conv *conversation(const struct bf_pam_call *call)
{
	const struct pam_conv *conv = NULL;
	const void *item = NULL;

	if (call->flags & PAM_SILENT)
		return NULL;
	if (pam_get_item(call->pamh, PAM_CONV, &item) != PAM_SUCCESS || !item)
		return NULL;
	conv = item;
	return conv->conv ? conv : NULL;
}

bool bf_pam_can_talk(const struct bf_pam_call *call)
{
	return conversation(call);
}

static bool converse(const struct bf_pam_call *call, int style, const char *text, char **ret_reply)
{
	const struct pam_message message = {.msg_style = style, .msg = text};
	const struct pam_message *messages = &message;
	const struct pam_conv *conv = conversation(call);
	struct pam_response *response = NULL;
	char *reply = NULL;
	int rc;

	if (!conv)
		return false;
	rc = conv->conv(1, &messages, &response, conv->appdata_ptr);
	/* Some answer even what was no question, or what they call a failure. */
	if (response)
		reply = response->resp;
	free(response);
	if (rc != PAM_SUCCESS || !ret_reply) {
		bf_free_secret_string(reply);
		reply = NULL;
	}
	if (ret_reply)
		*ret_reply = reply;
	return rc == PAM_SUCCESS;
}

bool bf_pam_say(const struct bf_pam_call *call, int style, const char *text, char **ret_reply)
{
	char *copy = strdup(text);
	bool said = false;

	if (ret_reply)
		*ret_reply = NULL;
	if (!copy)
		return false;
	for (char *line = copy; line;) {
		char *lf = strchr(line, '\n');

		if (lf)
			*lf = '\0';
		make_ascii(line);
		if (lf)
			*lf++ = '\n';
		line = lf;
	}
	said = converse(call, style, copy, ret_reply);
	bf_free_secret_string(copy);
	return said;
}

bool bf_pam_tell_picture(const struct bf_pam_call *call, const char *rows)
{
	char row[3 * BF_LINE_COLUMNS_MAX + 1];

	for (const char *at = rows; *at;) {
		const size_t n = strcspn(at, "\n");

		if (n >= sizeof(row) || at[n] != '\n')
			return false;
		memcpy(row, at, n);
		row[n] = '\0';
		if (!bf_line_is_row(row))
			return false;
		at += n + 1;
	}
	return converse(call, PAM_TEXT_INFO, rows, /* ret_reply= */ NULL);
}

bool bf_pam_tell(const struct bf_pam_call *call, const char *fmt, ...)
{
	char text[TELL_MAX] = "";
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (n < 0)
		return false;
	make_ascii(text);
	return converse(call, PAM_TEXT_INFO, text, /* ret_reply= */ NULL);
}

const char *bf_pam_item(const struct bf_pam_call *call, int item)
{
	const void *found = NULL;

	/* It may say success, and have none. */
	if (pam_get_item(call->pamh, item, &found) != PAM_SUCCESS || !found)
		return "";
	return found;
}

/* ---- arguments ------------------------------------------------------------------------------- */

static void note_unknown(void *data, unsigned line, const char *name)
{
	const struct bf_pam_call *call = data;
	char quoted[BF_PAM_QUOTED];

	if (line)
		bf_pam_log(call, LOG_WARNING, "line %u of the configuration: unknown key %s", line,
			bf_pam_quote(quoted, name));
	else
		bf_pam_log(call, LOG_WARNING, "unknown module argument %s",
			bf_pam_quote(quoted, name));
}

bool bf_pam_begin(
	struct bf_pam_call *call, pam_handle_t *pamh, int flags, int argc, const char *const *argv)
{
	struct bfabric_error err = {0};

	*call = (struct bf_pam_call){.pamh = pamh, .flags = flags};
	if (bf_pam_arguments(argc, argv, note_unknown, call, &call->arguments, &err) == BFABRIC_OK)
		return true;
	bf_pam_log(call, LOG_ERR, "%s", err.text);
	return false;
}

/* ---- whose call it is ------------------------------------------------------------------------ */

void bf_pam_user_release(struct bf_pam_user *user)
{
	free(user->name);
	free(user->home);
	*user = (struct bf_pam_user){0};
}

/*
 * A locker runs as the user and can neither become another one nor be trusted with root's business.
 * `unprivileged` is for a program that somebody runs on stacks of their own, as tests do; a program
 * that got its rights by exec (setuid, setgid) is never that.
 */
static bool may_act(const struct bf_pam_call *call)
{
	return geteuid() == 0 || (call->arguments.unprivileged && !getauxval(AT_SECURE));
}

static int copy_user(const struct passwd *entry, struct bf_pam_user *ret)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {.uid = entry->pw_uid, .gid = entry->pw_gid};
	const bool has_home = entry->pw_dir && entry->pw_dir[0] == '/';

	if (!bf_copy_string(&user.name, entry->pw_name) ||
		!bf_copy_string(&user.home, has_home ? entry->pw_dir : "/"))
		return PAM_BUF_ERR;
	*ret = user;
	user = (struct bf_pam_user){0};
	return PAM_SUCCESS;
}

int bf_pam_look_up(const char *name, struct bf_pam_user *ret)
{
	for (size_t size = 1024; size <= PASSWD_MAX; size *= 4) {
		BF_AUTO_FREE char *buf = malloc(size);
		struct passwd entry = {0};
		struct passwd *found = NULL;
		int why;

		if (!buf)
			return PAM_BUF_ERR;
		do
			why = getpwnam_r(name, &entry, buf, size, &found);
		while (why == EINTR);
		if (why == ERANGE)
			continue;
		if (found)
			return copy_user(found, ret);
		return why == 0 || why == ENOENT || why == ESRCH ? PAM_USER_UNKNOWN
								 : PAM_SYSTEM_ERR;
	}
	return PAM_SYSTEM_ERR;
}

int bf_pam_gate(const struct bf_pam_call *call, bool ask, struct bf_pam_user *ret_user)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	const char *name = NULL;
	int rc = PAM_SYSTEM_ERR;

	if (!may_act(call) || bf_pam_is_never_served(bf_pam_item(call, PAM_SERVICE)))
		return PAM_IGNORE;
	name = bf_pam_item(call, PAM_USER);
	if (!*name && !ask)
		return PAM_IGNORE;
	if (!*name && (rc = pam_get_user(call->pamh, &name, NULL)) != PAM_SUCCESS)
		return rc;
	if (!name || !*name)
		return PAM_USER_UNKNOWN;
	rc = bf_pam_look_up(name, &user);
	if (rc != PAM_SUCCESS)
		return rc;
	if (user.uid < UID_FIRST || (geteuid() != 0 && user.uid != geteuid()))
		return PAM_IGNORE;
	*ret_user = user;
	user = (struct bf_pam_user){0};
	return PAM_SUCCESS;
}

static int fail_config(const struct bf_pam_call *call, const struct bfabric_error *err)
{
	bf_pam_log(call, LOG_ERR, "%s", err->text);
	return err->status == BFABRIC_NO_MEMORY ? PAM_BUF_ERR : PAM_SERVICE_ERR;
}

int bf_pam_configured(const struct bf_pam_call *call, const struct bf_pam_user *user,
	struct bf_pam_conf *ret_conf)
{
	const char *path = call->arguments.config ? call->arguments.config : BF_PAM_CONF_PATH;
	const char *service = bf_pam_item(call, PAM_SERVICE);
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct bf_pam_call borrowed = *call; /* a note writes nothing into it */
	struct bfabric_error err = {0};

	if (bf_pam_conf_load(path, note_unknown, &borrowed, &conf, &err) != BFABRIC_OK ||
		bf_pam_conf_override(&conf, &call->arguments, &err) != BFABRIC_OK)
		return fail_config(call, &err);
	if (!bf_pam_list_has(conf.services ? conf.services : BF_PAM_SERVICES, service)) {
		bf_pam_debug(call, "this service is not in the list");
		return PAM_IGNORE;
	}
	if (user->uid < conf.min_uid)
		return PAM_IGNORE;
	*ret_conf = conf;
	conf = (struct bf_pam_conf){0};
	return PAM_SUCCESS;
}
