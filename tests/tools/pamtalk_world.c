#include "pamtalk_world.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define EXPORTED  __attribute__((visibility("default")))
#define PRINTF(n) __attribute__((format(printf, n, n + 1)))

struct world world = {.answer = "ask"};

void die(const char *what)
{
	fprintf(stderr, "pamtalk: %s\n", what);
	exit(1);
}

void say(json_t *line)
{
	if (!line)
		die("something is not UTF-8");
	if (!world.quiet && (json_dumpf(line, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF ||
				    fflush(stdout) != 0))
		die("nobody listens");
	json_decref(line);
}

int64_t now_us(void)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- what the module finds ------------------------------------------------------------------- */

EXPORTED int getpwnam_r(
	const char *name, struct passwd *entry, char *buf, size_t size, struct passwd **ret);
int getpwnam_r(const char *name, struct passwd *entry, char *buf, size_t size, struct passwd **ret)
{
	const bool root = strcmp(name, "root") == 0;
	const char *home = root ? "/root" : world.home;
	const int n = snprintf(buf, size, "%s%c%s", name, 0, home);

	*ret = NULL;
	if (!root && strcmp(name, world.name) != 0)
		return 0;
	if (n < 0 || (size_t)n >= size)
		return ERANGE;
	*entry = (struct passwd){.pw_name = buf,
		.pw_passwd = buf + strlen(name),
		.pw_uid = root ? 0 : getuid(),
		.pw_gid = root ? 0 : getgid(),
		.pw_gecos = buf + strlen(name),
		.pw_dir = buf + strlen(name) + 1,
		.pw_shell = buf + strlen(name)};
	*ret = entry;
	return 0;
}

static void keep_log(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static void keep_log(const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	say(json_pack("{s:s}", "log", line));
}

/* What libpam calls instead of libc's, by the names that it was compiled with. */
EXPORTED PRINTF(2) void syslog(int priority, const char *fmt, ...);
void syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	(void)priority; /* the text is enough */
	va_start(ap, fmt);
	keep_log(fmt, ap);
	va_end(ap);
}

EXPORTED PRINTF(3) void __syslog_chk(int priority, int flag, const char *fmt, ...);
void __syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)priority, (void)flag; /* the text is enough */
	va_start(ap, fmt);
	keep_log(fmt, ap);
	va_end(ap);
}

/* ---- the person ------------------------------------------------------------------------------ */

bool read_line(char line[PAMTALK_LINE])
{
	if (!fgets(line, PAMTALK_LINE, stdin))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static int answer(char **ret)
{
	char line[PAMTALK_LINE];
	const char *text = world.answer;

	if (strncmp(text, "ask", 3) == 0) {
		if (!read_line(line))
			return PAM_CONV_ERR; /* who tested is gone */
		text = line;
	}
	if (strncmp(text, "hangup", 6) == 0)
		return PAM_CONV_ERR;
	if (strncmp(text, "answer", 6) == 0)
		*ret = strdup(text[6] ? text + 7 : "");
	return PAM_SUCCESS;
}

static int converse_one(const struct pam_message *message, struct pam_response *reply)
{
	const bool echo = message->msg_style == PAM_PROMPT_ECHO_ON;

	if (echo || message->msg_style == PAM_PROMPT_ECHO_OFF) {
		say(json_pack("{s:s,s:b,s:I}", "prompt", message->msg, "echo", echo, "us",
			(json_int_t)(now_us() - world.began)));
		return world.mood == DROPS ? PAM_SUCCESS : answer(&reply->resp);
	}
	if (world.mood == SHOWS)
		say(json_pack("{s:s,s:b,s:I}", "shown", message->msg, "error",
			message->msg_style == PAM_ERROR_MSG, "us",
			(json_int_t)(now_us() - world.began)));
	return PAM_SUCCESS;
}

int converse(int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	struct pam_response *replies = calloc((size_t)count, sizeof(*replies));
	int rc = replies ? PAM_SUCCESS : PAM_BUF_ERR;

	(void)data; /* one conversation at a time */
	if (world.mood == FAILS)
		rc = PAM_CONV_ERR;
	for (int i = 0; i < count && rc == PAM_SUCCESS; i++)
		rc = converse_one(messages[i], &replies[i]);
	if (rc == PAM_SUCCESS) {
		*ret = replies;
		return rc;
	}
	for (int i = 0; replies && i < count; i++)
		free(replies[i].resp);
	free(replies);
	return rc;
}
