/*
 * Registering a client, and keeping what only the reply says.
 */
#include "manage_private.h"

#include <stdlib.h>
#include <string.h>

/* What it goes by where no environment is to be written: no name of an environment begins so. */
static enum bfabric_status name_of(
	const struct bf_registering *r, char **ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret name = BF_SECRET_INIT;

	if (!r->save_env) {
		bf_secret_printf(&name, " %s ", r->session->env.url.text);
		bf_secret_puts(&name, r->metadata->client_name);
	} else {
		bf_secret_puts(&name, r->save_env);
	}
	*ret = name.failed ? NULL : strdup(bf_secret_reveal(&name));
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

/* A reply that nobody fetched. */
static enum bfabric_status check_unsaved(const char *rescue_path, struct bfabric_error *err)
{
	BF_AUTO_RESCUE_HEAD struct bf_rescue_head head = {0};
	BF_AUTO_SECRET struct bf_secret body = BF_SECRET_INIT;
	bool found = false;
	enum bfabric_status status = bf_rescue_read(rescue_path, &found, &head, &body, err);

	if (status == BFABRIC_OK && found)
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"an interrupted run registered a client of this name; the server's answer "
			"is in %.300s: take from it what you need, then remove it",
			rescue_path);
	return status;
}

struct job {
	const struct bf_registering *r;
	char *name, *rescue_path, *lock_path;
	struct bf_lock lock;
	struct bf_login_flow flow;
	struct bf_environment old; /* what is going to be replaced */
	bool replaces;
};

static void job_release(struct job *job)
{
	bf_lock_release(&job->lock);
	bf_login_flow_release(&job->flow);
	bf_environment_release(&job->old);
	free(job->name);
	free(job->rescue_path);
	free(job->lock_path);
}

static enum bfabric_status check_saved(
	struct job *job, int64_t deadline, struct bf_secret *notes, struct bfabric_error *err)
{
	const struct bf_registering *r = job->r;
	const struct bf_document_call call = {r->session->sys, r->session->cancel, deadline};
	bool deleting = false;
	enum bfabric_status status = bf_manage_settle(
		r->config_file, r->save_env, job->rescue_path, &call, &deleting, notes, err);

	if (status == BFABRIC_OK)
		status = bf_manage_find(
			r->config_file, r->save_env, &call, &job->replaces, &job->old, err);
	if (status != BFABRIC_OK || !job->replaces || r->overwrite)
		return status;
	return bf_fail(err, BFABRIC_FORBIDDEN,
		"%senvironment %.80s exists already: choose another name for --save-env, or add "
		"--force to replace what it logs in with",
		bf_secret_empty(notes) ? "" : "an interrupted run was finished, ", r->save_env);
}

static enum bfabric_status prepare(
	struct job *job, struct bf_secret *notes, struct bfabric_error *err)
{
	const struct bf_registering *r = job->r;
	struct bfabric_session *s = r->session;
	int64_t deadline = r->deadline ? r->deadline : bf_boot_ms(s->sys) + BF_MANAGE_MS;
	enum bfabric_status status = name_of(r, &job->name, err);

	if (status == BFABRIC_OK)
		status = bf_rescue_paths(
			r->config_file, job->name, &job->rescue_path, &job->lock_path, err);
	if (status == BFABRIC_OK)
		status = bf_rescue_lock(
			job->lock_path, s->sys, s->cancel, deadline, &job->lock, err);
	if (status == BFABRIC_OK)
		status = r->save_env ? check_saved(job, deadline, notes, err)
				     : check_unsaved(job->rescue_path, err);
	if (status == BFABRIC_OK)
		status = bf_login_connect(&job->flow, s, deadline, BF_MANAGE_MS, err);
	return status;
}

/* NULL: file. */
static const char *store_of(const struct job *job)
{
	const char *named = job->r->store ? job->r->store : job->old.store;

	return named && strcmp(named, "file") != 0 ? named : NULL;
}

static enum bfabric_status exchange(struct job *job, struct bf_client_registration *ret,
	struct bf_secret *notes, struct bfabric_error *err)
{
	const struct bf_registering *r = job->r;
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_EXCHANGE struct bf_exchange x = {
		.config_file = r->config_file,
		.rescue_path = job->rescue_path,
		.flow = &job->flow,
		.env = job->replaces ? &job->old : NULL,
		.save = r->save_env != NULL,
		.sys = r->session->sys,
		.rescue = {.slot = BF_SLOT_INIT},
		.secret_file = BF_SLOT_INIT,
		.notes = notes,
	};
	enum bfabric_status status = BFABRIC_OK;

	x.head.kind = BF_RESCUE_REGISTER;
	x.head.environment = strdup(job->name);
	x.head.base_url = strdup(r->session->env.url.text);
	x.head.service = r->metadata->service_user_login != NULL && !r->for_people;
	if (!x.head.environment || !x.head.base_url ||
		!bf_copy_string(&x.head.store, store_of(job)))
		return bf_fail_nomem(err);
	/* What stands in the way here is told before the server is asked for its endpoints. */
	status = bf_exchange_check(&x, err);
	if (status == BFABRIC_OK)
		status = bf_login_discover(&job->flow, err);
	if (status == BFABRIC_OK)
		status = bf_registration_build(
			job->flow.endpoints.registration, r->metadata, r->token, &request, err);
	return status == BFABRIC_OK ? bf_exchange_run(&x, &request, ret, err) : status;
}

enum bfabric_status bf_register(const struct bf_registering *registering,
	struct bf_client_registration *ret, char **ret_rescue, struct bf_secret *notes,
	struct bfabric_error *err)
{
	BF_CLEANUP(job_release) struct job job = {.r = registering, .lock = BF_LOCK_INIT};
	enum bfabric_status status = prepare(&job, notes, err);

	if (status == BFABRIC_OK)
		status = exchange(&job, ret, notes, err);
	if (status == BFABRIC_OK && !registering->save_env)
		*ret_rescue = BF_TAKE(job.rescue_path);
	return status;
}
