#include "client_view.h"
#include "format.h"
#include "full.h"
#include "registering.h"
#include "say.h"
#include "screen.h"
#include "trace.h"
#include "../libbfabric/webapp.h"
#include <inttypes.h>
#include <string.h>

/* One run. */
struct job {
	const struct bf_command_line *call;
	struct bfabric *client;
	struct bfabric_webapp_metadata webapp;
	struct bf_registering registering;
	struct bf_secret token;
};

static void job_release(struct job *job)
{
	bfabric_free(job->client);
	bf_secret_release(&job->token);
}

/* The environment's own login, at its own server: for the registration and the record alike. */
static enum bfabric_status connect(struct job *job, struct bf_screen *screen,
	struct bf_environment *env, struct bfabric_error *err)
{
	const struct bf_command_line *call = job->call;
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	struct bf_session_seams seams = {0};
	struct bfabric_session *session = NULL;
	enum bfabric_status status = bf_screen_init(screen, &seams.cancel, err);

	if (status == BFABRIC_OK)
		status = bf_config_load(call->config_file, &config, err);
	if (status == BFABRIC_OK)
		status = bf_config_select(config, call->environment, NULL, env, err);
	if (status == BFABRIC_OK)
		status = bf_registering_ready(call, env, seams.cancel, &screen->terminal, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(env, "--env", &seams, &session, err);
	if (status == BFABRIC_OK)
		status = bf_client_new(session, &job->client, err);
	if (status != BFABRIC_OK)
		return status;
	session = bfabric_session(job->client);
	bf_trace_session(call, session);
	job->registering.session = session;
	return BFABRIC_OK;
}

static enum bfabric_status hinted(
	const struct job *job, enum bfabric_status status, struct bfabric_error *err)
{
	return status == BFABRIC_OK
		       ? status
		       : bf_fail_with_hint(
				 bf_session_environment(job->registering.session), job->call, err);
}

/* What has several lines cannot be told on one. */
static void put_field(const char *key, const char *value, struct bf_secret *out)
{
	if (!value || value[strcspn(value, "\t\n\r")])
		return;
	bf_secret_printf(out, " %s ", key);
	bf_shell_word(value, out);
}

static void put_number(const char *key, int64_t number, struct bf_secret *out)
{
	if (number)
		bf_secret_printf(out, " %s %" PRId64, key, number);
}

/* What finishes by hand what the server has just refused: the same record, as the same person. */
static void tell_how_to_finish(const struct job *job, int64_t number)
{
	const struct bfabric_webapp_metadata *webapp = &job->webapp;
	BF_AUTO_SECRET struct bf_secret line = BF_SECRET_INIT;

	if (!number)
		return;
	bf_secret_puts(&line, webapp->application_id ? "update" : "create");
	put_field("--env", bf_session_environment(job->registering.session)->name, &line);
	put_field("--config-file", job->call->config_file, &line);
	bf_secret_puts(&line, " --");
	if (webapp->application_id)
		put_number("application", webapp->application_id, &line);
	else
		bf_secret_puts(&line, " application");
	bf_secret_puts(&line, " type WebApp");
	put_field("name", webapp->name, &line);
	put_field("weburl", webapp->web_url, &line);
	put_number("oauthclientid", number, &line);
	put_number("technologyid", webapp->technology_id, &line);
	put_field("description", webapp->description, &line);
	put_field("hidden", webapp->hidden ? "true" : NULL, &line);
	if (!line.failed)
		bf_say("the client is there already; when that is mended: bfabric api %s",
			bf_secret_reveal(&line));
}

/* The client exists from here on: its secrets are kept whatever becomes of the application. */
static enum bfabric_status finish(struct job *job, struct bf_registered *made,
	struct bf_answer *answer, struct bfabric_error *err)
{
	struct bfabric_error refused = {0};
	enum bfabric_status kept, saved;

	saved = bf_webapp_save(job->client, &job->webapp, made->client.client_id, made->client.id,
		job->registering.deadline, &made->application, &refused);
	saved = hinted(job, saved, &refused);
	kept = bf_registering_keep(job->call, &job->registering, made, answer, err);
	if (saved == BFABRIC_OK) {
		bf_say("application %" JSON_INTEGER_FORMAT " was %s",
			json_integer_value(json_object_get(made->application, "id")),
			job->webapp.application_id ? "changed" : "created");
		return kept;
	}
	bf_say("%s", refused.text);
	tell_how_to_finish(job, made->client.id);
	if (kept != BFABRIC_OK)
		return kept;
	answer->also_on_failure = answer->failure_was_told = true;
	return bf_fail(err, saved, "%s", refused.text);
}

static enum bfabric_status register_it(
	struct job *job, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_AUTO_REGISTERED struct bf_registered made = BF_REGISTERED_INIT;
	struct bf_registering *r = &job->registering;
	enum bfabric_status status =
		hinted(job, bf_webapp_check(job->client, &job->webapp, r->deadline, err), err);

	if (status == BFABRIC_OK)
		status = bf_registering_own_token(
			job->call, r->session, r->deadline, &job->token, err);
	if (status == BFABRIC_OK)
		status = bf_registering_run(job->call, r, &made, err);
	return status == BFABRIC_OK ? finish(job, &made, answer, err) : status;
}

enum bfabric_status bf_run_register_webapp(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(job_release)
	struct job job = {.call = call,
		.token = BF_SECRET_INIT,
		.webapp = {.name = call->arguments[0],
			.web_url = call->arguments[1],
			.service_user_login = call->service_user,
			.description = call->description,
			.application_id = call->application_id,
			.technology_id = call->technology_id,
			.hidden = call->hidden != 0}};
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_screen screen = {0};
	enum bfabric_status status =
		bf_registering_check(call, "a name for the web application and its address", err);

	job.registering = bf_registering_of(call, &job.token);
	job.registering.for_people = true;
	job.registering.deadline = bf_command_deadline(call, BF_CLIENT_TIMEOUT);
	if (status == BFABRIC_OK)
		status = connect(&job, &screen, &env, err);
	return status == BFABRIC_OK ? register_it(&job, answer, err) : status;
}
