/*
 * pam-store: what the PAM module has done as the user whom it let in. No verb for a person: it
 * reads a request on stdin, as lines key=value up to an empty one, and answers in the same form.
 *
 *	operation=adopt      keep the login of token=REPLY, a reply of a token endpoint in JSON
 *	operation=refresh    refresh the login quietly, if it is due
 *	operation=valid      is there a login that gives a token, or can be refreshed? No network
 *	operation=close      the session `session` ends: what it left in the runtime directory does
 *	env=, base_url=, client_id=        which login
 *	scope=, ca_file=, proxy=           as in bfabricpy.yml(5); may be left out
 *	place=runtime        adopt: it stays in the runtime directory, whatever the home can take
 *	session=NAME         adopt: which session of the machine it is of (libbfabric/login_stay.h)
 *	token_endpoint=, revocation_endpoint=   of the server, for adopt; likewise
 *
 *	status=OK            as bfabric_status_name(); the exit code follows
 *	name=alice           whose login it is
 *	valid=yes|no         refresh, valid
 *	ended=yes|no         close: there was something; what the server could not take back is
 *	                     in the message
 *	stored=yes|waits     adopt: waits in the runtime directory until the home can take it
 *	message=...          one line for the log
 *
 * The administrator's request says with which server and as which client to talk; the user's own
 * configuration is read for two things only: does the environment mean the same login there, and
 * has it a store of its own. That store's program is not run: at this moment nobody can answer a
 * keyring, and no program of the user's choice belongs into the start of a session. Nor does
 * anything else of the user's environment count.
 */
#include "full.h"
#include "pam_own.h"
#include "pam_user.h"
#include "pending.h"
#include "../libbfabric/base/kv.h"
#include "../libbfabric/client.h"
#include "../libbfabric/login_stay.h"
#include "../libbfabric/login_undo.h"
#include "../libbfabric/login_wait.h"
#include "../libbfabric/oauth/grant.h"
#include "../libbfabric/settle.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define REFRESH_SECONDS 2 /* until a request has left; its reply is waited for */
#define CLOSE_SECONDS   10

static const struct bf_option options[] = {
	BF_ROW_HELP,
	BF_ROW_END,
};

const struct bf_verb bf_verb_pam_store = {
	.name = "pam-store",
	.summary = "what the PAM module has done as its user",
	.options = options,
	.text = "Reads a request of the PAM module on stdin. Not for people: see bfabric --help.",
};

/* One request. */
struct job {
	struct bf_kv kv;
	struct bfabric_session *session;
	/*
	 * What the user's configuration says against it. FORBIDDEN: the name means another login
	 * there; any other status: it cannot be read.
	 */
	struct bfabric_error own;
	bool no_place;        /* it could be kept nowhere, as job->own says */
	bool listed;          /* the environment is in the user's file */
	char *name, *message; /* for the answer, as is: */
	const char *valid, *stored, *ended;
};

static void job_release(struct job *job)
{
	bf_kv_release(&job->kv);
	bfabric_session_free(job->session);
	free(job->name);
	free(job->message);
}

static const char *asked(const struct job *job, const char *key)
{
	const char *value = bf_kv_get(&job->kv, key);

	return value && *value ? value : NULL;
}

/* The first trouble counts. */
static void note(struct job *job, const char *text)
{
	if (text && !job->message)
		job->message = strdup(text); /* without memory the log has less to say */
}

/* ---- which login --------------------------------------------------------------------------- */

