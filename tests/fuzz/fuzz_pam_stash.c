/*
 * fuzz_pam_stash.c - a file of the stash: what is accepted says the same written again, and a name
 * that is accepted leads nowhere.
 */
#include "fuzz.h"
#include "pam_bfabric/stash_form.h"
#include <string.h>

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void write_and_parse(const struct bf_stash *stash)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	struct bf_stash again = {0};

	bf_stash_put(&text, stash);
	FUZZ_MUST(!text.failed);
	FUZZ_MUST(
		bf_stash_parse(bf_secret_reveal(&text), text.len, &kv, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(again.uid == stash->uid && again.time == stash->time);
	FUZZ_MUST(same(again.service, stash->service) && same(again.boot, stash->boot));
	FUZZ_MUST(same(again.config, stash->config) && same(again.base_url, stash->base_url));
	FUZZ_MUST(same(again.client_id, stash->client_id) && same(again.name, stash->name));
	FUZZ_MUST(same(again.token, stash->token));
}

static void look_at_handle(const uint8_t *data, size_t size)
{
	char text[64] = "";

	memcpy(text, data, size < sizeof(text) ? size : sizeof(text) - 1);
	if (bf_stash_is_handle(text))
		FUZZ_MUST(strlen(text) == BF_STASH_HANDLE && !strpbrk(text, "/."));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	struct bf_stash stash = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_stash_parse((const char *)data, size, &kv, &stash, &err);

	look_at_handle(data, size);
	if (status != BFABRIC_OK) {
		FUZZ_MUST(status == BFABRIC_BAD_REPLY && fuzz_one_line(err.text));
		FUZZ_MUST(!stash.token && kv.count == 0);
		return 0;
	}
	FUZZ_MUST(stash.uid != (uid_t)-1 && stash.time >= 0);
	FUZZ_MUST(*stash.service && *stash.boot && *stash.config == '/' && *stash.token);
	if (stash.time < INT64_MAX - BF_STASH_LIFE_MS)
		FUZZ_MUST(!bf_stash_is_live(&stash, stash.boot, stash.time + BF_STASH_LIFE_MS + 1));
	write_and_parse(&stash);
	return 0;
}
