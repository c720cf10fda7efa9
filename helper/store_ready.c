#include "store_ready.h"
#include "help.h"
#include "say.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum bfabric_status bf_store_ask_to_unlock(const struct bf_store *store, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	bf_help_wrap("The keyring is locked: your desktop asks for its password now. Waiting for a "
		     "minute at most.",
		0, bf_terminal_columns(STDERR_FILENO), &text);
	bf_say_raw(bf_secret_reveal(&text), text.len);
	return bf_store_unlock(store, bfabric_deadline_in(BF_UNLOCK_MS / 1000), err);
}

static bool somebody_is_there(const struct bf_terminal *terminal)
{
	const char *x = getenv("DISPLAY"), *wayland = getenv("WAYLAND_DISPLAY");

	return terminal->person || (x && *x) || (wayland && *wayland);
}

enum bfabric_status bf_store_make_ready(
	const struct bf_store *store, const struct bf_terminal *terminal, struct bfabric_error *err)
{
	struct bfabric_error why = {0};

	if (!bf_store_apart(store))
		return BFABRIC_OK;
	switch (bf_store_probe(store, /* deadline= */ 0, &why)) {
	case BF_STORE_READY:
		return BFABRIC_OK;
	case BF_STORE_LOCKED:
		if (somebody_is_there(terminal))
			return bf_store_ask_to_unlock(store, err);
		break;
	case BF_STORE_UNAVAILABLE:
		break;
	}
	return bf_fail(err, why.status, "%s", why.text); /* the person may have interrupted it */
}

/* What is written in the configuration counts before what is in the store. */
static bool written_down(const struct bf_environment *env)
{
	if (env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		return env->client_secret_file || !bf_secret_empty(&env->client_secret);
	return env->method == BFABRIC_AUTH_PAT ? !bf_secret_empty(&env->pat)
					       : env->method != BFABRIC_AUTH_OAUTH;
}

enum bfabric_status bf_store_holds(const struct bf_environment *environment,
	const struct bf_store *store, bool *ret_holds, struct bfabric_error *err)
{
	BF_AUTO_STORED struct bf_stored stored = BF_STORED_INIT;
	const struct bf_secret *secret = &stored.refresh_token;
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	*ret_holds = written_down(environment);
	if (*ret_holds)
		return BFABRIC_OK;
	status = bf_store_get(store, /* deadline= */ 0, &found, &stored, err);
	if (environment->method == BFABRIC_AUTH_PAT)
		secret = &stored.pat;
	else if (environment->method == BFABRIC_AUTH_CLIENT_CREDENTIALS)
		secret = &stored.client_secret;
	*ret_holds = status == BFABRIC_OK && found && !bf_secret_empty(secret);
	return status;
}

void bf_store_put_remark(
	const struct bf_store *store, enum bfabric_auth_method method, struct bf_secret *out)
{
	if (!bf_store_apart(store))
		return;
	switch (method) {
	case BFABRIC_AUTH_OAUTH:
		bf_secret_puts(out,
			"Note: bfabricPy cannot renew this login, because it does not look there. "
			"It uses the access token in the cache, and once that has expired it sends "
			"it all the same and does not say so, until a command of ours has fetched "
			"a "
			"new one: bfabric token, bfabric auth refresh, or the timer "
			"bfabric-refresh.timer.\n");
		return;
	case BFABRIC_AUTH_PAT:
	case BFABRIC_AUTH_CLIENT_CREDENTIALS:
		bf_secret_puts(out,
			"Note: bfabricPy does not look there, so it cannot log in to this "
			"environment.\n");
		return;
	case BFABRIC_AUTH_PASSWORD:
	case BFABRIC_AUTH_NONE:
		return;
	}
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

void bf_store_leave(const struct bf_store *old, const struct bf_store *now, struct bf_secret *told)
{
	struct bfabric_error why = {0};

	if (!old->type || !bf_store_apart(old) ||
		(same_text(bf_store_name(old), bf_store_name(now)) &&
			same_text(old->host, now->host) &&
			same_text(old->client_id, now->client_id) &&
			same_text(old->environment, now->environment)))
		return;
	if (bf_store_erase(old, /* deadline= */ 0, &why) != BFABRIC_OK)
		bf_secret_printf(told,
			"warning: what %.300s kept for this environment before is still there: "
			"%.500s\n",
			bf_store_place(old), why.text);
}
