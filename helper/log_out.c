#include "log_out.h"
#include "../libbfabric/base/file.h"
#include "../libbfabric/base/hash.h"
#include "../libbfabric/document.h"
#include "status_report.h"
#include "store_ready.h"
#include "trace.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A name may hold what a file name may not, or should not. */
static bool is_plain(const char *name)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "._-";

	return *name && *name != '.' && strlen(name) < 100 && !name[strspn(name, plain)];
}

enum bfabric_status bf_secret_file_of(
	const char *environment, char **ret_path, struct bfabric_error *err)
{
	BF_AUTO_FREE char *home = NULL;
	char hex[BF_SHA256_HEX];
	enum bfabric_status status = bf_home(&home, err);
	int n;

	if (status != BFABRIC_OK)
		return status;
	bf_sha256_hex(environment, strlen(environment), hex);
	n = is_plain(environment) ? asprintf(ret_path, "%s/.bfabric/%s.secret", home, environment)
				  : asprintf(ret_path, "%s/.bfabric/%.16s.secret", home, hex);
	if (n >= 0)
		return BFABRIC_OK;
	*ret_path = NULL;
	return bf_fail_nomem(err);
}

/* ---- what to say ----------------------------------------------------------------------------- */

static void put_shown(struct bf_secret *out, const char *text)
{
	char shown[600];

	bf_show(shown, sizeof(shown), text, strlen(text));
	bf_secret_puts(out, shown);
}

static void put_not_revoked(
	const char *what, const struct bf_logout_token *token, struct bf_secret *told)
{
	char when[40] = "";

	bf_secret_printf(told, "warning: the %s not revoked", what);
	if (token->expires_at) {
		bf_status_time(token->expires_at, when, sizeof(when));
		bf_secret_printf(told, " and may be valid until %s", when);
	}
	bf_secret_puts(told, ": ");
	put_shown(told, token->text);
	bf_secret_putc(told, '\n');
}

static bool failed(const struct bf_logout_token *token)
{
	return token->revoked > BF_REVOKED_DONE;
}

static void put_server(const struct bf_logout_result *result, struct bf_secret *told)
{
	const struct bf_logout_token *refresh = &result->refresh, *access = &result->access;

	if (refresh->revoked == BF_REVOKED_DONE && access->revoked == BF_REVOKED_DONE)
		bf_secret_puts(told, "Revoked at the server: refresh token, access token.\n");
	else if (refresh->revoked == BF_REVOKED_DONE)
		bf_secret_puts(told, "Revoked at the server: refresh token.\n");
	else if (access->revoked == BF_REVOKED_DONE)
		bf_secret_puts(told, "Revoked at the server: access token.\n");
	if (failed(refresh) && failed(access) && strcmp(refresh->text, access->text) == 0) {
		put_not_revoked("tokens were", access, told);
		return;
	}
	if (failed(refresh))
		put_not_revoked("refresh token was", refresh, told);
	if (failed(access))
		put_not_revoked("access token was", access, told);
}

/* ---- secrets in the configuration ------------------------------------------------------------ */

/* What is needed of the environment after the session has taken it over. */
struct facts {
	char *name, *url, *file, *secret_file;
	enum bfabric_auth_method method;
	bool inline_secret; /* written in the user's configuration */
	bool own_file;      /* secret_file is the one that we made */
	char *store;        /* of its own, as a sentence calls it; NULL: there was nothing in it */
};

static void facts_release(struct facts *f)
{
	free(f->name);
	free(f->url);
	free(f->file);
	free(f->secret_file);
	free(f->store);
}

