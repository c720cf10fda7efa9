/* SPDX-License-Identifier: MIT */
#include "device.h"

#include "endpoints.h"
#include "grants.h"
#include "reply.h"

#include <ctype.h>
#include <string.h>

#define POLL_SLACK   0.2 /* seconds a poll may come early: clocks and networks jitter */
#define SLOWER       5   /* RFC 8628 section 3.5 */
#define DEVICE_SHOWN 100

enum sb_device_state sb_device_look(struct sandbox *sb, struct sb_device *device)
{
	double now = sb_now(sb);

	if (device->state != SB_PENDING && device->state != SB_APPROVED)
		return device->state;
	if (now >= device->expires)
		device->state = SB_EXPIRED;
	else if (device->state == SB_PENDING && sb->set.auto_approve >= 0 &&
		 now >= device->created + sb->set.auto_approve)
		sb_device_decide(sb, device, SB_APPROVED);
	return device->state;
}

bool sb_device_decide(struct sandbox *sb, struct sb_device *device, enum sb_device_state state)
{
	if (device->state != SB_PENDING || sb_now(sb) >= device->expires)
		return false;
	device->state = state;
	free(device->user);
	device->user = sb_strdup(sb->set.user);
	return true;
}

struct sb_device *sb_device_by_user_code(struct sandbox *sb, const char *typed)
{
	char code[SB_USER_CODE + 1] = "";
	size_t len = 0;

	for (; *typed; typed++) {
		if (!isalnum((unsigned char)*typed))
			continue;
		if (len == 4)
			code[len++] = '-';
		if (len == SB_USER_CODE)
			return NULL;
		code[len++] = (char)toupper((unsigned char)*typed);
	}
	for (struct sb_device *d = sb->devices; d && len == SB_USER_CODE; d = d->next) {
		if (!strcmp(d->user_code, code))
			return d;
	}
	return NULL;
}

const char *sb_device_state_name(enum sb_device_state state)
{
	static const char *const names[] = {"pending", "approved", "denied", "expired", "used"};

	return names[state];
}

json_t *sb_devices_json(struct sandbox *sb)
{
	json_t *list = json_array();
	int shown = 0;

	for (struct sb_device *d = sb->devices; d && shown < DEVICE_SHOWN; d = d->next, shown++)
		json_array_append_new(list,
			json_pack("{s:s, s:s, s:s, s:s, s:i}", "user_code", d->user_code, "state",
				sb_device_state_name(sb_device_look(sb, d)), "client_id",
				d->client->id, "scope", d->scope, "polls", d->polls));
	return list;
}

void sb_devices_release(struct sandbox *sb)
{
	for (struct sb_device *d = sb->devices, *next; d; d = next) {
		next = d->next;
		free(d->scope);
		free(d->user);
		free(d);
	}
	sb->devices = NULL;
}

/* Eight letters that make no words and are not mistaken for each other (RFC 8628 section 6.1). */
static void make_user_code(char ret_code[SB_USER_CODE + 1])
{
	static const char letters[] = "BCDFGHJKLMNPQRSTVWXZ";
	unsigned char raw[SB_USER_CODE];

	sb_random_bytes(raw, sizeof(raw));
	for (int i = 0; i < SB_USER_CODE; i++)
		ret_code[i] = i == 4 ? '-' : letters[raw[i] % (sizeof(letters) - 1)];
	ret_code[SB_USER_CODE] = '\0';
}

static struct sb_device *device_new(
	struct sandbox *sb, const struct sb_client *client, char *scope, const char *device_code)
{
	struct sb_device *device = sb_zalloc(sizeof(*device));

	sb_sha256(device_code, strlen(device_code), device->digest);
	make_user_code(device->user_code);
	device->client = client;
	device->scope = scope;
	device->created = sb_now(sb);
	device->expires = device->created + sb->set.device_lifetime;
	device->interval = sb->set.interval;
	device->next = sb->devices;
	sb->devices = device;
	sb->device_count++;
	return device;
}

