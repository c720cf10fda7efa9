/* What the PAM module needs of the machine: programs, itself, an account, a folder. */
#include "doctor_pam.h"
#include "../libbfabric/base/concat.h"
#include "build_paths.h"
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_UID_MAX 999 /* accounts of people begin at 1000 */

static bool get_config(struct bf_doctor *d, struct bf_pam_conf *ret)
{
	return bf_pam_look_config(d, BF_PAM_CONF_PATH, NULL, NULL, ret, NULL) == BFABRIC_OK;
}

/* Of a file, folder or account that advice names: it goes into a shell, and may be out of a file
 * that somebody else has written. */
static const char *plain(const char *name, const char *otherwise)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789/._+-";

	return name && *name != '-' && name[strspn(name, letters)] == '\0' ? name : otherwise;
}

/* NULL, which is none: there is no memory. */
static char *advise(const char *fmt, ...) BF_PRINTF(1, 2);
static char *advise(const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	return text;
}

static char *advise_to_own(const char *name, const char *mode)
{
	return advise("chown root %s; chmod %s %s", name, mode, name);
}

/* ---- programs -------------------------------------------------------------------------------- */

/* `others`: what the bits of others must be; the login child is not to be looked into. */
static void tell_program(struct bf_doctor *d, const char *folder, const char *name, mode_t others)
{
	BF_AUTO_FREE char *path = bf_concat(folder, "/", name, (char *)NULL);
	BF_AUTO_FREE char *here = path ? bf_pam_here(d, path) : NULL;
	BF_AUTO_FREE char *own = advise_to_own(plain(here, "FILE"), "go-w");
	BF_AUTO_FREE char *hide = advise(
		"chmod 0711 %s: then nobody looks into it while it runs", plain(here, "FILE"));
	struct stat st = {0};

	if (!path)
		return;
	if (!bf_pam_stat(d, path, /* follow= */ true, &st))
		bf_found(d, BF_FOUND_ERROR, "install bfabric-auth completely, or mend libexec",
			"%s: %m", path);
	else if (!S_ISREG(st.st_mode) || !(st.st_mode & S_IXUSR) || !(st.st_mode & S_IXOTH))
		bf_found(d, BF_FOUND_ERROR, "install it again", "%s cannot be run by everybody",
			path);
	else if (!bf_pam_is_safe(d, &st))
		bf_found(d, BF_FOUND_ERROR, own,
			"%s is uid %u's, mode %04o: others than root can write it, and the "
			"module refuses it",
			path, (unsigned)st.st_uid, (unsigned)st.st_mode & 07777u);
	else if ((st.st_mode & (S_IRGRP | S_IROTH)) & ~others)
		bf_found(d, BF_FOUND_WARNING, hide, "%s has mode %04o: others can read it", path,
			(unsigned)st.st_mode & 07777u);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s", path);
}

static void check_programs(struct bf_doctor *d)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	const char *folder = get_config(d, &conf) && conf.libexec ? conf.libexec : BF_LIBEXECDIR;

	tell_program(d, folder, "bfabric-full", S_IRGRP | S_IROTH);
	tell_program(d, folder, "bfabric-pam-login", 0);
}

/* ---- the module ------------------------------------------------------------------------------ */

static bool tell_module(struct bf_doctor *d, const char *path, const char *where)
{
	BF_AUTO_FREE char *here = bf_pam_here(d, path);
	BF_AUTO_FREE char *own = advise_to_own(plain(here, "FILE"), "go-w");
	struct stat st = {0};

	if (!bf_pam_stat(d, path, /* follow= */ true, &st))
		return false;
	if (bf_pam_is_safe(d, &st))
		bf_found(d, BF_FOUND_OK, NULL, "%s%s", path, where);
	else
		bf_found(d, BF_FOUND_ERROR, own,
			"%s is uid %u's, mode %04o: whoever writes it is root%s", path,
			(unsigned)st.st_uid, (unsigned)st.st_mode & 07777u, where);
	return true;
}

/* Where libpam looks for a name without a folder differs between distributions. */
static bool tell_searched(struct bf_doctor *d, const char *name)
{
	static const char *const patterns[] = {"/lib64/security/", "/lib/*/security/",
		"/lib/security/", "/usr/lib64/security/", "/usr/lib/*/security/",
		"/usr/lib/security/"};

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		BF_AUTO_FREE char *pattern = bf_concat(patterns[i], name, (char *)NULL);
		BF_AUTO_FREE char *here = pattern ? bf_pam_here(d, pattern) : NULL;
		BF_AUTO_FREE char *root = bf_pam_here(d, "");
		glob_t found = {0};
		bool told = false;

		if (here && root && glob(here, GLOB_NOSORT, NULL, &found) == 0)
			told = tell_module(d, found.gl_pathv[0] + strlen(root), "");
		globfree(&found);
		if (told)
			return true;
	}
	return false;
}

