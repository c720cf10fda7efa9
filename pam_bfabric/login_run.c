/* login_run.c - see login_run.h. */
#include "login_run.h"

#include <stdio.h>
#include <string.h>

#include "../libbfabric/base/concat.h"
#include "../libbfabric/client.h"
#include "../libbfabric/evidence.h"
#include "../libbfabric/login_device.h"
#include "../libbfabric/login_undo.h"
#include "../libbfabric/login_wait.h"
#include "login_place.h"
#include "login_talk.h"

/* From the token until it is known who approved: as long as it takes where it would be lost. */
#define FINISH_SESSION_MS 30000
#define FINISH_AUTH_MS    5000 /* at least */

#define PROMPT_MS 60000 /* from our deadline: somebody may still be at a prompt */

/* One run. */
struct run {
	const struct bf_login_request *request;
	struct bfabric_session *session;
	struct bf_login_talk talk;
	struct bfabric_ui ui;
	struct bf_device_login login;
	struct bf_evidence who;
	bool entry_missing; /* the user's configuration does not know the environment */
};

static void run_release(struct run *run)
{
	bf_evidence_release(&run->who);
	bf_device_login_release(&run->login);
	bfabric_session_free(run->session);
}

/* ---- before ---------------------------------------------------------------------------------- */

static bool has_word(const char *scope, const char *word)
{
	const size_t len = strlen(word);

	for (; scope && *scope; scope += strspn(scope, " ")) {
		size_t run = strcspn(scope, " ");

		if (run == len && memcmp(scope, word, len) == 0)
			return true;
		scope += run;
	}
	return false;
}

/* With `openid`, so that the server says who approved. */
static char *wanted_scope(const char *scope)
{
	if (has_word(scope, "openid"))
		return bf_concat(scope, NULL);
	return scope ? bf_concat("openid ", scope, NULL) : bf_concat("openid", NULL);
}

enum bfabric_status bf_login_environment(const struct bf_login_request *request,
	struct bf_environment *ret, struct bfabric_error *err)
{
	const struct bfabric_server server = {.base_url = request->base_url,
		.ca_file = request->ca_file,
		.proxy = request->proxy ? request->proxy : ""};
	enum bfabric_status status =
		bf_client_environment(&server, request->env, BFABRIC_AUTH_OAUTH, ret, err);

	if (status != BFABRIC_OK)
		return status;
	ret->scope = wanted_scope(request->scope);
	if (!ret->scope || !bf_copy_string(&ret->client_id, request->client_id) ||
		!bf_copy_string(&ret->client_secret_file, request->client_secret_file))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static enum bfabric_status open_session(
	struct run *run, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	const struct bf_session_seams seams = {.cancel = cancel,
		.in_memory = run->request->mode == BF_LOGIN_AUTH,
		.in_runtime = run->request->stays,
		.no_programs = "the store is not opened while a session starts; later: bfabric "
			       "auth refresh --pending"};
	enum bfabric_status status = bf_login_environment(run->request, &env, err);

	if (status == BFABRIC_OK && run->request->mode == BF_LOGIN_SESSION)
		status = bf_login_place_check(&env, &run->entry_missing, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "pam", &seams, &run->session, err);
	return status;
}

/* ---- who approved ---------------------------------------------------------------------------- */

static void tell_clock(const struct run *run)
{
	const int64_t off = run->who.clock_off;
	char text[120];
	const struct bf_line line = {.verb = BF_LINE_NOTE, .text = text};

	if (off <= BF_EVIDENCE_CLOCK && off >= -BF_EVIDENCE_CLOCK)
		return;
	snprintf(text, sizeof(text), "this machine's clock is %lld s %s that of the server",
		(long long)(off < 0 ? -off : off), off < 0 ? "ahead of" : "behind");
	(void)bf_login_say(&run->talk, &line); /* who does not listen is found out below */
}

static bool in_any_group(const struct run *run)
{
	const struct bf_kv *kv = &run->request->kv;

	for (size_t i = 0; i < kv->count; i++)
		if (strcmp(kv->lines[i].key, "group[]") == 0 && *kv->lines[i].value &&
			bf_kv_has(kv, "group[]", kv->lines[i].value) &&
			bf_evidence_in_group(&run->who, kv->lines[i].value))
			return true;
	return false;
}

static enum bfabric_status judge_person(struct run *run, struct bfabric_error *err)
{
	const struct bf_line line = {.verb = BF_LINE_IDENTITY,
		.name = run->who.name,
		.evidence = bf_evidence_kind_name(run->who.kind)};
	bool listened;

	tell_clock(run);
	listened = bf_login_say(&run->talk, &line);
	if (!listened && run->request->mode == BF_LOGIN_AUTH)
		return bf_fail(err, BFABRIC_CANCELLED, "nobody waits for the login any more");
	if (bf_login_request_has(run->request, "group[]") && !in_any_group(run))
		return bf_fail(err, BFABRIC_FORBIDDEN,
			"%.100s, who approved the login, is in none of the groups that may log in",
			run->who.name);
	if (bf_login_request_has(run->request, "expect[]") &&
		!bf_kv_has(&run->request->kv, "expect[]", run->who.name))
		return bf_fail(err, BFABRIC_DENIED,
			"%.100s approved the login, who is somebody else", run->who.name);
	return BFABRIC_OK;
}

/* Where no person is waited for, it is the server that does not come: as if it were not there. */
static enum bfabric_status fail_slow(struct bfabric_error *err)
{
	return bf_fail_context(err, BFABRIC_RETRY_LATER, "the server did not answer in time");
}

static enum bfabric_status check_person(struct run *run, struct bfabric_error *err)
{
	const struct bf_evidence_grant grant = {.reply = run->login.reply,
		.date = run->login.date,
		.client_secret = &run->login.client_secret};
	const struct bf_evidence_expected expected = {.client_id = run->request->client_id,
		.issuer = run->request->issuer,
		.claim = run->request->claim};
	enum bfabric_status status;

