/*
 * Logging in by the browser of this machine: authorization code with PKCE, back to the loopback
 * address (RFC 6749, section 4.1; RFC 7636; RFC 8252; RFC 9207).
 */
#include "login.h"

#include "login_flow.h"
#include "login_page.h"
#include "net/loopback.h"
#include "oauth/authorize.h"
#include "oauth/callback.h"
#include "oauth/pkce.h"

#include <string.h>
#include <unistd.h>

#define LOGIN_MS 120000 /* without a deadline */
#define TICK_MS  250

/* One login under way. */
struct attempt {
	struct bf_login_flow flow;
	struct bf_loopback *listener;
	struct bf_callback_place place;
	struct bf_secret state, verifier, redirect_uri, client_secret;
	struct bf_secret pasted; /* what was typed of a line that is not complete */
	int paste_fd;            /* -1: none, or at its end */
	bool held;               /* a browser waits for the page */
	/* The answer, once it came. */
	bool answered;
	struct bf_secret code;
	struct bfabric_error refusal; /* status OK: there is a code */
	json_t *reply;
};

static void attempt_release(struct attempt *a)
{
	bf_loopback_free(a->listener);
	bf_login_flow_release(&a->flow);
	bf_secret_release(&a->state);
	bf_secret_release(&a->verifier);
	bf_secret_release(&a->redirect_uri);
	bf_secret_release(&a->client_secret);
	bf_secret_release(&a->pasted);
	bf_secret_release(&a->code);
	json_decref(a->reply);
}

static void notice(const struct attempt *a, const char *text)
{
	if (a->flow.ui->notice)
		a->flow.ui->notice(a->flow.ui->data, text);
}

/* ---- the way there --------------------------------------------------------------------------- */

static enum bfabric_status listen_there(struct attempt *a, unsigned port, struct bfabric_error *err)
{
	enum bfabric_status status = bf_loopback_open(/* ipv6= */ false, port, &a->listener, err);

	if (status != BFABRIC_OK)
		return status;
	a->place.host = bf_loopback_host(a->listener);
	a->place.port = bf_loopback_port(a->listener);
	bf_callback_uri(&a->place, &a->redirect_uri);
	return a->redirect_uri.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static enum bfabric_status make_url(
	struct attempt *a, struct bf_secret *ret_url, struct bfabric_error *err)
{
	const struct bf_environment *env = &a->flow.s->env;
	char challenge[BF_PKCE_CHALLENGE] = "";
	struct bf_authorize_request request = {
		.endpoint = a->flow.endpoints.authorization,
		.client_id = env->client_id,
		.redirect_uri = bf_secret_reveal(&a->redirect_uri),
		.scope = env->scope,
		.challenge = challenge,
		.state = &a->state,
	};
	enum bfabric_status status = bf_pkce_random(a->flow.s->sys, &a->state, err);

	if (status == BFABRIC_OK)
		status = bf_pkce_random(a->flow.s->sys, &a->verifier, err);
	if (status == BFABRIC_OK)
		status = bf_pkce_challenge(&a->verifier, challenge, err);
	return status == BFABRIC_OK ? bf_authorize_url(&request, ret_url, err) : status;
}

static enum bfabric_status send_there(struct attempt *a, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret url = BF_SECRET_INIT;
	enum bfabric_status status = make_url(a, &url, err);

	if (status != BFABRIC_OK)
		return status;
	bf_trace(a->flow.s, "waiting for the browser at %s", bf_secret_reveal(&a->redirect_uri));
	if (a->flow.ui->open_url(a->flow.ui->data, bf_secret_reveal(&url)))
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_UNSUPPORTED,
		"no browser could be opened and nobody could be shown where to log in");
}

/* ---- the way back ---------------------------------------------------------------------------- */

/* True: the query answers this login, one way or the other. */
static bool take_answer(struct attempt *a, const struct bf_secret *query)
{
	const struct bf_authorize_expect expect = {
		.state = &a->state,
		.issuer = a->flow.endpoints.issuer,
		.demands_issuer = a->flow.endpoints.sends_issuer,
	};
	struct bfabric_error why = {0};

	if (query->failed) {
		a->answered = true;
		(void)bf_fail_nomem(&a->refusal);
		return true;
	}
	switch (bf_authorize_accept(&expect, bf_secret_reveal(query), query->len, &a->code, &why)) {
	case BF_AUTHORIZE_WRONG_STATE:
		bf_trace(a->flow.s, "an answer with a wrong state was turned away");
		return false;
	case BF_AUTHORIZE_CODE:
	case BF_AUTHORIZE_REFUSED:
	case BF_AUTHORIZE_WRONG_ISSUER:
	case BF_AUTHORIZE_NO_CODE:
	case BF_AUTHORIZE_REPEATED:
	case BF_AUTHORIZE_NO_MEMORY:
		break;
	}
	a->answered = true;
	a->refusal = why;
	return true;
}

