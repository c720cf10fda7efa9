#include "doctor.h"
#include "full.h"
#include "unfinished.h"
#include "../libbfabric/base/sys.h"
#include "../libbfabric/local/record.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void clearp(struct bfabric_session_status *status)
{
	bfabric_session_status_clear(status);
}

static bool get_status(struct bf_doctor *d, struct bfabric_session_status *ret)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	struct bfabric_options options = {
		.config_file = d->call->config_file, .environment = d->call->environment};
	struct bfabric_error err = {0};

	if (bfabric_session_open(&options, &session, &err) == BFABRIC_OK &&
		bfabric_session_status(session, ret, &err) == BFABRIC_OK)
		return true;
	bf_found(d, BF_FOUND_ERROR, "mend what is named", "%s", err.text);
	return false;
}

static bool get_paths(const struct bf_doctor *d, struct bf_paths *ret)
{
	const struct bf_environment *env = &d->environment;

	return env->client_id && bf_paths_init(&env->url, env->client_id, env->name,
					 /* with_runtime= */ true, ret, NULL) == BFABRIC_OK;
}

static void put_left(char *buf, size_t size, int64_t expires_at)
{
	int64_t left = expires_at - bf_wall(&bf_sys_real);

	if (!expires_at)
		snprintf(buf, size, "no expiry known");
	else if (left < 0)
		snprintf(buf, size, "expired %" PRId64 " min ago", -left / 60);
	else if (left < 120)
		snprintf(buf, size, "expires in %" PRId64 " s", left);
	else
		snprintf(buf, size, "expires in %" PRId64 " min", left / 60);
}

/* The command that logs in to this environment. */
static const char *log_in(const struct bf_doctor *d, char *buf, size_t size)
{
	const struct bf_environment *env = &d->environment;

	snprintf(buf, size, "log in: bfabric %s --env %s", bf_login_verb(env->method), env->name);
	return buf;
}

static void tell_token(struct bf_doctor *d, const struct bfabric_session_status *s)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	char digest[13] = "", left[60], advice[200];
	bool renews = s->can_refresh && !s->login_required;

	if (get_paths(d, &paths))
		bf_secret_digest(&paths, digest);
	put_left(left, sizeof(left), s->expires_at);
	switch (s->token_state) {
	case BFABRIC_TOKEN_NONE:
		if (renews)
			bf_found(d, BF_FOUND_OK, NULL, "none yet: the first use gets one");
		else
			bf_found(d, BF_FOUND_ERROR, log_in(d, advice, sizeof(advice)),
				"not logged in");
		return;
	case BFABRIC_TOKEN_STATIC:
		bf_found(d, BF_FOUND_OK, NULL, "%s, kept in the %s",
			bfabric_auth_method_name(s->method),
			s->secret_path ? "configuration" : "store, if it is there");
		return;
	case BFABRIC_TOKEN_FRESH:
	case BFABRIC_TOKEN_STALE:
		bf_found(d, BF_FOUND_OK, NULL, "%s, %s, SHA-256 %s",
			bfabric_token_state_name(s->token_state), left, digest);
		return;
	case BFABRIC_TOKEN_EXPIRED:
	case BFABRIC_TOKEN_REJECTED:
		bf_found(d, renews ? BF_FOUND_OK : BF_FOUND_ERROR,
			renews ? NULL : log_in(d, advice, sizeof(advice)), "%s, %s, SHA-256 %s%s",
			bfabric_token_state_name(s->token_state), left, digest,
			renews ? ": the next use renews it" : "");
		return;
	}
}

static void check_token(struct bf_doctor *d)
{
	BF_CLEANUP(clearp) struct bfabric_session_status s = {0};

	if (get_status(d, &s))
		tell_token(d, &s);
}

