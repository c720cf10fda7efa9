/*
 * fuzz_cache.c - any text as a token cache. What is accepted can be copied, made fit for writing,
 * written, and read again as the same. What a glance takes, the whole reader sees the same way.
 */
#include "fuzz.h"
#include "libbfabric/local/cache.h"
#include "libbfabric/local/token_glance.h"
#include <string.h>

#define NOW INT64_C(1800000000)

/* An access token stands in headers and lines; a refresh token is only ever encoded. */
static void must_be_clean(const struct bf_secret *token, char first)
{
	const char *text = bf_secret_reveal(token);

	FUZZ_MUST(strlen(text) == token->len);
	for (; *text; text++)
		FUZZ_MUST(*text >= first && *text <= '~');
}

static void must_be_same(const struct bf_token *a, const struct bf_token *b)
{
	FUZZ_MUST(bf_secret_equal(&a->access, &b->access));
	FUZZ_MUST(bf_secret_equal(&a->refresh, &b->refresh));
	FUZZ_MUST(a->expires_at == b->expires_at && a->expires_in == b->expires_in);
}

static void must_survive_writing(struct bf_token *token)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_TOKEN struct bf_token again = BF_TOKEN_INIT;

	FUZZ_MUST(bf_token_copy(&again, token, NULL) == BFABRIC_OK);
	must_be_same(token, &again);
	FUZZ_MUST(bf_token_settle(token, NOW, NULL) == BFABRIC_OK);
	FUZZ_MUST(token->expires_at > 0);
	FUZZ_MUST(bf_cache_encode(token, &text, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_token_parse(bf_secret_reveal(&text), text.len, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(again.expires_at == token->expires_at);
}

static void must_glance_the_same(const char *text, size_t len)
{
	BF_AUTO_TOKEN struct bf_token quick = BF_TOKEN_INIT, whole = BF_TOKEN_INIT;

	if (!bf_token_glance(text, len, &quick))
		return;
	FUZZ_MUST(bf_token_parse(text, len, &whole, NULL) == BFABRIC_OK);
	FUZZ_MUST(bf_secret_equal(&quick.access, &whole.access));
	FUZZ_MUST(quick.expires_at == whole.expires_at && quick.expires_in == whole.expires_in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_TOKEN struct bf_token token = BF_TOKEN_INIT;
	struct bfabric_error err = {0};
	char *subject;

	must_glance_the_same((const char *)data, size);
	if (bf_token_parse((const char *)data, size, &token, &err) != BFABRIC_OK) {
		FUZZ_MUST(err.status == BFABRIC_BAD_REPLY && fuzz_one_line(err.text));
		FUZZ_MUST(!token.members);
		return 0;
	}
	FUZZ_MUST(!bf_secret_empty(&token.access));
	must_be_clean(&token.access, '!');
	must_be_clean(&token.refresh, ' ');
	FUZZ_MUST(token.expires_at >= 0 && token.expires_in >= 0);
	FUZZ_MUST(!bf_token_fresh(&token, NOW, 60) || bf_token_unexpired(&token, NOW));
	subject = bf_token_subject(&token);
	free(subject);
	must_survive_writing(&token);
	return 0;
}
