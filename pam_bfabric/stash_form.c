#include "stash_form.h"

#include <string.h>
#include "../libbfabric/base/ascii.h"
#include "../libbfabric/base/concat.h"

#define VERSION  "1"
#define UID_MOST ((int64_t)UINT32_MAX - 1) /* the last one means "no uid" */

void bf_stash_put(struct bf_secret *out, const struct bf_stash *stash)
{
	char digits[BF_DECIMAL_SIZE];

	bf_kv_put(out, "version", VERSION);
	bf_kv_put(out, "uid", bf_decimal(stash->uid, digits));
	bf_kv_put(out, "service", stash->service);
	bf_kv_put(out, "boot", stash->boot);
	bf_kv_put(out, "time", bf_decimal((uint64_t)stash->time, digits));
	bf_kv_put(out, "config", stash->config);
	bf_kv_put(out, "base_url", stash->base_url);
	bf_kv_put(out, "client_id", stash->client_id);
	if (stash->name)
		bf_kv_put(out, "name", stash->name);
	bf_kv_put(out, "token", stash->token);
	bf_secret_putc(out, '\n');
}

static enum bfabric_status fail(struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_BAD_REPLY, "is not what pam_bfabric writes");
}

/* One spelling for each number. */
static bool read_number(const char *text, int64_t most, int64_t *ret)
{
	int64_t value = 0;

	if (!text || !*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (!bf_is_digit(*text) || value > (most - (*text - '0')) / 10)
			return false;
		value = value * 10 + (*text - '0');
	}
	*ret = value;
	return true;
}

/* Its value; false when it is empty, or there not exactly once. */
static bool find(const struct bf_kv *kv, const char *key, const char **ret)
{
	const char *value = NULL;

	for (size_t i = 0; i < kv->count; i++) {
		if (strcmp(kv->lines[i].key, key) != 0)
			continue;
		if (value)
			return false;
		value = kv->lines[i].value;
	}
	*ret = value;
	return value && *value;
}

static bool read_lines(const struct bf_kv *kv, struct bf_stash *stash)
{
	const struct {
		const char *key, **to;
	} texts[] = {
		{"service", &stash->service},
		{"boot", &stash->boot},
		{"config", &stash->config},
		{"base_url", &stash->base_url},
		{"client_id", &stash->client_id},
		{"token", &stash->token},
	};
	const char *version = NULL, *uid = NULL, *time = NULL;
	int64_t number = 0;
	size_t known = 3 + sizeof(texts) / sizeof(texts[0]);

	if (!find(kv, "version", &version) || strcmp(version, VERSION) != 0 ||
		!find(kv, "uid", &uid) || !find(kv, "time", &time))
		return false;
	if (!read_number(uid, UID_MOST, &number) || !read_number(time, INT64_MAX, &stash->time))
		return false;
	stash->uid = (uid_t)number;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!find(kv, texts[i].key, texts[i].to))
			return false;
	if (find(kv, "name", &stash->name))
		known++;
	return kv->count == known && stash->config[0] == '/';
}

/* A file that was cut, or continued, is none. */
static bool is_whole(const char *bytes, size_t len)
{
	const char *end = len ? memmem(bytes, len, "\n\n", 2) : NULL;

	return end && end + 2 == bytes + len;
}

enum bfabric_status bf_stash_parse(const char *bytes, size_t len, struct bf_kv *ret_kv,
	struct bf_stash *ret, struct bfabric_error *err)
{
	BF_AUTO_KV struct bf_kv kv = BF_KV_INIT;
	struct bf_stash stash = {0};
	enum bfabric_status status;

	if (len > BF_STASH_MAX || !is_whole(bytes, len))
		return fail(err);
	status = bf_kv_parse(bytes, len, &kv, err);
	if (status == BFABRIC_NO_MEMORY)
		return status;
	if (status != BFABRIC_OK || !read_lines(&kv, &stash))
		return fail(err);
	bf_kv_release(ret_kv);
	*ret_kv = kv;
	kv = (struct bf_kv)BF_KV_INIT;
	*ret = stash;
	return BFABRIC_OK;
}

bool bf_stash_is_live(const struct bf_stash *stash, const char *boot, int64_t now)
{
	return strcmp(stash->boot, boot) == 0 && stash->time <= now &&
	       now - stash->time <= BF_STASH_LIFE_MS;
}

bool bf_stash_is_handle(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == BF_STASH_HANDLE && text[n] == '\0';
}