static enum bfabric_status describe(
	const struct job *job, struct bf_environment *ret, struct bfabric_error *err)
{
	const struct bfabric_server server = {.base_url = asked(job, "base_url"),
		.ca_file = asked(job, "ca_file"),
		.proxy = asked(job, "proxy")};
	enum bfabric_status status;

	if (!asked(job, "env") || !asked(job, "client_id"))
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no env or no client_id");
	status = bf_client_environment(&server, asked(job, "env"), BFABRIC_AUTH_OAUTH, ret, err);
	if (status != BFABRIC_OK)
		return status;
	if (!bf_copy_string(&ret->client_id, asked(job, "client_id")) ||
		!bf_copy_string(&ret->scope, asked(job, "scope")))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

/* ---- the user's own configuration ------------------------------------------------------------ */

/* So that bfabricPy and our own tools find the login. */
static void list_it(struct job *job)
{
	const struct bf_environment *env = bf_session_environment(job->session);
	const struct bf_config_login login = {
		.base_url = env->url.text,
		.auth_method = bfabric_auth_method_name(BFABRIC_AUTH_OAUTH),
		.client_id = env->client_id,
		.scope = env->scope,
	};
	struct bf_config_value values[BF_CONFIG_LOGIN_VALUES + 2];
	struct bf_config_change change = {.name = env->name, .values = values};
	struct bfabric_error why = {0};

	if (job->listed)
		return;
	change.value_count = bf_config_login_values(&login, values);
	values[change.value_count++] = (struct bf_config_value){"libbfabric.ca_file", env->ca_file};
	values[change.value_count++] = (struct bf_config_value){"libbfabric.proxy", env->proxy};
	if (bf_config_write(/* config_file= */ NULL, &change, &why) != BFABRIC_OK)
		note(job, why.text);
}

/* ---- operations ------------------------------------------------------------------------------ */

/* Of the login's files. */
static enum bfabric_status look(struct job *job, struct bfabric_error *err)
{
	struct bfabric_session_status status = {0};
	enum bfabric_status outcome = bfabric_session_status(job->session, &status, err);

	if (outcome != BFABRIC_OK)
		return outcome;
	job->valid = status.can_refresh || status.token_state == BFABRIC_TOKEN_FRESH ||
				     status.token_state == BFABRIC_TOKEN_STALE
			     ? "yes"
			     : "no";
	free(job->name);
	job->name = BF_TAKE(status.subject);
	bfabric_session_status_clear(&status);
	return BFABRIC_OK;
}

static enum bfabric_status require_own(const struct job *job, struct bfabric_error *err)
{
	if (job->own.status == BFABRIC_OK)
		return BFABRIC_OK;
	return bf_fail(err, job->own.status, "%s", job->own.text);
}

static enum bfabric_status run_valid(struct job *job, struct bfabric_error *err)
{
	enum bfabric_status status = require_own(job, err);

	return status == BFABRIC_OK ? look(job, err) : status;
}

/* A login that waits goes to where it belongs, also while the one before it is still good. */
static void settle(struct job *job, int64_t deadline)
{
	struct bfabric_error why = {0};

	if (bf_pending_look(bf_session_environment(job->session)) != BF_PENDING_NONE &&
		bf_session_settle(job->session, deadline, &why) != BFABRIC_OK)
		note(job, why.text);
}

static enum bfabric_status run_refresh(struct job *job, struct bfabric_error *err)
{
	BF_AUTO_BFABRIC_TOKEN struct bfabric_token token = {0};
	int64_t deadline = bfabric_deadline_in(REFRESH_SECONDS);
	enum bfabric_status status = require_own(job, err);

	if (status == BFABRIC_OK)
		status = bf_login_check_home(job->session, /* make= */ false, err);
	if (status != BFABRIC_OK)
		return status;
	settle(job, deadline);
	status = bfabric_session_token(job->session, /* min_ttl= */ -1, deadline, &token, err);
	if (status != BFABRIC_OK)
		return status;
	note(job, token.warning);
	list_it(job);
	return look(job, err);
}

/* It was accepted once, where it was received; what is kept is accepted here. */
static enum bfabric_status read_token(
	const struct job *job, json_t **ret, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200, .content_type = "application/json"};

	if (!asked(job, "token"))
		return bf_fail(err, BFABRIC_BAD_CALL, "the request has no token");
	bf_secret_puts(&reply.body, asked(job, "token"));
	if (reply.body.failed)
		return bf_fail_nomem(err);
	if (bf_token_accept(&reply, ret, err) == BF_TOKEN_ISSUED)
		return BFABRIC_OK;
	return bf_fail_context(err, BFABRIC_BAD_CALL, "the token of the request");
}

static enum bfabric_status run_adopt(struct job *job, struct bfabric_error *err)
{
	BF_CLEANUP(json_decrefp) json_t *reply = NULL;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bf_login_grant grant = {
		.token_endpoint = asked(job, "token_endpoint"),
		.revocation_endpoint = asked(job, "revocation_endpoint"),
		.client_auth = BF_CLIENT_AUTH_UNKNOWN,
		.session = asked(job, "session"),
	};
	bool readable = job->own.status == BFABRIC_OK;
	enum bfabric_status status = read_token(job, &reply, err);

