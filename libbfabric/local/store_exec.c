#include "store_private.h"

#include <stdio.h>
#include <string.h>
#include "../base/kv.h"

#define REPLY_MS 200 /* before we stop waiting for it a program should have answered */

/* ---- asking ---------------------------------------------------------------------------------- */

static void put_if(struct bf_secret *request, const char *key, const char *value)
{
	if (value && *value)
		bf_kv_put(request, key, value);
}

/* `line` may be NULL. */
static enum bfabric_status make_request(const struct bf_store *store, int64_t left,
	const struct bf_secret *line, struct bf_secret *ret, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret timeout = BF_SECRET_INIT;

	bf_secret_printf(&timeout, "%lld",
		(long long)(left > 2 * REPLY_MS ? left - REPLY_MS : (left + 1) / 2));
	bf_kv_put(ret, "protocol", "bfabric");
	bf_kv_put(ret, "host", store->host);
	put_if(ret, "path", store->client_id);
	bf_kv_put(ret, "username", store->environment);
	put_if(ret, "base_url", store->base_url);
	bf_kv_put(ret, "timeout", bf_secret_reveal(&timeout));
	if (line)
		bf_kv_put(ret, "password", bf_secret_reveal(line));
	bf_secret_putc(ret, '\n');
	return ret->failed || timeout.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* What befell the program itself; the caller's own reasons stay what they are. */
static enum bfabric_status fail_run(
	const struct bf_store *store, enum bfabric_status status, struct bfabric_error *err)
{
	if (status == BFABRIC_NO_MEMORY || status == BFABRIC_CANCELLED)
		return status;
	if (status == BFABRIC_TIMEOUT)
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"%s did not answer in time: is it, or what it asks, hanging? Try again, or "
			"restart that",
			bf_store_place(store));
	return bf_fail_context(err, BFABRIC_STORE_UNAVAILABLE, "%s", bf_store_place(store));
}

static enum bfabric_status ask(const struct bf_store *store, const char *action, int64_t deadline,
	const struct bf_secret *line, struct bf_store_reply *ret, struct bfabric_error *err)
{
	const char *const argv[] = {store->program, action, NULL};
	BF_AUTO_SECRET struct bf_secret request = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret output = BF_SECRET_INIT;
	const struct bf_child child = {
		.argv = argv,
		.input = &request,
		.deadline = deadline,
		.sys = store->sys,
		/* what changes a store is over soon, and half of it is worse than all */
		.cancel = line || strcmp(action, "erase") == 0 ? NULL : store->cancel,
	};
	struct bf_child_end end = {0};
	enum bfabric_status status = bf_store_check_program(store, err);

	if (status == BFABRIC_OK)
		status =
			make_request(store, deadline - bf_boot_ms(store->sys), line, &request, err);
	if (status != BFABRIC_OK)
		return status;
	status = bf_child_run(&child, &output, &end, err);
	if (status == BFABRIC_OK)
		status = bf_store_reply_parse(
			&output, &end, store->type == &bf_store_keyring, ret, err);
	return status == BFABRIC_OK ? status : fail_run(store, status, err);
}

/* ---- what it said ---------------------------------------------------------------------------- */

#define WHY_SIZE (BF_STORE_MESSAGE_SIZE + sizeof(" ()"))

/* " (message)", or nothing. */
static void put_why(const struct bf_store_reply *reply, char ret_why[WHY_SIZE])
{
	*ret_why = '\0';
	if (*reply->message)
		snprintf(ret_why, WHY_SIZE, " (%s)", reply->message);
}

static enum bfabric_status fail_said(
	const struct bf_store *store, const struct bf_store_reply *reply, struct bfabric_error *err)
{
	const char *env = store->environment;
	char why[WHY_SIZE];

	/* Of what the keyring says, what helps names no environment: there may be none yet, or its
	   secrets are elsewhere until they are moved. */
	put_why(reply, why);
	switch (reply->verdict) {
	case BF_STORE_SAYS_LOCKED:
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s: run 'bfabric auth unlock'",
			*reply->message ? reply->message : "the keyring is locked");
	case BF_STORE_SAYS_NO_SERVICE:
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"there is no keyring to be used%s: start one (gnome-keyring, KeePassXC) "
			"in a desktop session; without one: "
			"'bfabric login --env %s --store file'",
			why, env);
	case BF_STORE_SAYS_DENIED:
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"the keyring refused%s: allow it there, or unlock it with "
			"'bfabric auth unlock'",
			why);
	case BF_STORE_SAYS_TIMEOUT:
		return bf_fail(err, BFABRIC_STORE_UNAVAILABLE,
			"the keyring did not answer in time%s: restart its service "
			"(gnome-keyring, KeePassXC) or try again",
			why);
	case BF_STORE_SAYS_OK:
	case BF_STORE_SAYS_NOT_FOUND:
	case BF_STORE_SAYS_ERROR:
	case BF_STORE_SAYS_NOTHING:
		break;
	}
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s failed%s: see 'bfabric doctor --env %s'",
		bf_store_place(store), why, env);
}