static enum bf_loopback_say visit(
	void *data, const char *bytes, size_t len, struct bf_secret *reply)
{
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
	struct attempt *a = data;

	switch (bf_callback_request(&a->place, bytes, len, &query)) {
	case BF_CALLBACK_MORE:
		return BF_LOOPBACK_MORE;
	case BF_CALLBACK_FOREIGN:
		bf_login_page(BF_PAGE_NOTHING, NULL, reply);
		return BF_LOOPBACK_ANSWER;
	case BF_CALLBACK_OURS:
		break;
	}
	if (take_answer(a, &query))
		return BF_LOOPBACK_HOLD;
	bf_login_page(BF_PAGE_WRONG, NULL, reply);
	return BF_LOOPBACK_ANSWER;
}

static void take_line(struct attempt *a, const char *line, size_t len)
{
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;

	if (len == strspn(line, " \t\r\n")) {
		if (a->flow.ui->empty_line && a->flow.ui->empty_line(a->flow.ui->data)) {
			a->answered = true;
			(void)bf_fail(&a->refusal, BFABRIC_CANCELLED, "another way was chosen");
		}
		return;
	}
	if (bf_callback_pasted(&a->place, line, len, &query) != BF_CALLBACK_OURS)
		notice(a, "That is not the address that the browser ends at; still waiting.");
	else if (!take_answer(a, &query))
		notice(a, "That address belongs to another login; still waiting.");
}

static void take_lines(struct attempt *a)
{
	while (!a->answered) {
		const char *text = bf_secret_reveal(&a->pasted);
		const char *end = memchr(text, '\n', a->pasted.len);
		BF_AUTO_SECRET struct bf_secret rest = BF_SECRET_INIT;

		if (!end)
			return;
		take_line(a, text, (size_t)(end - text) + 1);
		bf_secret_put(&rest, end + 1, a->pasted.len - (size_t)(end + 1 - text));
		bf_secret_move(&a->pasted, &rest);
	}
}

static enum bfabric_status read_pasted(struct attempt *a, struct bfabric_error *err)
{
	char bytes[4096];
	ssize_t n = read(a->paste_fd, bytes, sizeof(bytes));

	if (n <= 0) {
		a->paste_fd = -1; /* nobody there any more; the browser may still come */
		return BFABRIC_OK;
	}
	bf_secret_put(&a->pasted, bytes, (size_t)n);
	explicit_bzero(bytes, sizeof(bytes));
	take_lines(a);
	if (a->pasted.failed)
		return bf_fail_nomem(err);
	if (!a->answered && a->pasted.len > BF_CALLBACK_MAX) {
		notice(a, "That line is too long for an address; still waiting.");
		bf_secret_clear(&a->pasted);
	}
	return BFABRIC_OK;
}

/* A program in the background that reads its terminal is stopped by it. */
static int readable_paste_fd(const struct attempt *a)
{
	pid_t group = a->paste_fd < 0 ? -1 : tcgetpgrp(a->paste_fd);

	return group < 0 || group == getpgrp() ? a->paste_fd : -1;
}

static enum bfabric_status wait_once(struct attempt *a, struct bfabric_error *err)
{
	enum bf_loopback_event event = BF_LOOPBACK_TIME;
	int64_t left = a->flow.deadline - bf_boot_ms(a->flow.s->sys);
	struct bf_loopback_watch watch = {
		.visit = visit,
		.data = a,
		.cancel_fd = bf_cancel_fd(a->flow.s->cancel),
		.paste_fd = readable_paste_fd(a),
	};
	enum bfabric_status status = bf_login_tick(&a->flow, left, err);

	if (status == BFABRIC_OK)
		status = bf_loopback_wait(
			a->listener, &watch, left < TICK_MS ? (int)left : TICK_MS, &event, err);
	if (status == BFABRIC_OK && event == BF_LOOPBACK_PASTED)
		status = read_pasted(a, err);
	a->held = status == BFABRIC_OK && event == BF_LOOPBACK_HELD;
	return status;
}

static enum bfabric_status wait_for_answer(struct attempt *a, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;
	unsigned strangers = 0;

	while (status == BFABRIC_OK && !a->answered) {
		status = wait_once(a, err);
		if (strangers == bf_loopback_strangers(a->listener))
			continue;
		if (!strangers)
			notice(a, "Another user of this machine tried to answer this login and was "
				  "turned away.");
		strangers = bf_loopback_strangers(a->listener);
	}
	if (status != BFABRIC_OK)
		return status;
	return a->refusal.status == BFABRIC_OK
		       ? BFABRIC_OK
		       : bf_fail(err, a->refusal.status, "%s", a->refusal.text);
}