static void check_renewal(struct bf_doctor *d)
{
	char advice[200];
	BF_CLEANUP(clearp) struct bfabric_session_status s = {0};

	if (d->environment.method != BFABRIC_AUTH_OAUTH &&
		d->environment.method != BFABRIC_AUTH_CLIENT_CREDENTIALS)
		return;
	if (!get_status(d, &s) || s.token_state == BFABRIC_TOKEN_NONE)
		return;
	if (s.login_required)
		bf_found(d, BF_FOUND_ERROR, log_in(d, advice, sizeof(advice)),
			"the server refused to renew this login");
	else if (!s.can_refresh)
		bf_found(d, BF_FOUND_WARNING, "log in again when the token expires",
			"there is nothing to renew the token with");
	else
		bf_found(d, BF_FOUND_OK, NULL, "by itself, with the %s",
			s.method == BFABRIC_AUTH_CLIENT_CREDENTIALS ? "client secret"
								    : "refresh token");
}

static void check_rejected(struct bf_doctor *d)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;

	if (get_paths(d, &paths) && access(paths.rejected, F_OK) == 0)
		bf_found(d, BF_FOUND_WARNING,
			"the next use renews it; if it comes back, ask for the permission that is "
			"missing",
			"a server refused a token of this login");
}

static void check_record(struct bf_doctor *d)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	BF_AUTO_RECORD struct bf_record record = BF_RECORD_INIT;
	struct bfabric_error err = {0};
	bool found = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!get_paths(d, &paths))
		return;
	status = bf_record_read(paths.record, &found, &record, &err);
	if (status == BFABRIC_UNSUPPORTED)
		bf_found(d, BF_FOUND_ERROR, "use that version here too, or log in again", "%s",
			err.text);
	else if (status != BFABRIC_OK)
		bf_found(d, BF_FOUND_WARNING, "remove the file: the next login makes a new one",
			"%s", err.text);
}

static void check_rescue(struct bf_doctor *d)
{
	BF_AUTO_PATHS struct bf_paths paths = BF_PATHS_INIT;
	const char *places[2] = {NULL, NULL};

	/* With a store of its own it may wait for that: doctor_store.c. */
	if (strcmp(d->environment.store, "file") != 0 || !get_paths(d, &paths))
		return;
	places[0] = paths.rescued;
	places[1] = paths.runtime_rescue;
	for (size_t i = 0; i < 2; i++)
		if (places[i] && access(places[i], F_OK) == 0)
			bf_found(d, BF_FOUND_WARNING,
				"make room in the home directory; the next use moves it there",
				"the newest login is only kept in %s", places[i]);
}

static void check_store(struct bf_doctor *d)
{
	BF_CLEANUP(clearp) struct bfabric_session_status s = {0};

	if (!get_status(d, &s))
		return;
	if (!s.warnings) {
		bf_found(d, BF_FOUND_OK, NULL, "%s%s%s", s.store, s.secret_path ? ", " : "",
			s.secret_path ? s.secret_path : "");
		return;
	}
	for (const char *at = s.warnings; *at;) {
		size_t len = strcspn(at, "\n");

		bf_found(d, BF_FOUND_WARNING, "do what the line says", "%.*s", (int)len, at);
		at += len + (at[len] == '\n');
	}
}

/* Also of an environment that an interrupted registration has not written yet. */
static void check_client(struct bf_doctor *d)
{
	const char *name = d->known ? d->environment.name : d->call->environment;
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	if (name)
		bf_unfinished_put(d->call->config_file, name, &line);
	if (line.len)
		bf_found(d, BF_FOUND_WARNING, "do what the line says", "%.*s", (int)line.len - 1,
			bf_secret_reveal(&line));
}

const struct bf_check bf_checks_login[] = {
	{.name = "token", .run = check_token, .needs_environment = true},
	{.name = "renewal", .run = check_renewal, .needs_environment = true},
	{.name = "refused token", .run = check_rejected, .needs_environment = true},
	{.name = "record", .run = check_record, .needs_environment = true},
	{.name = "rescue copy", .run = check_rescue, .needs_environment = true},
	{.name = "client", .run = check_client},
	{.name = "store", .run = check_store, .needs_environment = true},
	{.name = NULL},
};