static json_t *device_reply(
	const struct sandbox *sb, const struct sb_device *device, const char *device_code)
{
	json_t *reply = json_pack("{s:s, s:s, s:o, s:i}", "device_code", device_code, "user_code",
		device->user_code, "verification_uri", json_sprintf("%s/device", sb->base_url),
		"expires_in", sb->set.device_lifetime);

	if (!sb->set.no_complete_uri)
		json_object_set_new(reply, "verification_uri_complete",
			json_sprintf("%s/device?user_code=%s", sb->base_url, device->user_code));
	if (!sb->set.no_interval)
		json_object_set_new(reply, "interval", json_integer(device->interval));
	return reply;
}

void sb_handle_device_authorization(struct sb_request *rq)
{
	struct sandbox *sb = rq->sb;
	struct sb_client *client;
	SB_AUTOFREE char *code = NULL;
	char *scope;

	if (rq->form.malformed || rq->form.repeated) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "Malformed request.");
		return;
	}
	client = sb_client_authenticate(rq, false);
	if (!client)
		return;
	scope = sb_scope_grant(sb, client, sb_params_get(&rq->form, "scope"));
	if (!*scope || sb->device_count == SB_DEVICES_MAX) {
		sb_reply_oauth_error(rq, 400, *scope ? "invalid_request" : "invalid_scope",
			*scope ? "Too many device codes." : "None of these scopes is granted.");
		free(scope);
		return;
	}
	code = sb_random_token("sandbox_dc_", 32);
	rq->log.outcome = "started";
	sb_reply_json(&rq->reply, 200, device_reply(sb, device_new(sb, client, scope, code), code));
}

static struct sb_device *by_device_code(struct sandbox *sb, const char *code)
{
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(code, strlen(code), digest);
	for (struct sb_device *d = sb->devices; d; d = d->next) {
		if (!memcmp(d->digest, digest, sizeof(digest)))
			return d;
	}
	return NULL;
}

/* Whether this poll comes too soon; a client told so must wait longer from then on. */
static bool too_fast(struct sandbox *sb, struct sb_device *device)
{
	double now = sb_now(sb), before = device->last_poll;

	device->last_poll = now;
	device->polls++;
	if (device->polls > sb->set.slow_down &&
		(before <= 0 || now - before + POLL_SLACK >= device->interval))
		return false;
	device->interval += SLOWER;
	return true;
}

static void redeem(struct sb_request *rq, struct sb_device *device)
{
	struct sb_issue what = {.lifetime = SB_ISSUE_DEFAULT,
		.user = device->user,
		.scope = device->scope,
		.refresh_token = true,
		.id_token = true};

	device->state = SB_USED;
	what.family = sb_store_family(&rq->sb->store, device->client, device->user, device->scope);
	sb_issue(rq, &what);
}

static void answer_poll(struct sb_request *rq, struct sb_device *device)
{
	switch (sb_device_look(rq->sb, device)) {
	case SB_APPROVED:
		redeem(rq, device);
		return;
	case SB_PENDING:
		rq->log.outcome = "pending";
		sb_reply_oauth_error(
			rq, 400, "authorization_pending", "Nobody has approved it yet.");
		return;
	case SB_DENIED:
		rq->log.outcome = "denied";
		sb_reply_oauth_error(rq, 400, "access_denied", "The person said no.");
		return;
	case SB_EXPIRED:
		rq->log.outcome = "expired";
		sb_reply_oauth_error(rq, 400, "expired_token", "The device code has expired.");
		return;
	case SB_USED:
		sb_reply_oauth_error(
			rq, 400, "invalid_grant", "This device code was already used.");
		return;
	}
}

void sb_grant_device(struct sb_request *rq, struct sb_client *client)
{
	const char *code = sb_params_get(&rq->form, "device_code");
	struct sb_device *device = code ? by_device_code(rq->sb, code) : NULL;
	enum sb_device_state state;

	if (!code) {
		sb_reply_oauth_error(rq, 400, "invalid_request", "device_code is missing.");
		return;
	}
	if (!device || device->client != client) {
		sb_reply_oauth_error(rq, 400, "invalid_grant", "Unknown device code.");
		return;
	}
	state = sb_device_look(rq->sb, device);
	if ((state == SB_PENDING || state == SB_APPROVED) && too_fast(rq->sb, device)) {
		sb_reply_oauth_error(rq, 400, "slow_down", "Too many polls.");
		return;
	}
	answer_poll(rq, device);
}
