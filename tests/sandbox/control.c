/* SPDX-License-Identifier: MIT */
/*
 * The control URL: what a test or a person changes while the server runs. One row per action.
 * Requests carry a form or a JSON object; answers are JSON. Only a loopback Host header is served,
 * so that no web page can reach it through a name of its own.
 */
#include "control.h"

#include "browser.h"
#include "device.h"
#include "endpoints.h"
#include "launch.h"
#include "mint.h"
#include "reply.h"

#include <math.h>
#include <string.h>

#define SETTLE_SECONDS 2

static const char *param(struct sb_request *rq, const char *name)
{
	return sb_params_get(&rq->form, name);
}

static void fail(struct sb_request *rq, const char *what, const char *why)
{
	sb_reply_clear(&rq->reply);
	sb_reply_json(
		&rq->reply, 400, json_pack("{s:o}", "error", json_sprintf("%s %s", what, why)));
}

static void ok(struct sb_request *rq, const char *name, json_int_t count)
{
	sb_reply_json(&rq->reply, 200, json_pack("{s:I}", name, count));
}

static bool number(const char *text, double *ret_number)
{
	char *end = NULL;
	double value = text ? strtod(text, &end) : 0;

	if (!text || end == text || *end || !isfinite(value) || fabs(value) > 1e11)
		return false;
	*ret_number = value;
	return true;
}

static void do_fault(struct sb_request *rq)
{
	const char *endpoint = param(rq, "endpoint"), *kind = param(rq, "kind");
	double count = -1;
	const char *wrong;

	if (!endpoint || !kind) {
		fail(rq, "fault", "needs endpoint and kind");
		return;
	}
	if (param(rq, "count") && !number(param(rq, "count"), &count)) {
		fail(rq, "count", "must be a number");
		return;
	}
	wrong = sb_fault_add(&rq->sb->faults, endpoint, kind, param(rq, "arg"), (long)count);
	if (wrong)
		fail(rq, "fault", wrong);
	else
		ok(rq, "faults", (json_int_t)rq->sb->faults.count);
}

static void do_clear(struct sb_request *rq)
{
	json_int_t cleared = (json_int_t)rq->sb->faults.count;

	rq->sb->faults.count = 0;
	ok(rq, "cleared", cleared);
}

/* Decides one device code or, without user_code, every pending one. */
static void decide(struct sb_request *rq, enum sb_device_state state)
{
	const char *code = param(rq, "user_code");
	struct sb_device *one = code ? sb_device_by_user_code(rq->sb, code) : NULL;
	json_int_t count = 0;

	if (code && !one) {
		fail(rq, "user_code", "is not known");
		return;
	}
	for (struct sb_device *d = one ? one : rq->sb->devices; d; d = one ? NULL : d->next) {
		if (sb_device_look(rq->sb, d) == SB_PENDING)
			count += sb_device_decide(rq->sb, d, state);
	}
	ok(rq, sb_device_state_name(state), count);
}

static void do_approve(struct sb_request *rq)
{
	decide(rq, SB_APPROVED);
}

static void do_deny(struct sb_request *rq)
{
	decide(rq, SB_DENIED);
}

static void do_expire(struct sb_request *rq)
{
	decide(rq, SB_EXPIRED);
}

static void do_revoke_family(struct sb_request *rq)
{
	const char *name = param(rq, "family"), *value = param(rq, "refresh_token");
	const char *what = param(rq, "what") ? param(rq, "what") : "refresh";
	struct sb_token *token = value ? sb_store_find(&rq->sb->store, SB_REFRESH, value) : NULL;
	struct sb_family *one = token ? token->family : NULL;
	bool refresh = strcmp(what, "access") != 0, access = strcmp(what, "refresh") != 0;
	json_int_t count = 0;

	if (name)
		one = sb_store_family_by_number(
			&rq->sb->store, (unsigned)strtoul(name + (*name == 'f'), NULL, 10));
	if ((name || value) && !one) {
		fail(rq, "family", "is not known");
		return;
	}
	for (struct sb_family *f = one ? one : rq->sb->store.families; f;
		f = one ? NULL : f->next) {
		f->refresh_revoked |= refresh;
		f->access_revoked |= access;
		count++;
	}
	ok(rq, "families", count);
}

static void do_sign_out(struct sb_request *rq)
{
	ok(rq, "sessions", (json_int_t)sb_browsers_release(rq->sb));
}

static void do_set(struct sb_request *rq)
{
	struct sb_settings changed = rq->sb->set;

	for (size_t i = 0; i < rq->form.count; i++) {
		const struct sb_param *p = &rq->form.list[i];
		const char *wrong =
			sb_settings_set(&changed, p->name, p->value, /* running= */ true);

		if (wrong) {
			fail(rq, p->name, wrong);
			return;
		}
	}
	/* One by one: what is fixed at start is read without the lock. */
	for (size_t i = 0; i < rq->form.count; i++)
		sb_settings_set(&rq->sb->set, rq->form.list[i].name, rq->form.list[i].value,
			/* running= */ true);
	sb_reply_json(&rq->reply, 200, sb_settings_json(&rq->sb->set));
}

