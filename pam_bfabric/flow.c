#include "flow.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <syslog.h>
#include "../libbfabric/base/ascii.h"
#include "flow_request.h"
#include "net_user.h"
#include "prompt.h"
#include "qr_room.h"
#include "revoke.h"
#include "spawn.h"

#define GRACE_MS 3000  /* from the end of the child's own time: it may be saving */
#define CODE_MS  15000 /* for a code to come: until then a person sees nothing */
#define ENTER_MS 6000  /* a server is asked every five seconds (RFC 8628, 3.5) */
/* From the end of the child's own time, as login_run.c has it: then it gives the token back, and
 * who presses Enter need not be who approved. */
#define PROMPT_MS   60000
#define READ_OUT_MS 1000 /* never waited: what is not there by then does not come any more */

struct run {
	const struct bf_pam_flow *flow;
	struct bf_pam_child child;
	struct bf_pam_grant grant;
	bool shown;
	int64_t over;             /* CLOCK_BOOTTIME ms: nothing comes from the child any more */
	int64_t latest;           /* CLOCK_BOOTTIME ms: an answer after that is none */
	struct bf_secret picture; /* of the code, in rows */
	struct bf_pam_room room;  /* for it; 0: none was asked for */
	unsigned rows;
	unsigned questions; /* how often Enter was asked for */
};

static void release_run(struct run *run)
{
	bf_pam_grant_release(&run->grant);
	bf_secret_release(&run->picture);
}

/* ---- the code -------------------------------------------------------------------------------- */

/* Not even spaces: what is shown here is typed by somebody. */
static bool is_plain(const char *text)
{
	for (; *text; text++)
		if (*text <= ' ' || *text > '~')
			return false;
	return true;
}

/* Has `url` the scheme, host and port of `base`, which is canonical? */
static bool leads_to(const char *base, const char *url)
{
	const char *host = strstr(base, "://");
	size_t n;

	if (!host)
		return false;
	n = (size_t)(host - base) + 3;
	n += strcspn(base + n, "/");
	for (size_t i = 0; i < n; i++) /* a shorter one ends with a NUL, which differs */
		if (bf_lower(url[i]) != base[i])
			return false;
	return url[n] == '/' || url[n] == '?' || url[n] == '\0';
}

/* The time that somebody gets from here on; a server that was asked in vain is asked once more. */
static enum bfabric_status listen_after_enter(struct run *run, struct bfabric_error *err)
{
	const int64_t ms = (int64_t)run->flow->seconds * 100;
	const int64_t now = bf_pam_now();

	if (now >= run->latest)
		return bf_fail(err, BFABRIC_TIMEOUT, "the answer came too late");
	run->child.deadline = now + (ms < ENTER_MS ? ms : ENTER_MS);
	return BFABRIC_OK;
}

static enum bfabric_status show(
	struct run *run, const struct bf_line *line, struct bfabric_error *err)
{
	const struct bf_pam_flow *flow = run->flow;
	const struct bf_pam_code code = {.user_code = line->user_code,
		.uri = line->uri,
		.picture = bf_secret_reveal(&run->picture),
		.seconds = line->seconds < flow->seconds ? line->seconds : flow->seconds};
	char quoted[BF_PAM_QUOTED];
	bool shown;

	if (run->shown || !is_plain(line->uri) || !is_plain(line->user_code) ||
		!leads_to(flow->conf->base_url, line->uri))
		return bf_fail(err, BFABRIC_BAD_REPLY, "refused: the page for the code is %s",
			bf_pam_quote(quoted, line->uri));
	run->shown = true;
	shown = bf_pam_show_code(flow, &code);
	if (!shown)
		return bf_fail(err, BFABRIC_CANCELLED, "no code could be shown");
	bf_pam_log(flow->call, LOG_INFO, "device login: code shown to user %s",
		bf_pam_quote(quoted, flow->user->name));
	run->child.deadline = run->over;
	if (flow->show != BF_PAM_SHOW_ENTER)
		return BFABRIC_OK;
	run->questions = 1;
	return listen_after_enter(run, err);
}

static enum bfabric_status fail_unasked(struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_BAD_REPLY, "the child said what it was not asked");
}

