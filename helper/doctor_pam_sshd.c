/* What applications allow: sshd's settings, and the time that login gives. */
#include "doctor_pam.h"
#include "../libbfabric/base/child.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define SSHD        "/usr/sbin/sshd"
#define SSHD_S      5
#define FLOW_S      60 /* the longest that a code is waited for in sshd */
#define TYPING_S    30 /* for a password before it */
#define FLOWS       4  /* that may wait at the same time */
#define LOGIN_LEFT  10 /* seconds that a code leaves of the time that login gives */
#define LOGIN_LEAST 30 /* in less nobody enters a code */
#define LOGIN_S     60 /* where nothing is said */
#define DEFS_MAX    ((size_t)256 << 10)

/* The value behind a word at the beginning of a line, in any case; "" when there is none. */
static const char *setting(const char *text, const char *name, char *buf, size_t size)
{
	const size_t len = strlen(name);

	buf[0] = '\0';
	while (text && *text) {
		const char *value = text + len;
		size_t n = strcspn(text, "\r\n");

		if (n > len && strncasecmp(text, name, len) == 0 &&
			(*value == ' ' || *value == '\t')) {
			value += strspn(value, " \t");
			snprintf(buf, size, "%.*s", (int)strcspn(value, "\r\n"), value);
			return buf;
		}
		text += n;
		text += strspn(text, "\r\n");
	}
	return buf;
}

/* ---- sshd ------------------------------------------------------------------------------------ */

struct sshd {
	struct bf_doctor *d;
	const struct bf_pam_service *service;
	const char *said; /* by sshd -T: "name value", a line each */
	bool asks;        /* a person has something to answer */
};

static enum bf_found grade(const struct sshd *sshd, enum bf_found if_asked)
{
	return sshd->asks ? if_asked : BF_FOUND_OK;
}

/* A finding that may turn out to be none: only what is wrong has an advice. */
static void tell(const struct sshd *sshd, enum bf_found result, const char *advice,
	const char *name, const char *value, const char *what)
{
	bf_found(sshd->d, result, result == BF_FOUND_OK ? NULL : advice, "%s %s%s%s", name,
		*value ? value : "unknown", what ? ": " : "", what ? what : "");
}

static void tell_pam(const struct sshd *sshd)
{
	char value[80];
	bool yes = strcasecmp(setting(sshd->said, "usepam", value, sizeof(value)), "yes") == 0;

	tell(sshd, yes ? BF_FOUND_OK : BF_FOUND_ERROR, "sshd_config: UsePAM yes", "UsePAM", value,
		yes ? NULL : "sshd runs no stack");
}

static void tell_keyboard(const struct sshd *sshd)
{
	char value[80];
	bool yes = strcasecmp(setting(sshd->said, "kbdinteractiveauthentication", value,
				      sizeof(value)),
			   "yes") == 0;

	if (!*value) /* before OpenSSH 8.7 */
		yes = strcasecmp(setting(sshd->said, "challengeresponseauthentication", value,
					 sizeof(value)),
			      "yes") == 0;
	tell(sshd, yes ? BF_FOUND_OK : grade(sshd, BF_FOUND_ERROR),
		"sshd_config: KbdInteractiveAuthentication yes", "KbdInteractiveAuthentication",
		value, yes ? NULL : "nobody can be shown a code before the session");
}

static void tell_grace(const struct sshd *sshd)
{
	unsigned timeout = sshd->service->configured ? sshd->service->conf.timeout : FLOW_S;
	unsigned needed = (timeout < FLOW_S ? timeout : FLOW_S) + TYPING_S;
	char value[80], what[120];
	unsigned long grace =
		strtoul(setting(sshd->said, "logingracetime", value, sizeof(value)), NULL, 10);
	bool enough = *value && (grace == 0 || grace >= needed);

	snprintf(what, sizeof(what), "a code and a password need %u seconds", needed);
	tell(sshd, enough ? BF_FOUND_OK : grade(sshd, BF_FOUND_WARNING),
		"sshd_config: LoginGraceTime 120", "LoginGraceTime", value, enough ? NULL : what);
}

static void tell_startups(const struct sshd *sshd)
{
	char value[80], what[120];
	unsigned long begin =
		strtoul(setting(sshd->said, "maxstartups", value, sizeof(value)), NULL, 10);
	bool enough = begin > FLOWS;

	snprintf(what, sizeof(what), "%d codes that are waited for use it up", FLOWS);
	tell(sshd, enough ? BF_FOUND_OK : grade(sshd, BF_FOUND_WARNING),
		"sshd_config: MaxStartups 10:30:100", "MaxStartups", value, enough ? NULL : what);
}

/* Each list of methods has to have one in which PAM authenticates, and `key`: one besides it. */
static bool every_list_asks(const char *methods, bool key)
{
	bool all = *methods != '\0';

	while (*methods) {
		size_t n = strcspn(methods, " ");
		char one[200];

		snprintf(one, sizeof(one), "%.*s", (int)n, methods);
		all &= strstr(one, "keyboard-interactive") || strstr(one, "password");
		all &= !key || strstr(one, "publickey") || strstr(one, "hostbased") ||
		       strstr(one, "gssapi");
		methods += n;
		methods += strspn(methods, " ");
	}
	return all;
}

/*
 * With a public key alone, sshd never authenticates by PAM. Without a key, B-Fabric must not be all
 * that is asked for: a stranger who sends their code to somebody gets in when it is approved.
 */
