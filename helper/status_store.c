#include "status_store.h"
#include "pending.h"
#include "store_ready.h"
#include <stdio.h>
#include <string.h>

/* What is not there although it should be. A login that waits in a rescue copy will come. */
static void look_inside(
	const struct bf_environment *env, const struct bf_store *store, struct bf_status_store *ret)
{
	struct bfabric_error why = {0};
	bool holds = false;

	if (bf_store_holds(env, store, &holds, &why) != BFABRIC_OK) {
		ret->state = BF_STORE_UNAVAILABLE;
		snprintf(ret->message, sizeof(ret->message), "%s", why.text);
		return;
	}
	ret->lacks = !holds && bf_pending_look(env) == BF_PENDING_NONE;
	if (ret->lacks)
		snprintf(ret->message, sizeof(ret->message),
			"%.200s has nothing for %.80s any more", bf_store_place(store), env->name);
}

void bf_status_ask_store(const struct bf_environment *environment,
	const struct bfabric_session_status *status, struct bf_status_store *ret)
{
	BF_AUTO_STORE struct bf_store store = BF_STORE_INIT;
	struct bfabric_error why = {0};

	*ret = (struct bf_status_store){0};
	if (bf_store_open(environment, /* name= */ NULL, &bf_sys_real, /* cancel= */ NULL, &store,
		    NULL) != BFABRIC_OK ||
		!bf_store_apart(&store))
		return;
	ret->asked = true;
	ret->state = bf_store_probe(&store, /* deadline= */ 0, &why);
	if (ret->state != BF_STORE_READY)
		snprintf(ret->message, sizeof(ret->message), "%s", why.text);
	else if (status->can_refresh || status->token_state == BFABRIC_TOKEN_STATIC)
		look_inside(environment, &store, ret);
}

enum bfabric_status bf_status_require_store(const struct bfabric_session_status *status,
	const struct bf_status_store *store, struct bfabric_error *err)
{
	bool cached = status->token_state == BFABRIC_TOKEN_FRESH ||
		      status->token_state == BFABRIC_TOKEN_STALE;

	if (cached || !store->asked || (store->state == BF_STORE_READY && !store->lacks))
		return BFABRIC_OK;
	if (store->lacks && status->method != BFABRIC_AUTH_OAUTH)
		return bf_fail(err, BFABRIC_NOT_LOGGED_IN, "not logged in to %s (environment %s)",
			status->base_url, status->environment);
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s", store->message);
}

const char *bf_status_store_name(const struct bf_status_store *store)
{
	if (!store || !store->asked)
		return NULL;
	switch (store->state) {
	case BF_STORE_READY:
		return "ready";
	case BF_STORE_LOCKED:
		return "locked";
	case BF_STORE_UNAVAILABLE:
		return "unavailable";
	}
	return NULL;
}

static bool is_apart(const struct bfabric_session_status *status)
{
	return status->store && (*status->store == '/' || strcmp(status->store, "keyring") == 0);
}

bool bf_status_store_words(const struct bfabric_session_status *status,
	const struct bf_status_store *store, char *buf, size_t size)
{
	const char *state = bf_status_store_name(store);
	bool program = status->store && *status->store == '/';
	bool nothing = (status->token_state == BFABRIC_TOKEN_NONE && !status->can_refresh) ||
		       (store && store->lacks);

	if (nothing || !status->store)
		return false;
	if (!is_apart(status))
		snprintf(buf, size, "%s", status->secret_path ? status->secret_path : "");
	else
		snprintf(buf, size, "%.600s%s%s%s", program ? status->store : "the keyring",
			state ? " (" : "",
			state && !program && store->state == BF_STORE_READY ? "unlocked"
			: state                                             ? state
									    : "",
			state ? ")" : "");
	return *buf != '\0';
}

const char *bf_status_store_remark(const struct bfabric_session_status *status)
{
	if (!is_apart(status) || status->method != BFABRIC_AUTH_OAUTH ||
		status->token_state == BFABRIC_TOKEN_NONE)
		return NULL;
	return "cannot renew it, and sends an expired token without a word";
}