/* ---- the end --------------------------------------------------------------------------------- */

static enum bfabric_status exchange(struct attempt *a, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	bool public = bf_secret_empty(&a->client_secret);
	struct bf_grant_params params = {
		.token_endpoint = a->flow.endpoints.token,
		.client_id = a->flow.s->env.client_id,
		.client_auth = public ? BF_CLIENT_AUTH_BODY : BF_CLIENT_AUTH_BASIC,
		.client_secret = &a->client_secret,
		.code = &a->code,
		.redirect_uri = bf_secret_reveal(&a->redirect_uri),
		.code_verifier = &a->verifier,
	};
	int64_t enough = bf_boot_ms(a->flow.s->sys) + BF_LOGIN_REQUEST_MS;
	enum bfabric_status status = bf_grant_authorization_code.build(&params, &request, err);

	/* The person was in time; the request that follows is not theirs to hurry. */
	if (a->flow.deadline < enough)
		a->flow.deadline = enough;
	if (status == BFABRIC_OK)
		status = bf_login_perform(&a->flow, &request, &reply, err);
	if (status != BFABRIC_OK)
		return status;
	return bf_token_accept(&reply, &a->reply, err) == BF_TOKEN_ISSUED
		       ? BFABRIC_OK
		       : bf_login_said(&a->flow, err->status, err);
}

static void show_page(struct attempt *a, enum bf_login_page page, const char *text)
{
	BF_AUTO_SECRET struct bf_secret reply = BF_SECRET_INIT;

	bf_login_page(page, text, &reply);
	if (a->held && !reply.failed)
		bf_loopback_answer(a->listener, &reply);
}

/* The person looks at the browser: it must not seem to hang while the program has a question. */
static bool other_subject(void *data, const char *before, const char *now)
{
	struct attempt *a = data;
	const struct bfabric_ui *ui = a->flow.ui;

	if (!ui->other_subject)
		return false;
	show_page(a, BF_PAGE_ASKED, now);
	return ui->other_subject(ui->data, before, now);
}

static enum bfabric_status save(
	struct attempt *a, struct bf_login_result *ret, struct bfabric_error *err)
{
	const struct bfabric_ui ui = {.data = a, .other_subject = other_subject};
	struct bf_login_grant grant = {
		.reply = a->reply,
		.token_endpoint = a->flow.endpoints.token,
		.revocation_endpoint =
			a->flow.endpoints.can_revoke ? a->flow.endpoints.revocation : NULL,
		.client_auth = BF_CLIENT_AUTH_UNKNOWN,
	};

	if (!bf_secret_empty(&a->client_secret))
		grant.client_auth = BF_CLIENT_AUTH_BASIC;
	else if (a->flow.endpoints.public_clients)
		grant.client_auth = BF_CLIENT_AUTH_BODY;
	return bf_login_save(a->flow.s, &ui, &grant, ret, err);
}

static enum bfabric_status finish(
	struct attempt *a, struct bf_login_result *ret, struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	enum bfabric_status status = wait_for_answer(a, &why);

	if (!a->held) { /* pasted, or given up: nobody is to come any more */
		bf_loopback_free(a->listener);
		a->listener = NULL;
	}
	if (status == BFABRIC_OK)
		status = exchange(a, &why);
	if (status == BFABRIC_OK)
		status = save(a, ret, &why);
	if (status == BFABRIC_OK)
		show_page(a, BF_PAGE_DONE, ret->subject);
	else
		show_page(a, BF_PAGE_FAILED, why.text);
	return status == BFABRIC_OK ? BFABRIC_OK : bf_fail(err, status, "%s", why.text);
}

enum bfabric_status bf_login_browser(struct bfabric_session *session, const struct bfabric_ui *ui,
	unsigned port, int64_t deadline, struct bf_login_result *ret, struct bfabric_error *err)
{
	BF_CLEANUP(attempt_release) struct attempt a = {0};
	enum bfabric_status status =
		ui->open_url
			? bf_client_secret(&session->env, &session->store, &a.client_secret, err)
			: bf_fail(err, BFABRIC_BAD_CALL, "a browser login needs open_url");

	a.paste_fd = ui->paste_fd ? *ui->paste_fd : -1;
	if (status == BFABRIC_OK)
		status = bf_login_begin(&a.flow, session, ui, deadline, LOGIN_MS, err);
	if (status == BFABRIC_OK)
		status = listen_there(&a, port, err);
	if (status == BFABRIC_OK)
		status = send_there(&a, err);
	return status == BFABRIC_OK ? finish(&a, ret, err) : status;
}