	if (run->request->mode == BF_LOGIN_SESSION &&
		!bf_login_request_has(run->request, "expect[]"))
		return BFABRIC_OK;
	status = bf_evidence_check(&run->login.flow, &grant, &expected, &run->who, err);
	if (status == BFABRIC_TIMEOUT)
		return fail_slow(err);
	return status == BFABRIC_OK ? judge_person(run, err) : status;
}

/* ---- afterwards ------------------------------------------------------------------------------ */

/*
 * Who asked may have gone away, or may not wish for it any more, at the very moment it comes: what
 * nobody has read is nobody's. A person at a prompt may keep them from reading it for a while.
 */
static enum bfabric_status hand_over(
	const struct run *run, const struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	char *text = json_dumps(run->login.reply, JSON_COMPACT | JSON_ENSURE_ASCII);
	const struct bf_line line = {.verb = BF_LINE_TOKEN, .token = text};
	bool said = text && bf_login_say(&run->talk, &line) &&
		    bf_login_heard_out(&run->talk, cancel, run->talk.deadline + PROMPT_MS);

	bf_free_secret_string(text);
	if (!text)
		return bf_fail_nomem(err);
	return said ? BFABRIC_OK
		    : bf_fail(err, BFABRIC_CANCELLED, "the login could not be handed over");
}

static void note(const struct run *run, const char *text)
{
	const struct bf_line line = {.verb = BF_LINE_NOTE, .text = text};

	(void)bf_login_say(&run->talk, &line); /* the login is kept, whoever hears of it */
}

/* Undoes by itself what it cannot save. */
static enum bfabric_status keep(
	struct run *run, const struct bf_login_grant *grant, struct bfabric_error *err)
{
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	struct bfabric_error why = {0};
	struct bf_line line = {.verb = BF_LINE_STORED};
	enum bfabric_status status =
		bf_login_hand_over(run->session, grant, /* not_now= */ NULL, &result, err);

	if (status != BFABRIC_OK)
		return status;
	if (result.warning)
		note(run, result.warning);
	if (run->entry_missing &&
		bf_login_place_write(bf_session_environment(run->session), &why) != BFABRIC_OK)
		note(run, why.text);
	line.name = result.subject;
	if (!bf_login_say(&run->talk, &line) && line.name) {
		line.name = NULL; /* a subject that is no plain text */
		(void)bf_login_say(&run->talk, &line);
	}
	return BFABRIC_OK;
}

/* The token is here: whoever wishes to stop, and the deadline, come too late for it. */
static enum bfabric_status finish(
	struct run *run, struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	const bool auth = run->request->mode == BF_LOGIN_AUTH;
	const int64_t enough =
		bf_boot_ms(run->session->sys) + (auth ? FINISH_AUTH_MS : FINISH_SESSION_MS);
	struct bf_login_grant grant = {0};
	enum bfabric_status status = BFABRIC_OK;

	run->session->cancel = NULL;
	if (run->login.flow.deadline < enough)
		run->login.flow.deadline = enough;
	bf_device_login_grant(&run->login, &grant);
	grant.session = run->request->session;
	if (auth && bf_cancelled(cancel))
		status = bf_fail(err, BFABRIC_CANCELLED, "the login was cancelled");
	if (status == BFABRIC_OK)
		status = check_person(run, err);
	if (status == BFABRIC_OK && !auth)
		return keep(run, &grant, err);
	if (status == BFABRIC_OK)
		status = hand_over(run, cancel, err);
	if (status != BFABRIC_OK)
		bf_login_undo(run->session, &grant, err);
	return status;
}

enum bfabric_status bf_login_run(const struct bf_login_request *request, int fd,
	struct bfabric_cancel *cancel, struct bfabric_error *err)
{
	BF_CLEANUP(run_release)
	struct run run = {.request = request,
		.talk = {.fd = fd,
			.cancel = cancel,
			.said = -1,
			.qr_columns = request->qr_columns,
			.qr_rows = request->qr_rows},
		.login = {.sure = true}};
	enum bfabric_status status = open_session(&run, cancel, err);

	if (status != BFABRIC_OK)
		return status;
	run.talk.base = &bf_session_environment(run.session)->url;
	run.talk.deadline = bf_boot_ms(run.session->sys) + request->timeout * 1000;
	run.ui = bf_login_talk_ui(&run.talk);
	status = bf_device_login_run(&run.login, run.session, &run.ui, run.talk.deadline, err);
	if (status == BFABRIC_OK)
		return finish(&run, cancel, err);
	if (status == BFABRIC_TIMEOUT && !run.login.device.user_code)
		return fail_slow(err);
	if (status == BFABRIC_CANCELLED && run.talk.trouble.status != BFABRIC_OK)
		return bf_fail(err, run.talk.trouble.status, "%s", run.talk.trouble.text);
	return status;
}
