#include "factor.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <syslog.h>
#include "../libbfabric/base/concat.h"
#include "flow.h"
#include "flow_limit.h"
#include "keep.h"
#include "person.h"
#include "revoke.h"

#define AUTHENTICATED_DATA "pam_bfabric_authenticated"

/* ---- what account management asks later ------------------------------------------------------ */

struct authenticated {
	uid_t uid;
	char *groups; /* allowed_groups of that configuration; NULL: none */
};

static void free_authenticated(struct authenticated *data)
{
	if (data)
		free(data->groups);
	free(data);
}

static void release_authenticated(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh; /* memory is all it is */
	(void)status;
	free_authenticated(data);
}

/* What an earlier call with this handle said does not count any more. */
static bool forget(const struct bf_pam_call *call)
{
	const void *found = NULL;

	if (pam_get_data(call->pamh, AUTHENTICATED_DATA, &found) != PAM_SUCCESS || !found)
		return true;
	return pam_set_data(call->pamh, AUTHENTICATED_DATA, NULL, NULL) == PAM_SUCCESS;
}

static struct authenticated *describe(
	const struct bf_pam_conf *conf, const struct bf_pam_user *user)
{
	struct authenticated *data = calloc(1, sizeof(*data));

	if (!data)
		return NULL;
	data->uid = user->uid;
	if (bf_copy_string(&data->groups, conf->allowed_groups))
		return data;
	free(data);
	return NULL;
}

static void remember(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	struct authenticated *data = describe(conf, user);

	if (!data || pam_set_data(call->pamh, AUTHENTICATED_DATA, data, release_authenticated) !=
			     PAM_SUCCESS) {
		free_authenticated(data);
		bf_pam_log(call, LOG_ERR, "cannot remember who was authenticated");
	}
}

bool bf_pam_was_authenticated(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	const struct authenticated *data = NULL;
	const void *found = NULL;

	if (pam_get_data(call->pamh, AUTHENTICATED_DATA, &found) != PAM_SUCCESS || !found)
		return false;
	data = found;
	if (data->uid != user->uid)
		return false;
	return !conf->allowed_groups ||
	       (data->groups && strcmp(data->groups, conf->allowed_groups) == 0);
}

/* ---- from where ------------------------------------------------------------------------------ */

static bool is_loopback(const char *host)
{
	struct in6_addr six;
	struct in_addr four;

	if (strcasecmp(host, "localhost") == 0)
		return true;
	if (inet_pton(AF_INET, host, &four) == 1)
		return ntohl(four.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &six) == 1 && IN6_IS_ADDR_LOOPBACK(&six);
}

/*
 * Whoever is elsewhere may be a stranger who sends their code to the user: who approves then lets
 * the stranger in, and no check of who approved can tell. So it must not be the only factor.
 */
static bool may_be_asked(const struct bf_pam_call *call, const struct bf_pam_conf *conf)
{
	const char *host = bf_pam_item(call, PAM_RHOST);
	char quoted[BF_PAM_QUOTED];

	switch (conf->remote) {
	case BF_PAM_REMOTE_SECOND_FACTOR:
		return true;
	case BF_PAM_REMOTE_REFUSE:
		break;
	}
	if (strcmp(bf_pam_item(call, PAM_SERVICE), "sshd") != 0 && (!*host || is_loopback(host)))
		return true;
	bf_pam_log(call, LOG_ERR,
		"refused: a login from %s could be a stranger's whose code is approved by somebody "
		"else; where B-Fabric is the second factor, set remote=second-factor",
		bf_pam_quote(quoted, *host ? host : "another machine"));
	return false;
}

/* ---- who ------------------------------------------------------------------------------------- */

static int code_of(enum bfabric_status status)
{
	switch (status) {
	case BFABRIC_RETRY_LATER:
		return PAM_AUTHINFO_UNAVAIL;
	case BFABRIC_BAD_CONFIG:
	case BFABRIC_BAD_CALL:
	case BFABRIC_UNSUPPORTED:
		return PAM_SERVICE_ERR;
	case BFABRIC_OK:
	case BFABRIC_SYSTEM:
	case BFABRIC_BAD_REPLY:
	case BFABRIC_NO_MEMORY:
	case BFABRIC_NOT_LOGGED_IN:
	case BFABRIC_LOGIN_REQUIRED:
	case BFABRIC_DENIED:
	case BFABRIC_TIMEOUT:
	case BFABRIC_STORE_UNAVAILABLE:
	case BFABRIC_LOCK_TIMEOUT:
	case BFABRIC_FORBIDDEN:
	case BFABRIC_CANCELLED:
	case BFABRIC_REFUSED:
		break;
	}
	return PAM_AUTH_ERR;
}

