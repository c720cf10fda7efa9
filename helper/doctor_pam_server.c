/* The server, asked as the service account asks it. */
#include "doctor_pam.h"
#include <grp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#define NOBODY 65534 /* of the kernel: no file is its own */

struct person {
	const char *name;
	uid_t uid;
	gid_t gid;
};

/* For good: the ids, the groups, and nothing but the pipe open. This process ends after it. */
static bool become(struct bf_doctor *d, const struct person *who)
{
	uid_t real, effective, saved;
	const gid_t *none = NULL;

	if (d->fd != 3 && dup2(d->fd, 3) != 3)
		return false;
	d->fd = 3;
	closefrom(4);
	if (clearenv() != 0 || setenv("PATH", "/usr/bin:/bin", 1) != 0 || chdir("/") != 0)
		return false;
	if (geteuid() != 0)
		return true;
	if ((bf_pam_is_image(d) || who->uid == NOBODY ? setgroups(0, none)
						      : initgroups(who->name, who->gid)) != 0)
		return false;
	if (setresgid(who->gid, who->gid, who->gid) != 0 ||
		setresuid(who->uid, who->uid, who->uid) != 0)
		return false;
	if (getresuid(&real, &effective, &saved) != 0 || real != who->uid ||
		effective != who->uid || saved != who->uid || setuid(0) == 0)
		return false;
	/* changing the ids forgot it */
	return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static void tell_who(struct bf_doctor *d, const struct bf_pam_conf *conf, struct person *ret)
{
	*ret = (struct person){.name = bf_pam_net_user(conf)};
	if (geteuid() != 0) {
		bf_found(d, BF_FOUND_OK, NULL, "asked as uid %u, not as %s", (unsigned)geteuid(),
			ret->name);
	} else if (bf_pam_account(d, ret->name, &ret->uid, &ret->gid) && ret->uid != 0) {
		bf_found(
			d, BF_FOUND_OK, NULL, "asked as %s, uid %u", ret->name, (unsigned)ret->uid);
	} else {
		ret->uid = ret->gid = NOBODY;
		bf_found(d, BF_FOUND_WARNING, "make the account; see above",
			"asked as uid %u: %s is no account for it", NOBODY, ret->name);
	}
}

static bool take(struct bf_doctor *d, const struct bf_pam_conf *conf)
{
	struct bf_environment *env = &d->environment;

	if (bf_url_parse(conf->base_url, &env->url, NULL) != BFABRIC_OK)
		return false;
	env->ca_file = conf->ca_file ? bf_pam_here(d, conf->ca_file) : NULL;
	env->proxy = conf->proxy ? strdup(conf->proxy) : NULL;
	return (env->ca_file || !conf->ca_file) && (env->proxy || !conf->proxy);
}

static enum bfabric_status get_config(struct bf_doctor *d, struct bf_pam_conf *ret)
{
	struct bf_pam_service service __attribute__((cleanup(bf_pam_release_service))) = {0};
	const char *path = BF_PAM_CONF_PATH;

	if (d->call->argument_count &&
		bf_pam_read_service(d, d->call->arguments[0], &service, NULL))
		path = service.config;
	return bf_pam_look_config(d, path, NULL, NULL, ret, NULL);
}

static void check_server(struct bf_doctor *d)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	struct person who = {0};

	if (get_config(d, &conf) != BFABRIC_OK || !take(d, &conf))
		return; /* was told */
	tell_who(d, &conf, &who);
	if (!become(d, &who)) {
		bf_found(d, BF_FOUND_ERROR, "see whether something forbids root to change its ids",
			"cannot become %s: the server is not asked", who.name);
		return;
	}
	d->no_variables = true;
	for (const struct bf_check *check = bf_checks_server; check->name; check++) {
		d->check = check->name;
		if (!(check->network && d->call->offline))
			check->run(d);
	}
}

const struct bf_check bf_checks_pam_server[] = {
	{.name = "account", .run = check_server},
	{.name = NULL},
};
