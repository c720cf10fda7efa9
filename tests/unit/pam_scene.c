#include "unit.h"
#include "pam_scene.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOBODY 65534

struct scene scene;

/* ---- the log --------------------------------------------------------------------------------- */

static void append(char *to, size_t size, const char *text)
{
	size_t used = strlen(to);

	snprintf(to + used, size - used, "%s\n", text);
}

static void keep_log(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));
static void keep_log(const char *fmt, va_list ap)
{
	char line[2048];

	vsnprintf(line, sizeof(line), fmt, ap);
	append(scene.log, sizeof(scene.log), line);
}

/* What libpam calls instead of libc's, by the names that it was compiled with. */
__attribute__((visibility("default"), format(printf, 2, 3))) void syslog(
	int priority, const char *fmt, ...);
void syslog(int priority, const char *fmt, ...)
{
	va_list ap;

	(void)priority; /* the text is enough */
	va_start(ap, fmt);
	keep_log(fmt, ap);
	va_end(ap);
}

__attribute__((visibility("default"), format(printf, 3, 4))) void __syslog_chk(
	int priority, int flag, const char *fmt, ...);
void __syslog_chk(int priority, int flag, const char *fmt, ...)
{
	va_list ap;

	(void)priority, (void)flag; /* the text is enough */
	va_start(ap, fmt);
	keep_log(fmt, ap);
	va_end(ap);
}

/* ---- the person ------------------------------------------------------------------------------ */

static int talk(int count, const struct pam_message **messages, struct pam_response **ret_replies,
	void *data)
{
	(void)data; /* one thread, one scene */
	*ret_replies = NULL;
	if (scene.mood == SCENE_FAILS)
		return PAM_CONV_ERR;
	*ret_replies = calloc((size_t)count, sizeof(**ret_replies));
	for (int i = 0; i < count; i++) {
		bool asks = messages[i]->msg_style == PAM_PROMPT_ECHO_ON ||
			    messages[i]->msg_style == PAM_PROMPT_ECHO_OFF;

		scene.prompts += asks;
		if (scene.mood != SCENE_SHOWS)
			continue;
		append(scene.shown, sizeof(scene.shown), messages[i]->msg);
		if (asks && scene.at_prompt)
			scene.at_prompt(scene.prompts);
		if (asks && scene.typed)
			(*ret_replies)[i].resp = strdup(scene.typed);
	}
	return PAM_SUCCESS;
}

void scene_forget(void)
{
	scene.shown[0] = scene.log[0] = '\0';
	scene.prompts = 0;
}

void scene_start(const char *service, const char *user)
{
	const struct pam_conv conv = {.conv = scene.mood == SCENE_NOBODY ? NULL : talk};

	assert_int_equal(pam_start_confdir(service, user, &conv, scratch("pam.d"), &scene.pamh),
		PAM_SUCCESS);
}

void scene_end(void)
{
	assert_int_equal(pam_end(scene.pamh, PAM_SUCCESS), PAM_SUCCESS);
	scene.pamh = NULL;
}

/* ---- the machine ----------------------------------------------------------------------------- */

void scene_unprivileged(void)
{
	if (geteuid() == 0 && (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
				      setresuid(NOBODY, NOBODY, NOBODY) != 0))
		abort();
	prctl(PR_SET_DUMPABLE, 1); /* lets the leak sanitizer look */
	if (geteuid() < 1000 || !getpwuid(geteuid())) {
		puts("1..0 # SKIP this is not the account of a person");
		exit(0);
	}
}

const char *scene_user(void)
{
	static char name[256];
	const uid_t uid = geteuid() ? geteuid() : NOBODY;
	const struct passwd *entry = getpwuid(uid);

	snprintf(name, sizeof(name), "%s", entry ? entry->pw_name : "?");
	return name;
}

int scene_setup(void **state)
{
	umask(022); /* a test before may have left another */
	if (scratch_setup(state) != 0)
		return -1;
	scene = (struct scene){.mood = SCENE_SHOWS};
	mkdir(scratch("pam.d"), 0755);
	mkdir(scratch("libexec"), 0755);
	mkdir(scratch("out"), 0777);
	chmod(scratch("out"), 0777);
	scratch_file("pam.d/other", "auth required pam_deny.so\n", 0644); /* libpam misses it */
	scene_conf("");
	return 0;
}

int scene_teardown(void **state)
{
	if (scene.pamh)
		pam_end(scene.pamh, PAM_SUCCESS);
	return scratch_teardown(state);
}

void scene_conf(const char *more)
{
	char text[4096];

	snprintf(text, sizeof(text), SCENE_CONF "libexec = %s\n%s", scratch("libexec"), more);
	scratch_file("pam.conf", text, 0644);
}

void scene_stack(const char *service, const char *lines)
{
	char name[64], text[8192] = "";
	size_t used = 0;

	snprintf(name, sizeof(name), "pam.d/%s", service);
	for (; *lines; lines++)
		if (*lines == '@')
			used += (size_t)snprintf(text + used, sizeof(text) - used,
				"%s unprivileged config=%s", BF_PAM_MODULE, scratch("pam.conf"));
		else if (*lines == '$')
			used += (size_t)snprintf(
				text + used, sizeof(text) - used, "%s/", scratch("pam.d"));
		else
			text[used++] = *lines;
	scratch_file(name, text, 0644);
}

void scene_default(const char *service)
{
	scene_stack(service, "auth required pam_permit.so\nauth optional @ mark\n"
			     "account required pam_permit.so\nsession required pam_permit.so\n"
			     "session optional @\n");
}

void scene_alone(const char *service, const char *more)
{
	char lines[512];

	snprintf(lines, sizeof(lines),
		"auth required @ %s\naccount required @ %s\nsession required @ %s\n", more, more,
		more);
	scene_stack(service, lines);
}

void scene_program(const char *name, const char *body)
{
	char path[64], text[4096];

	snprintf(path, sizeof(path), "libexec/%s", name);
	snprintf(text, sizeof(text),
		"#!/bin/sh\nout=%s\n"
		"while read -r line && [ -n \"$line\" ]; do\n"
		"	printf '%%s\\n' \"$line\" >>\"$out/%s\"\ndone\n%s\n",
		scratch("out"), name, body);
	scratch_file(path, text, 0755);
}

const char *scene_asked(const char *name)
{
	char path[64];
	const char *asked = NULL;

	snprintf(path, sizeof(path), "out/%s", name);
	asked = scratch_content(scratch(path));
	return asked ? asked : "";
}