	if (status != BFABRIC_OK)
		return status;
	grant.reply = reply;
	if (job->own.status == BFABRIC_FORBIDDEN || job->no_place) {
		status = require_own(job, err);
		bf_login_undo(job->session, &grant, err);
		return status;
	}
	status = bf_login_hand_over(
		job->session, &grant, readable ? NULL : job->own.text, &result, err);
	if (status != BFABRIC_OK)
		return status;
	job->stored = result.warning ? "waits" : "yes";
	note(job, result.warning);
	job->name = BF_TAKE(result.subject);
	if (readable)
		list_it(job);
	return BFABRIC_OK;
}

static enum bfabric_status run_close(struct job *job, struct bfabric_error *err)
{
	char left[256] = "";
	bool ended = false;
	enum bfabric_status status = BFABRIC_OK;

	if (!asked(job, "session"))
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no session");
	status = bf_login_end(job->session, asked(job, "session"),
		bfabric_deadline_in(CLOSE_SECONDS), &ended, left, err);
	job->ended = ended ? "yes" : "no";
	if (*left)
		note(job, left);
	return status;
}

static const struct operation {
	const char *name;
	enum bfabric_status (*run)(struct job *job, struct bfabric_error *err);
} operations[] = {
	{"adopt", run_adopt},
	{"refresh", run_refresh},
	{"valid", run_valid},
	{"close", run_close},
};

static const struct operation *find(const char *name)
{
	for (size_t i = 0; name && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}

static bool stays_in_runtime(const struct job *job)
{
	const char *place = asked(job, "place");

	return place && strcmp(place, "runtime") == 0;
}

/* There is no runtime directory, and no other place for it: what came can still be given back. */
static enum bfabric_status open_for_undo(
	struct job *job, struct bf_environment *env, struct bfabric_error *err)
{
	const struct bf_session_seams seams = {.in_memory = true, .stays = true};

	job->no_place = true;
	job->own = *err;
	return bf_session_new(env, "pam-store", &seams, &job->session, err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum bfabric_status serve(struct job *job, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const struct bf_session_seams seams = {
		.no_programs = "no program is run while a session begins; later: bfabric auth "
			       "refresh --pending",
		.in_runtime = stays_in_runtime(job),
		.stays = true,
	};
	const struct operation *operation = find(asked(job, "operation"));
	enum bfabric_status status;

	if (!operation)
		return bf_fail(err, BFABRIC_BAD_CALL, "the request names no operation of ours");
	status = describe(job, &env, err);
	if (status != BFABRIC_OK)
		return status;
	(void)!bf_pam_look_at_own(&env, &job->listed, &job->own); /* looked at in job->own */
	status = bf_session_new(&env, "pam-store", &seams, &job->session, err);
	if (status == BFABRIC_SYSTEM && seams.in_runtime)
		status = open_for_undo(job, &env, err);
	return status == BFABRIC_OK ? operation->run(job, err) : status;
}

static void put(struct bf_secret *out, const char *key, const char *value)
{
	char shown[sizeof(((struct bfabric_error *)NULL)->text)];

	if (!value || !*value)
		return;
	bf_show(shown, sizeof(shown), value, strlen(value));
	bf_kv_put(out, key, shown);
}

enum bfabric_status bf_run_pam_store(
	const struct bf_command_line *call, struct bf_answer *answer, struct bfabric_error *err)
{
	BF_CLEANUP(job_release) struct job job = {0};
	enum bfabric_status status = bf_pam_check_user(err);

	(void)call; /* a process list shows arguments to everybody: there are none */
	answer->also_on_failure = true;
	answer->failure_was_told = true;
	if (status == BFABRIC_OK)
		status = bf_pam_clean_environment(err);
	if (status == BFABRIC_OK)
		status = bf_kv_read(STDIN_FILENO, &job.kv, err);
	if (status == BFABRIC_OK)
		status = serve(&job, err);
	put(&answer->out, "status", bfabric_status_name(status));
	put(&answer->out, "name", job.name);
	put(&answer->out, "valid", job.valid);
	put(&answer->out, "stored", job.stored);
	put(&answer->out, "ended", job.ended);
	put(&answer->out, "message", status == BFABRIC_OK ? job.message : err->text);
	return status;
}
