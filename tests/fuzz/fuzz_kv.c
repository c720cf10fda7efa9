/* The key=value codec: both readers agree, and what it accepts it can write and read again. */
#include "fuzz.h"

#include "libbfabric/base/file.h"
#include "libbfabric/base/kv.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool same(const struct bf_kv *a, const struct bf_kv *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->lines[i].key, b->lines[i].key) != 0 ||
			strcmp(a->lines[i].value, b->lines[i].value) != 0)
			return false;
	return true;
}

static enum bfabric_status read_again(const uint8_t *data, size_t size, struct bf_kv *ret)
{
	BF_AUTO_CLOSE int fd = memfd_create("fuzz", MFD_CLOEXEC);

	FUZZ_MUST(fd >= 0 && bf_write_all(fd, data, size) && lseek(fd, 0, SEEK_SET) == 0);
	return bf_kv_read(fd, ret, NULL);
}

static void check_lookups(const struct bf_kv *kv)
{
	for (size_t i = 0; i < kv->count; i++) {
		const struct bf_kv_line *line = &kv->lines[i];

		FUZZ_MUST(!strpbrk(line->key, "=\r\n") && !strpbrk(line->value, "\r\n"));
		if (i + 1 == kv->count && *line->value) {
			FUZZ_MUST(bf_kv_get(kv, line->key) == line->value);
			FUZZ_MUST(bf_kv_has(kv, line->key, line->value));
		}
		FUZZ_MUST(!bf_kv_has(kv, line->key, ""));
	}
}

static void write_and_parse(const struct bf_kv *kv)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_KV struct bf_kv again = BF_KV_INIT;

	for (size_t i = 0; i < kv->count; i++)
		bf_kv_put(&text, kv->lines[i].key, kv->lines[i].value);
	FUZZ_MUST(!text.failed);
	FUZZ_MUST(bf_kv_parse(bf_secret_reveal(&text), text.len, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(same(kv, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_KV struct bf_kv parsed = BF_KV_INIT;
	BF_AUTO_KV struct bf_kv read = BF_KV_INIT;
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_kv_parse((const char *)data, size, &parsed, &err);

	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_BAD_CALL);
	if (size <= BF_KV_MESSAGE_MAX)
		FUZZ_MUST(read_again(data, size, &read) == status);
	if (status != BFABRIC_OK) {
		FUZZ_MUST(err.status == status && err.text[0]);
		return 0;
	}
	FUZZ_MUST(same(&parsed, &read));
	check_lookups(&parsed);
	write_and_parse(&parsed);
	return 0;
}