static enum bfabric_status gather(
	const struct bf_environment *env, struct facts *f, struct bfabric_error *err)
{
	BF_AUTO_FREE char *own = NULL;
	bool user = env->source == BF_FROM_USER;
	enum bfabric_status status = bf_secret_file_of(env->name, &own, err);

	if (status != BFABRIC_OK)
		return status;
	f->method = env->method;
	f->inline_secret =
		user && (!bf_secret_empty(&env->pat) || !bf_secret_empty(&env->password) ||
				(env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS &&
					(!bf_secret_empty(&env->client_secret) ||
						env->client_secret_file)));
	f->name = strdup(env->name);
	f->url = strdup(env->url.text);
	f->file = strdup(env->file);
	if (env->client_secret_file && env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS) {
		f->secret_file = strdup(env->client_secret_file);
		f->own_file = strcmp(env->client_secret_file, own) == 0;
	}
	if (!f->name || !f->url || !f->file ||
		(!f->secret_file && env->client_secret_file &&
			env->method == BFABRIC_AUTH_CLIENT_CREDENTIALS))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

/* auth_method stays, so that the same verb logs in again; so does a confidential oauth client. */
static enum bfabric_status change_config(const struct bf_command_line *call, const struct facts *f,
	bool commit, struct bfabric_error *err)
{
	static const struct bf_config_value secrets[] = {
		{"login", NULL},
		{"password", NULL},
		{"pat", NULL},
		{"client_secret", NULL},
		{"libbfabric.client_secret_file", NULL},
	};
	const struct bf_config_change change = {
		.name = f->name,
		.values = secrets,
		.value_count = f->method == BFABRIC_AUTH_CLIENT_CREDENTIALS ? 5 : 3,
		.set_default = BF_DEFAULT_NO,
	};

	return commit ? bf_config_write(call->config_file, &change, err)
		      : bf_config_check_write(call->config_file, &change, err);
}

static void put_secret(const struct facts *f, struct bf_secret *told)
{
	const char *place = f->store ? f->store : "the configuration";
	static const char *const words[] = {
		[BFABRIC_AUTH_NONE] = "",
		[BFABRIC_AUTH_OAUTH] = "The token was",
		[BFABRIC_AUTH_CLIENT_CREDENTIALS] = "The client secret was",
		[BFABRIC_AUTH_PAT] = "The personal access token was",
		[BFABRIC_AUTH_PASSWORD] = "Login and password were",
	};
	static const char *const outlives[] = {
		[BFABRIC_AUTH_NONE] = "",
		[BFABRIC_AUTH_OAUTH] = "",
		[BFABRIC_AUTH_CLIENT_CREDENTIALS] =
			" The client stays registered at the server, and its secret valid.",
		[BFABRIC_AUTH_PAT] = " It stays valid until it is deleted in B-Fabric.",
		[BFABRIC_AUTH_PASSWORD] = "",
	};

	if (f->method != BFABRIC_AUTH_NONE)
		bf_secret_printf(told, "%s taken out of %.600s.%s\n", words[f->method], place,
			outlives[f->method]);
	if (f->secret_file && !f->own_file) {
		bf_secret_puts(told, "warning: the file with the client secret was left where it "
				     "is: ");
		put_shown(told, f->secret_file);
		bf_secret_puts(told, "\n");
	}
}

/* ---- the whole ------------------------------------------------------------------------------- */

/*
 * Of a login whose secret was written down, what its store has: that of an oauth login is a part of
 * bf_logout. What registered the client outlives the login, as it does in the configuration.
 */
static enum bfabric_status empty_store(const struct bf_environment *env, enum bf_logout_kind kind,
	struct facts *f, struct bfabric_error *err)
{
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = &bf_sys_real};
	struct bf_stored *stored = &document.stored;
	enum bfabric_status status;

	if (env->method == BFABRIC_AUTH_OAUTH || !bf_environment_apart(env))
		return BFABRIC_OK;
	status = bf_document_open(env, /* store= */ NULL, &call, &document, err);
	if (status != BFABRIC_OK || !document.found)
		return status;
	if (!bf_secret_empty(&stored->pat) || !bf_secret_empty(&stored->client_secret)) {
		f->store = strdup(bf_store_place(&document.store));
		if (!f->store)
			return bf_fail_nomem(err);
	}
	if (kind != BF_LOGOUT_KEEP)
		return bf_store_erase(&document.store, /* deadline= */ 0, err);
	bf_secret_release(&stored->pat);
	bf_secret_release(&stored->client_secret);
	return f->store ? bf_document_save(&document, err) : BFABRIC_OK;
}

static enum bfabric_status end_session(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, struct bf_environment *environment, enum bf_logout_kind kind,
	int64_t deadline, struct facts *f, struct bf_logout_result *ret, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *session = NULL;
	struct bf_session_seams seams = {.cancel = cancel};
	struct bfabric_error why = {0};
	enum bfabric_status status = bf_session_new(environment, NULL, &seams, &session, err);

	if (status != BFABRIC_OK)
		return status;
	bf_trace_session(call, session);
	status = bf_logout(session, kind, deadline, ret, err);
	if (status != BFABRIC_OK)
		return status;
	status = empty_store(bf_session_environment(session), kind, f, &why);
	if (status == BFABRIC_OK)
		return status;
	return bf_fail(err, status,
		"the secret of environment %.80s is still in its store (%.200s): %.200s", f->name,
		bf_session_environment(session)->store, why.text);
}

enum bfabric_status bf_log_out_environment(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, struct bf_environment *environment, enum bf_logout_kind kind,
	int64_t deadline, struct bf_secret *told, struct bfabric_error *err)
{
	BF_CLEANUP(facts_release) struct facts f = {0};
	struct bf_logout_result result = {0};
	enum bfabric_status status = gather(environment, &f, err);
	bool rewrite = kind == BF_LOGOUT_KEEP && f.inline_secret, was_there;

	if (status == BFABRIC_OK && rewrite)
		status = change_config(call, &f, /* commit= */ false, err);
	if (status == BFABRIC_OK)
		status = end_session(call, cancel, environment, kind, deadline, &f, &result, err);
	if (status == BFABRIC_OK && rewrite)
		status = change_config(call, &f, /* commit= */ true, err);
	if (status == BFABRIC_OK && f.own_file)
		status = bf_file_remove(f.secret_file, err);
	if (status != BFABRIC_OK)
		return status;
	was_there = result.was_there || f.inline_secret || f.store;
	bf_secret_puts(told, was_there ? "Logged out of " : "");
	put_shown(told, f.name);
	bf_secret_puts(told, was_there ? " (" : " was not logged in (");
	put_shown(told, f.url);
	bf_secret_puts(told, ").\n");
	put_server(&result, told);
	if (f.inline_secret || f.store)
		put_secret(&f, told);
	return *result.left ? bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s", result.left)
			    : BFABRIC_OK;
}
