/*
 * A client of one's own, managed through the environment that holds its secrets.
 */
#include "base/hold.h"
#include "logout.h"
#include "manage_private.h"

#include <stdlib.h>
#include <string.h>

struct bf_manager {
	const char *config_file; /* borrowed */
	char *name, *rescue_path, *lock_path;
	struct bf_lock lock;
	struct bfabric_session *session;
	struct bf_login_flow flow;
	struct bf_client_registration client;
	struct bf_secret notes;
	bool deleting; /* an earlier run may have deleted the client */
};

void bf_manage_free(struct bf_manager *m)
{
	if (!m)
		return;
	bf_lock_release(&m->lock);
	bf_login_flow_release(&m->flow);
	bfabric_session_free(m->session);
	bf_client_registration_release(&m->client);
	bf_secret_release(&m->notes);
	free(m->name);
	free(m->rescue_path);
	free(m->lock_path);
	free(m);
}

void bf_manage_freep(struct bf_manager **manager)
{
	bf_manage_free(*manager);
	*manager = NULL;
}

const struct bf_environment *bf_manage_environment(const struct bf_manager *manager)
{
	return &manager->session->env;
}

const struct bf_client_registration *bf_manage_client(const struct bf_manager *manager)
{
	return &manager->client;
}

const char *bf_manage_notes(const struct bf_manager *manager)
{
	return bf_secret_reveal(&manager->notes);
}

/* ---- opening --------------------------------------------------------------------------------- */

static enum bfabric_status find_name(
	const struct bf_manage_options *options, char **ret, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (secure_getenv("BFABRICPY_CONFIG_OVERRIDE"))
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"BFABRICPY_CONFIG_OVERRIDE is set and replaces the configuration, so that "
			"a client's new secrets could not be kept: unset it first");
	if (options->environment) { /* an interrupted registration may not have written it yet */
		*ret = strdup(options->environment);
		return *ret ? BFABRIC_OK : bf_fail_nomem(err);
	}
	status = bf_config_load(options->config_file, &config, err);
	if (status == BFABRIC_OK)
		status = bf_config_select(config, NULL, NULL, &env, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(env.name);
	return status;
}

static enum bfabric_status check_management(
	const struct bf_environment *env, bool half_deleted, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	struct bfabric_error why = {0};
	enum bfabric_status status;

	if ((bf_secret_empty(&env->registration_access_token) && !half_deleted) ||
		!env->registration_client_uri)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"environment %.80s (%.200s, line %u) has no registration_access_token and "
			"registration_client_uri, which bfabric auth register --save-env keeps: "
			"its client can be changed in B-Fabric only",
			env->name, env->file, env->line);
	status = bf_url_parse(env->registration_client_uri, &url, &why);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK || !bf_url_same_origin(&url, &env->url))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"%.200s, line %u: registration_client_uri of environment %.80s %s, so that "
			"the client's token is not sent there",
			env->file, env->line, env->name,
			status == BFABRIC_OK ? "leads away from its base_url" : "is no good URL");
	return BFABRIC_OK;
}

/* As it is now that nobody else can change it. */
static enum bfabric_status load(struct bf_manager *m, const struct bf_manage_options *options,
	const struct bf_document_call *call, struct bfabric_error *err)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	enum bfabric_status status = bf_config_load(m->config_file, &config, err);

	if (status == BFABRIC_OK)
		status = bf_config_select(config, m->name, NULL, &env, err);
	if (status == BFABRIC_OK)
		status = bf_document_fill(&env, call, err);
	if (status == BFABRIC_OK)
		status = check_management(&env, m->deleting && bf_environment_apart(&env), err);
	if (status == BFABRIC_OK)
		status = bf_manage_known(&env, &m->client, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "--env", options->seams, &m->session, err);
	if (status == BFABRIC_OK && options->trace)
		bf_session_trace_to(m->session, options->trace, options->trace_data);
	return status;
}