/* The child was told whom to accept; what it says is compared here all the same. */
static enum bfabric_status check_person(const struct bf_pam_call *call,
	const struct bf_pam_conf *conf, const struct bf_pam_user *user,
	const struct bf_pam_grant *grant)
{
	struct bfabric_error err = {0};
	char quoted[3][BF_PAM_QUOTED];
	enum bfabric_status status = BFABRIC_DENIED;

	if (grant->name && !bf_secret_empty(&grant->token))
		status = bf_pam_person_check(conf, user, grant->name, &err);
	if (status == BFABRIC_OK)
		return status;
	bf_pam_log(call, LOG_WARNING, "denied to user %s, because %s approved: %s",
		bf_pam_quote(quoted[0], user->name),
		bf_pam_quote(quoted[1], grant->name ? grant->name : "nobody by name"),
		bf_pam_quote(quoted[2], err.text));
	bf_pam_revoke(call, conf, grant);
	return status;
}

static enum bfabric_status approve(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *ret)
{
	const struct bf_pam_flow flow = {.call = call,
		.conf = conf,
		.user = user,
		.show = bf_pam_flow_show(call, conf, /* in_session= */ false),
		.seconds = bf_pam_flow_seconds(call, conf)};
	BF_AUTO_FREE char *name = strdup(bf_pam_item(call, PAM_USER));
	enum bfabric_status status = BFABRIC_NO_MEMORY;

	if (name)
		status = bf_pam_flow_run(&flow, ret, /* err= */ NULL);
	if (status == BFABRIC_OK)
		status = check_person(call, conf, user, ret);
	if (status != BFABRIC_OK || strcmp(name, bf_pam_item(call, PAM_USER)) == 0)
		return status;
	bf_pam_log(call, LOG_WARNING, "denied: the application names another user meanwhile");
	bf_pam_revoke(call, conf, ret);
	return BFABRIC_DENIED;
}

/* A session without a login is one in which `bfabric login` makes one. */
static void keep(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user, struct bf_pam_grant *grant)
{
	struct bfabric_error err = {0};
	char quoted[BF_PAM_QUOTED];

	if (bf_pam_keep(call, conf, user, grant, &err) == BFABRIC_OK)
		return;
	bf_pam_log(call, LOG_WARNING, "the login of user %s cannot be kept for the session: %s",
		bf_pam_quote(quoted, user->name), err.text);
	bf_pam_revoke(call, conf, grant);
}

/* A second factor takes PAM_IGNORE for consent: whoever left a service out has to learn of it. */
static int configure(const struct bf_pam_call *call, const struct bf_pam_user *user,
	struct bf_pam_conf *ret_conf)
{
	const int rc = bf_pam_configured(call, user, ret_conf);
	char quoted[2][BF_PAM_QUOTED];

	if (rc == PAM_IGNORE)
		bf_pam_log(call, LOG_WARNING,
			"B-Fabric is not asked about user %s: `services` lacks %s, or min_uid is "
			"above",
			bf_pam_quote(quoted[0], user->name),
			bf_pam_quote(quoted[1], bf_pam_item(call, PAM_SERVICE)));
	return rc;
}

int bf_pam_authenticate(const struct bf_pam_call *call, bool understood)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};
	BF_AUTO_PAM_GRANT struct bf_pam_grant grant = BF_PAM_GRANT_INIT;
	BF_AUTO_CLOSE int place = -1;
	enum bfabric_status status;
	int rc = forget(call) ? bf_pam_gate(call, /* ask= */ true, &user) : PAM_AUTH_ERR;

	if (rc == PAM_SUCCESS && !understood)
		return PAM_SERVICE_ERR; /* said in the log */
	if (rc == PAM_SUCCESS)
		rc = configure(call, &user, &conf);
	if (rc != PAM_SUCCESS)
		return rc;
	if (!may_be_asked(call, &conf))
		return PAM_AUTH_ERR;
	if (!bf_pam_person_decided(&conf)) {
		bf_pam_log(call, LOG_ERR,
			"it is not configured who is who: set map_file, or same_names and claim");
		return PAM_SERVICE_ERR;
	}
	place = bf_pam_limit_take(call, &conf);
	if (place < 0)
		return PAM_AUTH_ERR;
	status = approve(call, &conf, &user, &grant);
	if (status != BFABRIC_OK)
		return code_of(status);
	keep(call, &conf, &user, &grant);
	remember(call, &conf, &user);
	return PAM_SUCCESS; /* here and nowhere else */
}