/* The module of the line before: one that is well is told of once. */
struct told {
	bool lines; /* there are some of ours */
	char module[PATH_MAX];
};

static void look_at_modules(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	struct told *told = data;

	for (size_t i = 0; i < service->stack.count; i++) {
		const struct bf_stack_line *line = &service->stack.lines[i];
		char where[200];

		if (bf_pam_role_of(line) == BF_PAM_ROLE_NONE)
			continue;
		told->lines = true;
		if (strcmp(told->module, line->module) == 0)
			continue;
		snprintf(where, sizeof(where), " (%s, line %u)", line->file, line->number);
		if (line->module[0] == '/' ? tell_module(d, line->module, where)
					   : tell_searched(d, line->module)) {
			snprintf(told->module, sizeof(told->module), "%s", line->module);
			continue;
		}
		bf_found(d, BF_FOUND_ERROR,
			"install it, or name its place: for a required line PAM now lets nobody in",
			"%s, line %u: there is no %s", line->file, line->number, line->module);
	}
}

static void check_module(struct bf_doctor *d)
{
	struct told told = {0};

	bf_pam_each_service(d, look_at_modules, &told);
	if (!told.lines && !tell_module(d, BF_PAM_MODULE_DIR "/pam_bfabric.so", ""))
		bf_found(d, BF_FOUND_ERROR, "build with -Dpam=enabled, and install", "%s: %m",
			BF_PAM_MODULE_DIR "/pam_bfabric.so");
}

/* ---- account and folder ---------------------------------------------------------------------- */

/* Does any stack need what only a factor or acquire uses? */
static bool is_needed(struct bf_doctor *d)
{
	return bf_pam_count(d, BF_PAM_ROLE_FACTOR) + bf_pam_count(d, BF_PAM_ROLE_ACQUIRE) > 0;
}

static void check_account(struct bf_doctor *d)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	const char *name = (get_config(d, &conf), bf_pam_net_user(&conf));
	BF_AUTO_FREE char *add = advise("systemd-sysusers, or: useradd --system "
					"--no-create-home --shell /usr/sbin/nologin %s",
		plain(name, "NAME"));
	uid_t uid = 0;
	gid_t gid = 0;

	if (!bf_pam_account(d, name, &uid, &gid))
		bf_found(d, is_needed(d) ? BF_FOUND_ERROR : BF_FOUND_WARNING, add,
			"there is no account %s, as which the server is asked", name);
	else if (uid == 0 || gid == 0)
		bf_found(d, BF_FOUND_ERROR, "let net_user name an account without rights",
			"%s has uid %u and gid %u", name, (unsigned)uid, (unsigned)gid);
	else if (uid > SYSTEM_UID_MAX)
		bf_found(d, BF_FOUND_WARNING, "use an account below 1000 that is nothing else",
			"%s has uid %u, as people have", name, (unsigned)uid);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s, uid %u", name, (unsigned)uid);
}

static void check_run_dir(struct bf_doctor *d)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	const char *path = get_config(d, &conf) && conf.run_dir ? conf.run_dir : BF_PAM_RUN_DIR;
	BF_AUTO_FREE char *here = bf_pam_here(d, path);
	const char *name = plain(here, "FOLDER");
	BF_AUTO_FREE char *own = advise_to_own(name, "0700");
	BF_AUTO_FREE char *make =
		advise("systemd-tmpfiles --create bfabric.conf, or: install -d -m 0700 %s", name);
	BF_AUTO_FREE char *replace =
		advise("move away what is there, then: install -d -m 0700 %s", name);
	bool needed = is_needed(d);
	struct stat st = {0};

	if (bf_pam_is_image(d) && strncmp(path, "/run/", 5) == 0)
		bf_found(d, BF_FOUND_OK, NULL, "%s is made when the machine starts", path);
	else if (!bf_pam_stat(d, path, /* follow= */ false, &st) && errno == ENOENT)
		bf_found(d, needed ? BF_FOUND_ERROR : BF_FOUND_WARNING, make,
			"there is no folder %s", path);
	else if (!S_ISDIR(st.st_mode))
		bf_found(d,
			geteuid() == 0 || S_ISLNK(st.st_mode) ? BF_FOUND_ERROR : BF_FOUND_WARNING,
			replace, "%s is not a folder that can be looked at", path);
	else if (!bf_pam_is_safe(d, &st) || (st.st_mode & (S_IRWXG | S_IRWXO)))
		bf_found(d, BF_FOUND_ERROR, own,
			"%s is uid %u's, mode %04o: it must be root's alone", path,
			(unsigned)st.st_uid, (unsigned)st.st_mode & 07777u);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s", path);
}

const struct bf_check bf_checks_pam_place[] = {
	{.name = "programs", .run = check_programs},
	{.name = "module", .run = check_module},
	{.name = "account", .run = check_account},
	{.name = "run directory", .run = check_run_dir},
	{.name = NULL},
};