enum bfabric_status bf_manage_open(
	const struct bf_manage_options *options, struct bf_manager **ret, struct bfabric_error *err)
{
	BF_AUTO_MANAGER struct bf_manager *m = calloc(1, sizeof(*m));
	const struct bf_session_seams *seams = options->seams;
	const struct bf_sys *sys = seams && seams->sys ? seams->sys : &bf_sys_real;
	int64_t deadline = options->deadline ? options->deadline : bf_boot_ms(sys) + BF_MANAGE_MS;
	const struct bf_document_call call = {sys, seams ? seams->cancel : NULL, deadline};
	enum bfabric_status status;

	if (!m)
		return bf_fail_nomem(err);
	m->config_file = options->config_file;
	m->lock = (struct bf_lock)BF_LOCK_INIT;
	status = find_name(options, &m->name, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_paths(
			m->config_file, m->name, &m->rescue_path, &m->lock_path, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_lock(m->lock_path, sys, call.cancel, deadline, &m->lock, err);
	if (status == BFABRIC_OK)
		status = bf_manage_settle(m->config_file, m->name, m->rescue_path, &call,
			&m->deleting, &m->notes, err);
	if (status == BFABRIC_OK)
		status = load(m, options, &call, err);
	if (status == BFABRIC_OK)
		status = bf_login_connect(&m->flow, m->session, deadline, BF_MANAGE_MS, err);
	if (status == BFABRIC_OK)
		*ret = BF_TAKE(m);
	return status;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static enum bfabric_status exchange_init(struct bf_manager *m, enum bf_rescue_kind kind,
	struct bf_exchange *x, struct bfabric_error *err)
{
	const struct bf_environment *env = &m->session->env;

	*x = (struct bf_exchange){
		.config_file = m->config_file,
		.rescue_path = m->rescue_path,
		.flow = &m->flow,
		.env = env,
		.before = &m->client,
		.save = true,
		.sys = m->session->sys,
		.rescue = {.slot = BF_SLOT_INIT},
		.secret_file = BF_SLOT_INIT,
		.notes = &m->notes,
	};
	x->head.kind = kind;
	x->head.environment = strdup(m->name);
	x->head.base_url = strdup(env->url.text);
	return x->head.environment && x->head.base_url ? BFABRIC_OK : bf_fail_nomem(err);
}

/* The next exchange compares with what is kept after this one. */
static enum bfabric_status remember(struct bf_manager *m, struct bfabric_error *err)
{
	struct bf_environment *env = &m->session->env;

	bf_secret_clear(&env->registration_access_token);
	bf_secret_put_secret(&env->registration_access_token, &m->client.registration_access_token);
	if (!env->client_secret_file) {
		bf_secret_clear(&env->client_secret);
		bf_secret_put_secret(&env->client_secret, &m->client.client_secret);
	}
	return env->registration_access_token.failed || env->client_secret.failed
		       ? bf_fail_nomem(err)
		       : BFABRIC_OK;
}

/* The end of a deletion was cut off: what could ask the server is gone. */
static bool half_deleted(const struct bf_manager *m)
{
	return m->deleting && bf_secret_empty(&m->client.registration_access_token);
}

static enum bfabric_status ask(
	struct bf_manager *m, struct bf_request *request, struct bfabric_error *err)
{
	BF_AUTO_EXCHANGE struct bf_exchange x = {0};
	enum bfabric_status status = exchange_init(m, BF_RESCUE_CHANGE, &x, err);

	if (status == BFABRIC_OK)
		status = bf_exchange_run(&x, request, &m->client, err);
	if (x.http_status == 401)
		return bf_fail_context(err, status,
			"the registration_access_token of environment %.80s is not valid: the "
			"client was deleted, or another program changed it and did not keep "
			"the new token",
			m->name);
	if (status == BFABRIC_OK)
		m->deleting = false; /* it was not, and the mark is overwritten */
	return status == BFABRIC_OK ? remember(m, err) : status;
}

enum bfabric_status bf_manage_read(struct bf_manager *m, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status;

	if (half_deleted(m))
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"the client of environment %.80s was deleted, and removing what is kept of "
			"it here was interrupted: run bfabric auth client-delete again",
			m->name);
	status = bf_registration_read_build(&m->client, &request, err);
	return status == BFABRIC_OK ? ask(m, &request, err) : status;
}

enum bfabric_status bf_manage_update(
	struct bf_manager *m, const struct bf_client_metadata *changes, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	enum bfabric_status status = bf_manage_read(m, err);

	if (status == BFABRIC_OK)
		status = bf_registration_update_build(&m->client, changes, &request, err);
	return status == BFABRIC_OK ? ask(m, &request, err) : status;
}

/* ---- deleting -------------------------------------------------------------------------------- */

static enum bfabric_status change_config(
	struct bf_manager *m, bool commit, struct bfabric_error *err)
{
	static const struct bf_config_value dead[] = {
		{"client_secret", NULL},
		{"registration_access_token", NULL},
		{"registration_client_uri", NULL},
		{"libbfabric.client_secret_file", NULL},
		/* only where they are of an OAuth login: */
		{"client_id", NULL},
		{"scope", NULL},
		{"auth_method", NULL},
	};
	const struct bf_config_change change = {
		.name = m->name,
		.values = dead,
		.value_count = bf_session_cached(m->session) ? 7 : 4,
		.set_default = BF_DEFAULT_NO,
	};

	return commit ? bf_config_write(m->config_file, &change, err)
		      : bf_config_check_write(m->config_file, &change, err);
}

/* Of the environment's store everything that was the client's; the identity of the document is in
 * the configuration, so that this comes first. */
static enum bfabric_status clear_store(struct bf_manager *m, struct bfabric_error *err)
{
	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
	const struct bf_document_call call = {.sys = m->session->sys};
	enum bfabric_status status =
		bf_document_open(&m->session->env, /* store= */ NULL, &call, &document, err);

	if (status != BFABRIC_OK || !document.found)
		return status;
	if (bf_session_cached(m->session))
		return bf_store_erase(&document.store, /* deadline= */ 0, err);
	bf_secret_release(&document.stored.client_secret);
	bf_secret_release(&document.stored.registration_access_token);
	return bf_document_save(&document, err);
}

/* What is left here of a client that is gone. */
static enum bfabric_status clear(struct bf_manager *m, struct bfabric_error *err)
{
	struct bf_logout_result result = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (bf_session_cached(m->session))
		status = bf_logout(
			m->session, BF_LOGOUT_CLIENT_GONE, /* deadline= */ 0, &result, err);
	if (status == BFABRIC_OK)
		status = clear_store(m, err);
	if (status == BFABRIC_OK)
		status = change_config(m, /* commit= */ true, err);
	if (status != BFABRIC_OK)
		return bf_fail_context(err, status,
			"the client is deleted, but what is kept of it here could not be removed: "
			"run bfabric auth client-delete again");
	return bf_file_remove(m->rescue_path, err);
}

static bool is_gone(const struct bf_manager *m, const struct bf_exchange *x)
{
	return m->deleting && (x->http_status == 401 || x->http_status == 404);
}

static enum bfabric_status send_delete(struct bf_manager *m, struct bf_exchange *x,
	struct bf_request *request, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	enum bfabric_status status = bf_exchange_send(x, request, &reply, err);

	if (status != BFABRIC_OK)
		return status;
	status = bf_registration_delete_accept(&reply, err);
	if (status == BFABRIC_OK || is_gone(m, x))
		return clear(m, err);
	if (status != BFABRIC_RETRY_LATER)
		(void)!bf_file_remove(m->rescue_path, /* err= */ NULL); /* it was not deleted */
	return status;
}

enum bfabric_status bf_manage_delete(struct bf_manager *m, struct bfabric_error *err)
{
	BF_AUTO_EXCHANGE struct bf_exchange x = {0};
	BF_AUTO_REQUEST struct bf_request request = {0};
	sigset_t before;
	enum bfabric_status status;

	if (half_deleted(m))
		return clear(m, err);
	status = exchange_init(m, BF_RESCUE_DELETE, &x, err);
	if (status == BFABRIC_OK)
		status = bf_registration_delete_build(&m->client, &request, err);
	if (status == BFABRIC_OK)
		status = change_config(m, /* commit= */ false, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_digest(x.env, x.head.token, x.head.secret, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_reserve(m->rescue_path, &x.head, &x.rescue, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_commit(&x.rescue, /* body= */ NULL, err);
	if (status != BFABRIC_OK)
		return status;
	bf_hold_signals(&before);
	status = send_delete(m, &x, &request, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return status;
}
