#include "session.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "adopt.h"
#include "close.h"
#include "flow.h"
#include "keep.h"
#include "quiet.h"
#include "spawn.h"

#define MARK_DATA "pam_bfabric_mark"

/* ---- the mark -------------------------------------------------------------------------------- */

struct mark {
	uid_t uid;
};

static void release_mark(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh; /* memory is all it is */
	(void)status;
	free(data);
}

void bf_pam_mark(const struct bf_pam_call *call, const struct bf_pam_user *user)
{
	struct mark *mark = calloc(1, sizeof(*mark));

	if (!mark) {
		bf_pam_log(call, LOG_ERR, "out of memory");
		return;
	}
	mark->uid = user->uid;
	if (pam_set_data(call->pamh, MARK_DATA, mark, release_mark) != PAM_SUCCESS) {
		free(mark);
		bf_pam_log(call, LOG_ERR, "cannot remember that a person is here");
	}
}

/* The same user, in the same handle: an application may have changed PAM_USER meanwhile. */
static bool person_is_here(const struct bf_pam_call *call, const struct bf_pam_user *user)
{
	const void *found = NULL;
	const struct mark *mark = NULL;

	if (pam_get_data(call->pamh, MARK_DATA, &found) != PAM_SUCCESS || !found)
		return false;
	mark = found;
	return mark->uid == user->uid;
}

/* ---- a new login ----------------------------------------------------------------------------- */

/* What shows text in open_session at once; sshd shows it after the session opened, others never. */
static bool shows_text(const char *service)
{
	return strcmp(service, "login") == 0;
}

static bool make_login(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	const struct bf_pam_flow flow = {.call = call,
		.conf = conf,
		.user = user,
		.for_session = true,
		.show = bf_pam_flow_show(call, conf, /* in_session= */ true),
		.seconds = bf_pam_flow_seconds(call, conf)};
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;

	if (!person_is_here(call, user) || flow.seconds == 0)
		return false;
	return bf_pam_flow_run(&flow, &grant, /* err= */ NULL) == BFABRIC_OK;
}

static void help_to_login(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	if (call->flags & PAM_SILENT)
		return;
	if (shows_text(bf_pam_item(call, PAM_SERVICE)) && make_login(call, conf, user))
		return;
	/* One that is made by hand on an account of several people stays behind for the next. */
	if (!bf_pam_tell(call, conf->stays ? "There is no valid B-Fabric login."
					   : "There is no valid B-Fabric login. To make one: "
					     "bfabric login"))
		bf_pam_debug(call, "nobody can be told that there is no login");
}

/* ---- the session ----------------------------------------------------------------------------- */

/* A token that came while the person was authenticated. True: nothing else is to be asked. */
static bool deliver_kept(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;

	if (!bf_pam_kept(call, conf, user, &grant))
		return false;
	if (!bf_pam_adopt(call, conf, user, &grant))
		bf_pam_debug(call, "the session opens without the login that was approved");
	return true;
}

static bool complete(struct bf_pam_conf *conf)
{
	if (!conf->env)
		conf->env = strdup("PRODUCTION"); /* the name that bfabricPy uses by itself */
	return conf->env;
}

int bf_pam_open_session(const struct bf_pam_call *call, const struct bf_pam_user *user)
{
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	int rc = bf_pam_configured(call, user, &conf);

	bf_pam_reap_left(call);
	if (rc == PAM_IGNORE)
		return rc;
	if (rc != PAM_SUCCESS || !bf_pam_name_session(call, &conf, user))
		return PAM_SUCCESS; /* said in the log; the session opens */
	if (!complete(&conf)) {
		bf_pam_log(call, LOG_ERR, "out of memory");
		return PAM_SUCCESS;
	}
	if (deliver_kept(call, &conf, user))
		return PAM_SUCCESS;
	switch (bf_pam_refresh(call, &conf, user)) {
	case BF_PAM_LOGIN_THERE:
		bf_pam_debug(call, "there is a login");
		break;
	case BF_PAM_LOGIN_NONE:
		help_to_login(call, &conf, user);
		break;
	case BF_PAM_LOGIN_UNKNOWN:
		break;
	}
	return PAM_SUCCESS;
}
