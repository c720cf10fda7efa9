#include "store_private.h"

#include <stdio.h>
#include <string.h>
#include "../base/kv.h"

/* One row a verdict that can be said, and the exit code that says the same. */
static const struct said {
	const char *status;
	int code;
	enum bf_store_verdict verdict;
} table[] = {
	{"ok", 0, BF_STORE_SAYS_OK},
	{"not-found", 0, BF_STORE_SAYS_NOT_FOUND},
	{"locked", 10, BF_STORE_SAYS_LOCKED},
	{"no-service", 11, BF_STORE_SAYS_NO_SERVICE},
	{"denied", 12, BF_STORE_SAYS_DENIED},
	{"timeout", 13, BF_STORE_SAYS_TIMEOUT},
	{"error", 1, BF_STORE_SAYS_ERROR},
};

#define ROWS (sizeof(table) / sizeof(table[0]))

void bf_store_reply_release(struct bf_store_reply *reply)
{
	bf_secret_release(&reply->password);
	*reply = (struct bf_store_reply){.verdict = BF_STORE_SAYS_NOTHING};
}

static enum bf_store_verdict by_status(const char *status)
{
	for (size_t i = 0; i < ROWS; i++)
		if (strcmp(table[i].status, status) == 0)
			return table[i].verdict;
	return BF_STORE_SAYS_ERROR;
}

/* Ours tells; where it could not, its exit code may. */
static enum bf_store_verdict by_code(int code)
{
	for (size_t i = 0; i < ROWS; i++)
		if (table[i].code == code && code != 0)
			return table[i].verdict;
	return BF_STORE_SAYS_ERROR;
}

/* `status`: what it said, if it did; fit to be shown afterwards. */
static void describe(const char *status, const struct bf_child_end *end, char *ret, size_t size)
{
	char raw[2 * BF_STORE_MESSAGE_SIZE];

	if (status)
		snprintf(raw, sizeof(raw), "it answers status=%s", status);
	else if (!end->known || (!end->signal && end->code == 0))
		snprintf(raw, sizeof(raw), "it ended without an answer");
	else if (end->signal)
		snprintf(raw, sizeof(raw), "it died of signal %d", end->signal);
	else
		snprintf(raw, sizeof(raw), "it ended with exit code %d", end->code);
	bf_show(ret, size, raw, strlen(raw));
}

static enum bf_store_verdict judge(
	const char *status, const char *password, const struct bf_child_end *end, bool tells)
{
	if (status)
		return by_status(status);
	if (tells)
		return end->known ? by_code(end->code) : BF_STORE_SAYS_ERROR;
	if (end->known && end->code != 0)
		return BF_STORE_SAYS_ERROR;
	if (password && *password)
		return BF_STORE_SAYS_OK;
	return end->known ? BF_STORE_SAYS_NOT_FOUND : BF_STORE_SAYS_NOTHING;
}

enum bfabric_status bf_store_reply_parse(const struct bf_secret *output,
	const struct bf_child_end *end, bool tells, struct bf_store_reply *ret,
	struct bfabric_error *err)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	BF_AUTO_STORE_REPLY struct bf_store_reply reply = {.verdict = BF_STORE_SAYS_NOTHING};
	enum bfabric_status status = bf_kv_parse(bf_secret_reveal(output), output->len, &kv, err);
	const char *said, *password, *message;

	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status != BFABRIC_OK)
		return bf_fail_context(err, BFABRIC_BAD_REPLY, "its answer makes no sense");
	password = bf_kv_get(&kv, "password");
	said = tells ? bf_kv_get(&kv, "status") : NULL;
	message = tells ? bf_kv_get(&kv, "message") : NULL;
	reply.verdict = judge(said, password, end, tells);
	if (message && *message)
		bf_show(reply.message, sizeof(reply.message), message, strlen(message));
	else if (reply.verdict == BF_STORE_SAYS_ERROR)
		describe(said, end, reply.message, sizeof(reply.message));
	if (password)
		bf_secret_puts(&reply.password, password);
	if (reply.password.failed)
		return bf_fail_nomem(err);
	bf_store_reply_release(ret);
	*ret = reply;
	reply = (struct bf_store_reply){.verdict = BF_STORE_SAYS_NOTHING};
	return BFABRIC_OK;
}