/* A child that was asked for no picture, or draws more than it was given room for, is not ours. */
static enum bfabric_status take_row(
	struct run *run, const struct bf_line *line, struct bfabric_error *err)
{
	if (run->shown || ++run->rows > run->room.rows)
		return fail_unasked(err);
	bf_secret_puts(&run->picture, line->row);
	bf_secret_putc(&run->picture, '\n');
	return run->picture.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* Who presses Enter a second time does not wish to wait. */
static enum bfabric_status ask_again(struct run *run, struct bfabric_error *err)
{
	if (run->questions > 1)
		return bf_fail(err, BFABRIC_CANCELLED, "it was skipped");
	run->questions++;
	if (!bf_pam_show_again(run->flow))
		return bf_fail(err, BFABRIC_CANCELLED, "nobody answers any more");
	return listen_after_enter(run, err);
}

/* ---- what the child says --------------------------------------------------------------------- */

/* Nobody can have approved what nobody saw, and only one can. */
static enum bfabric_status take_name(
	struct run *run, const struct bf_line *line, struct bfabric_error *err)
{
	char quoted[2][BF_PAM_QUOTED];

	if (run->flow->for_session) /* for the log only: `stored` says it again */
		return BFABRIC_OK;
	if (!run->shown || run->grant.name)
		return fail_unasked(err);
	run->grant.name = strdup(line->name);
	if (!run->grant.name)
		return bf_fail_nomem(err);
	bf_pam_log(run->flow->call, LOG_NOTICE, "device login: %s approved it, by %s",
		bf_pam_quote(quoted[0], line->name), bf_pam_quote(quoted[1], line->evidence));
	return BFABRIC_OK;
}

static enum bfabric_status take_token(
	struct run *run, const struct bf_line *line, struct bfabric_error *err)
{
	if (run->flow->for_session)
		return fail_unasked(err);
	bf_secret_puts(&run->grant.token, line->token);
	if (run->grant.token.failed)
		return bf_fail_nomem(err);
	if (!run->grant.name)
		return fail_unasked(err);
	return BFABRIC_OK;
}

static enum bfabric_status take_stored(
	struct run *run, const struct bf_line *line, struct bfabric_error *err)
{
	if (!run->flow->for_session)
		return fail_unasked(err);
	if (line->name && !(run->grant.name = strdup(line->name)))
		return bf_fail_nomem(err);
	return BFABRIC_OK;
}

static void note(const struct run *run, const char *text)
{
	char reason[BF_PAM_REASON];

	bf_pam_log(
		run->flow->call, LOG_INFO, "device login: %s", bf_pam_quote_reason(reason, text));
}

static enum bfabric_status take(
	struct run *run, const struct bf_line *line, bool *ret_done, struct bfabric_error *err)
{
	switch (line->verb) {
	case BF_LINE_CODE:
		return show(run, line, err);
	case BF_LINE_QR:
		return take_row(run, line, err);
	case BF_LINE_WAIT:
		return BFABRIC_OK;
	case BF_LINE_NOTE:
		note(run, line->text);
		return BFABRIC_OK;
	case BF_LINE_IDENTITY:
		return take_name(run, line, err);
	case BF_LINE_TOKEN:
		*ret_done = true;
		return take_token(run, line, err);
	case BF_LINE_STORED:
		*ret_done = true;
		return take_stored(run, line, err);
	case BF_LINE_FAILED:
		return bf_fail(err, line->status, "%s", line->text);
	case BF_LINE_VALID:
		break;
	}
	return fail_unasked(err);
}

static enum bfabric_status listen_to_child(struct run *run, struct bfabric_error *err)
{
	bool done = false;

	while (!done) {
		struct bf_line line = {0};
		bool found = false;
		enum bfabric_status status = bf_pam_hear(&run->child, &line, &found, err);

		if (status == BFABRIC_TIMEOUT && !run->shown)
			status = bf_fail(err, BFABRIC_RETRY_LATER, "the server sent no code");
		else if (status == BFABRIC_TIMEOUT && run->questions > 0)
			status = ask_again(run, err);
		else if (status == BFABRIC_OK && !found)
			status = bf_fail(err, BFABRIC_SYSTEM, "the child ended without a word");
		else if (status == BFABRIC_OK)
			status = take(run, &line, &done, err);
		if (status != BFABRIC_OK)
			return status;
	}
	return BFABRIC_OK;
}

/* ---- the end --------------------------------------------------------------------------------- */

static void report_success(const struct run *run)
{
	const struct bf_pam_flow *flow = run->flow;
	const char *name = run->grant.name;
	char quoted[2][BF_PAM_QUOTED];

	if (!flow->for_session)
		return; /* who approved is in the log; whether that is enough is not known here */
	bf_pam_log(flow->call, LOG_NOTICE, "device login: stored for user %s, B-Fabric knows %s",
		bf_pam_quote(quoted[0], flow->user->name),
		bf_pam_quote(quoted[1], name ? name : "nobody by name"));
	if (name)
		(void)bf_pam_tell(flow->call, "B-Fabric login stored: %s.", quoted[1]);
	else
		(void)bf_pam_tell(
			flow->call, "B-Fabric login stored."); /* it is there unsaid too */
}

static void report_failure(const struct bf_pam_flow *flow, const struct bfabric_error *err)
{
	char quoted[BF_PAM_QUOTED], reason[BF_PAM_REASON];

	bf_pam_log(flow->call, LOG_NOTICE, "device login: not %s for user %s: %s %s",
		flow->for_session ? "stored" : "approved", bf_pam_quote(quoted, flow->user->name),
		bfabric_status_name(err->status), bf_pam_quote_reason(reason, err->text));
	if (err->status == BFABRIC_CANCELLED)
		return; /* they know, or there is nobody */
	if (err->status == BFABRIC_TIMEOUT)
		(void)bf_pam_tell(flow->call, "The time for the B-Fabric login is over.");
	else
		(void)bf_pam_tell(flow->call, "No B-Fabric login was made: %s", reason);
}

static enum bfabric_status start(
	struct run *run, const struct bf_secret *request, struct bfabric_error *err)
{
	const struct bf_pam_flow *flow = run->flow;
	const int64_t soon = bf_pam_now() + CODE_MS;
	const int64_t over = bf_pam_now() + (int64_t)flow->seconds * 1000;
	BF_AUTO_PAM_USER struct bf_pam_user net = {0};
	enum bfabric_status status = BFABRIC_OK;

