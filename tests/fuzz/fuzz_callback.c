/*
 * fuzz_callback.c - any bytes on the loopback address, and any answer in them: what is taken for
 * ours was spelled as it must be, a code comes with our state only, and errors can be shown.
 */
#include "fuzz.h"
#include "libbfabric/oauth/authorize.h"
#include "libbfabric/oauth/callback.h"
#include <string.h>

#define STATE "xyzABC123-_"

static void must_be_printable(const struct bf_secret *text)
{
	const char *c = bf_secret_reveal(text);

	for (size_t i = 0; i < text->len; i++)
		FUZZ_MUST(c[i] >= ' ' && c[i] <= '~');
}

static void answer(const char *query, size_t len)
{
	BF_AUTO_SECRET struct bf_secret state = BF_SECRET_INIT, code = BF_SECRET_INIT;
	struct bf_authorize_expect expect = {.state = &state, .issuer = "https://b.org/bfabric"};
	struct bfabric_error err = {0};
	enum bf_authorize_verdict verdict;

	bf_secret_puts(&state, STATE);
	verdict = bf_authorize_accept(&expect, query, len, &code, &err);
	FUZZ_MUST((verdict == BF_AUTHORIZE_CODE) == (err.status == BFABRIC_OK));
	FUZZ_MUST((verdict == BF_AUTHORIZE_CODE) == !bf_secret_empty(&code));
	FUZZ_MUST(fuzz_one_line(err.text) && !strstr(err.text, STATE));
	must_be_printable(&code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bf_callback_place place = {"127.0.0.1", 49152};
	const char *bytes = (const char *)data;
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT, pasted = BF_SECRET_INIT;
	enum bf_callback_verdict verdict = bf_callback_request(&place, bytes, size, &query);

	FUZZ_MUST(verdict != BF_CALLBACK_MORE || size < BF_CALLBACK_MAX);
	if (verdict == BF_CALLBACK_OURS) {
		FUZZ_MUST(memcmp(bytes, "GET /callback", 13) == 0);
		FUZZ_MUST(memmem(bytes, size, "127.0.0.1:49152", 15));
		must_be_printable(&query);
		answer(bf_secret_reveal(&query), query.len);
	}
	verdict = bf_callback_pasted(&place, bytes, size, &pasted);
	FUZZ_MUST(verdict != BF_CALLBACK_MORE);
	must_be_printable(&pasted);
	answer(bytes, size);
	return 0;
}