/* What comes next is signed by a new key. */
static void do_rotate(struct sb_request *rq)
{
	const char *keep = param(rq, "keep");
	const struct sb_alg *alg = sb_alg_at(rq->sb->set.signing_alg);
	const struct sb_key *key;

	if (rq->sb->keys.count >= SB_KEYS_MAX) {
		fail(rq, "rotate", "has made too many keys");
		return;
	}
	sb_keys_rotate(&rq->sb->keys, !keep || strcmp(keep, "off") != 0);
	key = sb_keys_get(&rq->sb->keys, alg->type, SB_KEY_CURRENT);
	sb_reply_json(&rq->reply, 200, json_pack("{s:s}", "kid", key->kid));
}

static void do_state(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;

	sb_reply_json(&rq->reply, 200,
		json_pack("{s:f, s:I, s:i, s:O, s:o, s:o, s:o, s:o}", "now", sb_now(sb), "requests",
			(json_int_t)sb->last_number, "in_flight", (int)sb->in_flight - 1,
			"counters", sb->counters, "faults", sb_faults_json(&sb->faults), "devices",
			sb_devices_json(sb), "families", sb_store_json(&sb->store), "settings",
			sb_settings_json(&sb->set)));
}

static void do_settle(struct sb_request *rq)
{
	ok(rq, "answering", (json_int_t)rq->sb->answering); /* not 0: a reply takes long to leave */
}

static void do_advance(struct sb_request *rq)
{
	double seconds;

	if (!number(param(rq, "seconds"), &seconds)) {
		fail(rq, "seconds", "must be a number");
		return;
	}
	rq->sb->advance += seconds;
	sb_reply_json(&rq->reply, 200, json_pack("{s:f}", "now", sb_now(rq->sb)));
}

static const struct {
	const char *name;
	bool get; /* reads only */
	void (*run)(struct sb_request *rq);
	const char *help;
} actions[] = {
	{"state", true, do_state,
		"after settling: counters, faults, device codes, "
		"families, settings, clock"},
	{"settle", true, do_settle, "wait until the log lines of answered requests are written"},
	{"fault", false, do_fault, "endpoint, kind, [arg], [count]: add a fault"},
	{"clear", false, do_clear, "forget all faults"},
	{"approve", false, do_approve, "[user_code]: approve it, or every pending one"},
	{"deny", false, do_deny, "[user_code]: deny it, or every pending one"},
	{"expire", false, do_expire, "[user_code]: expire it, or every pending one"},
	{"revoke-family", false, do_revoke_family,
		"[family | refresh_token], [what=refresh|access|both]: revoke one login, or all"},
	{"sign-out", false, do_sign_out, "forget every browser that has signed in"},
	{"set", false, do_set, "OPTION=VALUE…: any option that is not fixed at start"},
	{"mint", false, sb_mint,
		"[user], [client_id], [scope], [lifetime], [claims], [header], [alg], [key]: a "
		"token reply, no login; claims and header are JSON objects merged into the access "
		"token (null: leave out); alg " SB_ALGS "; key " SB_KEY_ROLES},
	{"pat", false, sb_mint_pat, "[user], [scope]: a personal access token"},
	{"rotate-key", false, do_rotate,
		"[keep=on|off]: a new signing key; off: the old one is no longer published"},
	{"launch", false, sb_launch_mint,
		"[user], [client_id], [lifetime], [entityId], [entityClassName], [applicationId], "
		"[jobId], [email], [name], [claims], [header], [alg], [key]: a launch token "
		"(empty: "
		"leave the claim out)"},
	{"advance", false, do_advance, "seconds: move the server's clock"},
};

void sb_control_help(FILE *out)
{
	fprintf(out, "\nControl (POST a form or JSON to CONTROL_URL/ACTION; the first two also by "
		     "GET):\n");
	for (size_t i = 0; i < SB_COUNTOF(actions); i++)
		fprintf(out, "  %-14s %s\n", actions[i].name, actions[i].help);
}

static bool host_is_loopback(const struct sb_request *rq)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *host = sb_header(rq, "Host");

	for (size_t i = 0; host && i < SB_COUNTOF(names); i++) {
		size_t len = strlen(names[i]);

		if (!strncasecmp(host, names[i], len) && (!host[len] || host[len] == ':'))
			return true;
	}
	return false;
}

void sb_handle_control(struct sb_request *rq)
{
	const char *name = rq->path + strlen(rq->endpoint->path);

	if (!host_is_loopback(rq)) {
		sb_reply_page(
			&rq->reply, 421, "Not here", "The control URL is for this machine only.");
		return;
	}
	for (size_t i = 0; i < SB_COUNTOF(actions); i++) {
		if (strcmp(actions[i].name, name) != 0)
			continue;
		if (rq->form.malformed) {
			fail(rq, "body", "must be a form or a flat JSON object");
		} else if (!actions[i].get && strcmp(rq->method, "POST") != 0) {
			fail(rq, "method", "must be POST");
		} else {
			if (actions[i].get)
				sb_settle(rq, SETTLE_SECONDS);
			pthread_mutex_lock(&rq->sb->lock);
			actions[i].run(rq);
			pthread_mutex_unlock(&rq->sb->lock);
		}
		return;
	}
	sb_reply_json(&rq->reply, 404, json_pack("{s:s}", "error", "no such action; see --help"));
}