	run->over = over + GRACE_MS;
	run->latest = over + PROMPT_MS;
	if (!flow->for_session)
		status = bf_pam_net_user(flow->conf, &net, err);
	if (status == BFABRIC_OK)
		status = bf_pam_spawn(flow->conf, flow->for_session ? flow->user : &net,
			"bfabric-pam-login", /* verb= */ NULL, request,
			run->over < soon ? run->over : soon, &run->child, err);
	return status;
}

static enum bfabric_status talk(struct run *run, struct bfabric_error *err)
{
	const struct bf_pam_flow *flow = run->flow;
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	enum bfabric_status status;

	if (!bf_pam_can_talk(flow->call))
		return bf_fail(err, BFABRIC_CANCELLED, "no code could be shown");
	if (flow->seconds == 0)
		return bf_fail(err, BFABRIC_CANCELLED, "the application leaves no time for it");
	if (!bf_pam_qr_room(flow->call, flow->conf, &run->room))
		run->room = (struct bf_pam_room){0};
	status = bf_pam_flow_request(flow, &run->room, &request, err);
	if (status == BFABRIC_OK)
		status = start(run, &request, err);
	if (status != BFABRIC_OK) {
		bf_pam_log(flow->call, LOG_ERR, "%s", err->text); /* uncut: may name a file */
		return status;
	}
	return listen_to_child(run, err);
}

/*
 * From here on what the child says cannot be sent any more, so that it gives back what it cannot
 * hand over; what it had said before is read, and what is in there is given back by us.
 */
static void give_back(struct run *run)
{
	const struct bf_pam_flow *flow = run->flow;
	bool heard = run->child.fd < 0 || shutdown(run->child.fd, SHUT_RD) == 0;
	bool found = heard && run->child.fd >= 0;

	run->child.deadline = bf_pam_now() + READ_OUT_MS; /* the one before may have passed */
	while (found && bf_secret_empty(&run->grant.token)) {
		struct bf_line line = {0};

		heard = bf_pam_hear(&run->child, &line, &found, /* err= */ NULL) == BFABRIC_OK;
		if (!heard)
			break;
		if (found && line.verb == BF_LINE_TOKEN)
			bf_secret_puts(&run->grant.token, line.token);
	}
	bf_pam_child_stop(flow->call, &run->child);
	if (!bf_secret_empty(&run->grant.token))
		bf_pam_revoke(flow->call, flow->conf, &run->grant);
	else if (run->shown && !flow->for_session && (!heard || run->grant.token.failed))
		bf_pam_log(flow->call, LOG_WARNING,
			"what the child said last is lost: a login that was approved may stay "
			"valid at the server");
}

enum bfabric_status bf_pam_flow_run(
	const struct bf_pam_flow *flow, struct bf_pam_grant *ret, struct bfabric_error *err)
{
	struct run run
		__attribute__((cleanup(release_run))) = {.flow = flow, .child = BF_PAM_CHILD_INIT};
	struct bfabric_error why = {0};
	enum bfabric_status status = talk(&run, &why);

	if (status == BFABRIC_OK) {
		bf_pam_child_done(flow->call, &run.child);
		report_success(&run);
		*ret = run.grant;
		run.grant = (struct bf_pam_grant)BF_PAM_GRANT_INIT;
		return status;
	}
	give_back(&run);
	report_failure(flow, &why);
	return bf_fail(err, status, "%s", why.text);
}