/* ---- operations ------------------------------------------------------------------------------ */

static enum bfabric_status get(const struct bf_store *store, int64_t deadline, bool *ret_found,
	struct bf_secret *ret_line, struct bfabric_error *err)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	enum bfabric_status status = ask(store, "get", deadline, /* line= */ NULL, &reply, err);

	if (status != BFABRIC_OK)
		return status;
	if (reply.verdict == BF_STORE_SAYS_OK) {
		bf_secret_move(ret_line, &reply.password);
		*ret_found = true;
		return BFABRIC_OK;
	}
	if (reply.verdict != BF_STORE_SAYS_NOT_FOUND && reply.verdict != BF_STORE_SAYS_NOTHING)
		return fail_said(store, &reply, err);
	*ret_found = false;
	return BFABRIC_OK;
}

/* Who told nothing, and whose end we did not see, has it or not: look. */
static enum bfabric_status look(const struct bf_store *store, int64_t deadline,
	const struct bf_secret *line, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret there = BF_SECRET_INIT;
	bool found = false;
	enum bfabric_status status = get(store, deadline, &found, &there, err);

	if (status != BFABRIC_OK)
		return status;
	if (line ? bf_secret_equal(line, &there) : !found)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_STORE_UNAVAILABLE, "%s did not do what it was asked for",
		bf_store_place(store));
}

/* Storing `line`, or erasing for NULL. */
static enum bfabric_status change(const struct bf_store *store, const char *action,
	int64_t deadline, const struct bf_secret *line, struct bfabric_error *err)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	enum bfabric_status status = ask(store, action, deadline, line, &reply, err);

	if (status != BFABRIC_OK)
		return status;
	if (reply.verdict == BF_STORE_SAYS_NOTHING)
		return look(store, deadline, line, err);
	/* A helper answers nothing to these, which is what it says of what it has not */
	if (reply.verdict == BF_STORE_SAYS_OK ||
		(reply.verdict == BF_STORE_SAYS_NOT_FOUND &&
			(!line || store->type != &bf_store_keyring)))
		return BFABRIC_OK;
	return fail_said(store, &reply, err);
}

static enum bfabric_status put(const struct bf_store *store, int64_t deadline,
	const struct bf_secret *line, struct bfabric_error *err)
{
	return change(store, "store", deadline, line, err);
}

static enum bfabric_status erase(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	return change(store, "erase", deadline, /* line= */ NULL, err);
}

static enum bf_store_state probe_keyring(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};

	if (ask(store, "probe", deadline, /* line= */ NULL, &reply, err) != BFABRIC_OK)
		return BF_STORE_UNAVAILABLE;
	if (reply.verdict == BF_STORE_SAYS_OK)
		return BF_STORE_READY;
	(void)fail_said(store, &reply, err); /* the state says it too */
	return reply.verdict == BF_STORE_SAYS_LOCKED ? BF_STORE_LOCKED : BF_STORE_UNAVAILABLE;
}

/* There is no such question to another's program. */
static enum bf_store_state probe_helper(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	(void)deadline; /* nothing is run */
	return bf_store_check_program(store, err) == BFABRIC_OK ? BF_STORE_READY
								: BF_STORE_UNAVAILABLE;
}

static enum bfabric_status unlock(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err)
{
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	enum bfabric_status status = ask(store, "unlock", deadline, /* line= */ NULL, &reply, err);

	if (status != BFABRIC_OK || reply.verdict == BF_STORE_SAYS_OK)
		return status;
	return fail_said(store, &reply, err);
}

const struct bf_store_type bf_store_keyring = {
	.name = "keyring",
	.apart = true,
	.get = get,
	.put = put,
	.erase = erase,
	.probe = probe_keyring,
	.unlock = unlock,
};

const struct bf_store_type bf_store_helper = {
	.apart = true,
	.get = get,
	.put = put,
	.erase = erase,
	.probe = probe_helper,
};
