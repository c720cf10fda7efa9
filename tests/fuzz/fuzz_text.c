/* Foreign text for a person, base64url and form encoding: any bytes in, clean text out. */
#include "fuzz.h"

#include "libbfabric/base/base64.h"
#include "libbfabric/base/url.h"

#include <string.h>

static void check_show(const uint8_t *data, size_t size)
{
	for (size_t room = 1; room < 80; room += 13) {
		char *out = malloc(room);
		char *again = malloc(room);

		bf_show(out, room, (const char *)data, size);
		FUZZ_MUST(strlen(out) < room);
		for (const char *c = out; *c; c++)
			FUZZ_MUST((unsigned char)*c >= ' ' && *c != 0x7f);
		bf_show(again, room, out, strlen(out)); /* what is clean stays as it is */
		FUZZ_MUST(strcmp(out, again) == 0);
		free(out);
		free(again);
	}
}

static void check_base64(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret bytes = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

	if (bf_base64url_decode(&bytes, (const char *)data, size)) {
		bf_base64url_encode(&text, bf_secret_reveal(&bytes), bytes.len);
		FUZZ_MUST(text.len == size && memcmp(bf_secret_reveal(&text), data, size) == 0);
	}
	bf_secret_clear(&bytes);
	bf_secret_clear(&text);
	bf_base64url_encode(&text, data, size);
	FUZZ_MUST(bf_base64url_decode(&bytes, bf_secret_reveal(&text), text.len));
	FUZZ_MUST(bytes.len == size && memcmp(bf_secret_reveal(&bytes), data, size) == 0);
}

static void check_form(const uint8_t *data, size_t size)
{
	BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

	bf_form_encode(&out, (const char *)data, size);
	FUZZ_MUST(out.len >= size && !strpbrk(bf_secret_reveal(&out), "&= \r\n"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	check_show(data, size);
	check_base64(data, size);
	check_form(data, size);
	return 0;
}