static void tell_methods(const struct sshd *sshd)
{
	const bool alone = bf_pam_factor_is_alone(sshd->service);
	char value[400], key[80];
	bool keys = strcasecmp(setting(sshd->said, "pubkeyauthentication", key, sizeof(key)),
			    "no") != 0;
	bool good = every_list_asks(
		setting(sshd->said, "authenticationmethods", value, sizeof(value)), alone);

	if (sshd->service->count[BF_PAM_ROLE_FACTOR] == 0)
		return;
	good |= !keys && !alone;
	tell(sshd, good ? BF_FOUND_OK : BF_FOUND_ERROR,
		"sshd_config: AuthenticationMethods publickey,keyboard-interactive",
		"AuthenticationMethods", *value ? value : "any",
		good    ? NULL
		: alone ? "B-Fabric is the only factor for whoever comes without a key: a stranger "
			  "who sends their code to somebody gets in"
			: "a public key lets people in without B-Fabric");
}

static bool ask_sshd(struct bf_doctor *d, struct bf_secret *said)
{
	static const char *const argv[] = {SSHD, "-T", NULL};
	struct bf_child child = {
		.argv = argv, .deadline = bfabric_deadline_in(SSHD_S), .sys = &bf_sys_real};
	struct bf_child_end end = {0};
	struct bfabric_error err = {0};
	struct stat st = {0};

	if (!bf_pam_stat(d, SSHD, /* follow= */ true, &st))
		bf_found(d, BF_FOUND_OK, NULL, "there is no " SSHD);
	else if (bf_pam_is_image(d))
		bf_found(d, BF_FOUND_OK, NULL, "not asked: programs of an image are not run");
	else if (geteuid() != 0)
		bf_found(d, BF_FOUND_OK, NULL, "not asked: only root can");
	else if (!bf_pam_is_safe(d, &st))
		bf_found(d, BF_FOUND_ERROR, "install it again",
			SSHD " is not run: others than root can write it");
	else if (bf_child_run(&child, said, &end, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_WARNING, "try it yourself: " SSHD " -T", "%s", err.text);
	else if (end.known && end.code != 0)
		bf_found(d, BF_FOUND_WARNING, "see what it says: " SSHD " -T",
			SSHD " -T ends with %d", end.code);
	else
		return true;
	return false;
}

static void check_sshd(struct bf_doctor *d)
{
	struct bf_pam_service service __attribute__((cleanup(bf_pam_release_service))) = {0};
	BF_AUTO_FREE char *names = bf_pam_names(d);
	BF_AUTO_SECRET struct bf_secret said = BF_SECRET_INIT;
	struct sshd sshd = {.d = d, .service = &service};

	if (!bf_pam_list_has(names, "sshd") || !bf_pam_read_service(d, "sshd", &service, NULL) ||
		service.count[BF_PAM_ROLE_NONE] == service.stack.count || !ask_sshd(d, &said))
		return;
	sshd.said = bf_secret_reveal(&said);
	sshd.asks = service.count[BF_PAM_ROLE_ACQUIRE] + service.count[BF_PAM_ROLE_FACTOR] > 0;
	tell_pam(&sshd);
	tell_keyboard(&sshd);
	tell_grace(&sshd);
	tell_startups(&sshd);
	tell_methods(&sshd);
}

/* ---- login ----------------------------------------------------------------------------------- */

static bool read_definitions(const struct bf_doctor *d, struct bf_secret *ret)
{
	BF_AUTO_CLOSE int fd = bf_pam_open(d, "/etc/login.defs", O_RDONLY | O_NONBLOCK);

	while (fd >= 0 && ret->len <= DEFS_MAX) {
		char *room = bf_secret_room(ret, 4096);
		ssize_t n = room ? read(fd, room, 4096) : -1;

		if (n <= 0)
			return n == 0;
		bf_secret_added(ret, (size_t)n);
	}
	return false;
}

static void check_login(struct bf_doctor *d)
{
	struct bf_pam_service service __attribute__((cleanup(bf_pam_release_service))) = {0};
	BF_AUTO_FREE char *names = bf_pam_names(d);
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	char value[80];
	unsigned long gives = LOGIN_S;

	if (!bf_pam_list_has(names, "login") || !bf_pam_read_service(d, "login", &service, NULL) ||
		!service.configured || !service.count[BF_PAM_ROLE_MARK])
		return;
	if (read_definitions(d, &text) &&
		*setting(bf_secret_reveal(&text), "LOGIN_TIMEOUT", value, sizeof(value)))
		gives = strtoul(value, NULL, 10);
	if (gives == 0 || gives >= service.conf.timeout + LOGIN_LEFT)
		bf_found(d, BF_FOUND_OK, NULL, "LOGIN_TIMEOUT %lu, a code is waited for %u seconds",
			gives, service.conf.timeout);
	else if (gives < LOGIN_LEAST + LOGIN_LEFT)
		bf_found(d, BF_FOUND_WARNING,
			"raise LOGIN_TIMEOUT in /etc/login.defs to 60 or more",
			"LOGIN_TIMEOUT %lu leaves %lu seconds to enter a code", gives,
			gives > LOGIN_LEFT ? gives - LOGIN_LEFT : 0);
	else
		bf_found(d, BF_FOUND_OK, NULL,
			"where login counts the session too, LOGIN_TIMEOUT %lu lets a code be "
			"waited for %lu seconds, not timeout=%u",
			gives, gives - LOGIN_LEFT, service.conf.timeout);
}

const struct bf_check bf_checks_pam_applications[] = {
	{.name = "sshd", .run = check_sshd},
	{.name = "login", .run = check_login},
	{.name = NULL},
};
