#include "close.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include "../libbfabric/base/kv.h"
#include "../libbfabric/base/sys.h"
#include "person.h"
#include "store.h"

#define SESSION_DATA "pam_bfabric_session"
#define NAME_BYTES   16

struct session {
	uid_t uid;
	char name[2 * NAME_BYTES + 1];
};

/* ---- the name -------------------------------------------------------------------------------- */

static void release_session(pam_handle_t *pamh, void *data, int status)
{
	(void)pamh; /* memory is all it is: who only ends a handle has not ended a session */
	(void)status;
	free(data);
}

static bool choose_name(struct session *session)
{
	unsigned char bytes[NAME_BYTES];

	if (!bf_random(&bf_sys_real, bytes, sizeof(bytes)))
		return false;
	for (size_t i = 0; i < NAME_BYTES; i++)
		(void)snprintf(session->name + 2 * i, 3, "%02x", bytes[i]); /* fits */
	return true;
}

bool bf_pam_name_session(
	const struct bf_pam_call *call, struct bf_pam_conf *conf, const struct bf_pam_user *user)
{
	const bool shared = bf_pam_is_shared(conf, user);
	struct session *session = NULL;
	bool kept = false;

	if (!shared && !conf->revoke_on_close)
		return true;
	session = calloc(1, sizeof(*session));
	if (session && choose_name(session))
		conf->session = strdup(session->name);
	if (conf->session) {
		session->uid = user->uid;
		kept = pam_set_data(call->pamh, SESSION_DATA, session, release_session) ==
		       PAM_SUCCESS;
	}
	if (!kept) {
		free(session);
		bf_pam_log(call, LOG_ERR, "a session that cannot be closed gets no login");
		return false;
	}
	conf->stays = shared;
	return true;
}

void bf_pam_put_session(const struct bf_pam_conf *conf, struct bf_secret *request)
{
	if (conf->stays)
		bf_kv_put(request, "place", "runtime");
	if (conf->session)
		bf_kv_put(request, "session", conf->session);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void tell(const struct bf_pam_call *call, const struct bf_pam_user *user,
	enum bfabric_status status, const struct bf_kv *answer, const struct bfabric_error *err)
{
	const char *said = bf_kv_get(answer, "status");
	const char *ended = bf_kv_get(answer, "ended");
	const char *message = bf_kv_get(answer, "message");
	char quoted[2][BF_PAM_QUOTED];

	if (status == BFABRIC_TIMEOUT)
		bf_pam_log(call, LOG_NOTICE,
			"the login of the session is not ended yet: it is left to finish");
	else if (status != BFABRIC_OK)
		bf_pam_log(call, LOG_ERR, "the login of the session is not ended: %s", err->text);
	else if (!said || strcmp(said, "OK") != 0)
		bf_pam_log(call, LOG_ERR, "the login of the session is not ended: %s %s",
			bf_pam_quote(quoted[0], said ? said : "no answer"),
			bf_pam_quote(quoted[1], message ? message : ""));
	else if (ended && strcmp(ended, "yes") == 0 && message)
		bf_pam_log(call, LOG_WARNING,
			"the login of user %s was erased, and may be valid at the server: %s",
			bf_pam_quote(quoted[0], user->name), bf_pam_quote(quoted[1], message));
	else if (ended && strcmp(ended, "yes") == 0)
		bf_pam_log(call, LOG_NOTICE, "the login of user %s was given back with the session",
			bf_pam_quote(quoted[0], user->name));
}

static void end(const struct bf_pam_call *call, const struct bf_pam_conf *conf,
	const struct bf_pam_user *user)
{
	BF_AUTO_KV struct bf_kv answer = BF_KV_INIT;
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_pam_store_ask(
		call, conf, user, "close", /* token= */ NULL, &answer, /* ret_asked= */ NULL, &err);

	tell(call, user, status, &answer, &err);
}

static void ask_for_end(const struct bf_pam_call *call, const struct session *session)
{
	BF_AUTO_PAM_USER struct bf_pam_user user = {0};
	BF_AUTO_PAM_CONF struct bf_pam_conf conf = {0};

	if (bf_pam_gate(call, /* ask= */ false, &user) != PAM_SUCCESS || user.uid != session->uid ||
		bf_pam_configured(call, &user, &conf) != PAM_SUCCESS ||
		!(conf.session = strdup(session->name))) {
		bf_pam_log(call, LOG_ERR,
			"the login of the session is not ended: it is not the one that opened");
		return;
	}
	end(call, &conf, &user);
}

void bf_pam_end_session(const struct bf_pam_call *call)
{
	const void *found = NULL;

	if (pam_get_data(call->pamh, SESSION_DATA, &found) != PAM_SUCCESS || !found)
		return;
	ask_for_end(call, found);
	/* Refused only where there is no such name, or no memory: it is ended twice then. */
	(void)pam_set_data(call->pamh, SESSION_DATA, NULL, NULL);
}
