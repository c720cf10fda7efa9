/*
 * test_jwt_signatures.c - every algorithm with fresh keys: what was signed is taken, what differs
 * from it in one byte is not; and OpenSSL without memory, at every single allocation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include "jwt_signer.h"
#include "libbfabric/net/jwt.h"
#include "libbfabric/oauth/jwt.h"

#define ALGS ((size_t)BF_JWT_EDDSA + 1)

/* ---- OpenSSL's memory ------------------------------------------------------------------------ */

static unsigned countdown; /* the allocation that fails, counted from 1; 0: none */
static bool failed;

static bool fails_now(void)
{
	if (countdown == 0 || --countdown > 0)
		return false;
	failed = true;
	return true;
}

static void *take(size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : malloc(n);
}

static void *resize(void *p, size_t n, const char *file, int line)
{
	(void)file;
	(void)line;
	return fails_now() ? NULL : realloc(p, n);
}

static void give(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static struct bfabric_error err;

struct made {
	struct signer signer;
	struct bf_jwk jwk;
	struct bf_verify_key *key;
	struct bf_secret token;
};

static void make(struct made *m, enum bf_jwt_alg alg)
{
	*m = (struct made){0};
	signer_init(&m->signer, alg);
	signer_jwk(&m->signer, &m->jwk);
	signer_token(&m->signer, "{\"iss\":\"https://b.example\",\"sub\":\"ada\"}", &m->token);
	assert_int_equal(bf_verify_key_new(&m->jwk, &m->key, &err), BFABRIC_OK);
}

static void unmake(struct made *m)
{
	signer_release(&m->signer);
	bf_jwk_release(&m->jwk);
	bf_verify_key_free(m->key);
	bf_secret_release(&m->token);
}

static enum bfabric_status verify(const struct bf_verify_key *key, const char *token, size_t len)
{
	BF_AUTO_JWT struct bf_jwt jwt = {0};
	enum bfabric_status status = bf_jwt_parse(token, len, &jwt, &err);

	if (status != BFABRIC_OK)
		return status;
	return bf_verify_signature(key, jwt.alg, jwt.input, jwt.input_len, &jwt.signature, &err);
}

/* One signer an algorithm for all tests: making an RSA key takes long. */
static struct made signers[ALGS];

static void every_byte_counts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGS; i++) {
		const struct made m = signers[i];
		char *copy;

		assert_int_equal(
			verify(m.key, bf_secret_reveal(&m.token), m.token.len), BFABRIC_OK);
		copy = strdup(bf_secret_reveal(&m.token));
		for (size_t at = 0; at < m.token.len; at++) {
			enum bfabric_status status;

			copy[at] ^= 1;
			status = verify(m.key, copy, m.token.len);
			assert_true(status == BFABRIC_DENIED || status == BFABRIC_UNSUPPORTED);
			copy[at] ^= 1;
		}
		free(copy);
	}
}

/* Keys of the right kind, and of the others. */
static void other_keys_did_not_sign_it(void **state)
{
	static const enum bf_jwt_alg again[] = {BF_JWT_RS256, BF_JWT_ES256, BF_JWT_EDDSA};

	(void)state;
	for (size_t i = 0; i < ALGS; i++)
		for (size_t k = 0; k < ALGS; k++)
			assert_int_equal(verify(signers[k].key, bf_secret_reveal(&signers[i].token),
						 signers[i].token.len),
				i == k ? BFABRIC_OK : BFABRIC_DENIED);
	for (size_t i = 0; i < sizeof(again) / sizeof(*again); i++) {
		const struct made *m = &signers[again[i]];
		struct made other;

		make(&other, again[i]);
		assert_int_equal(verify(other.key, bf_secret_reveal(&m->token), m->token.len),
			BFABRIC_DENIED);
		unmake(&other);
	}
}

/* A program that uses OpenSSL itself finds its queue of errors as it left it. */
static void errors_of_others_stay(void **state)
{
	const struct made m = signers[BF_JWT_RS256];
	unsigned long mine;

	(void)state;
	ERR_clear_error();
	ERR_raise(ERR_LIB_USER, ERR_R_MALLOC_FAILURE); /* not ours, so not our reason */
	mine = ERR_peek_last_error();
	assert_int_equal(verify(m.key, bf_secret_reveal(&m.token), m.token.len), BFABRIC_OK);
	assert_int_equal(ERR_peek_last_error(), mine);
	assert_int_equal(
		verify(m.key, bf_secret_reveal(&m.token), m.token.len - 4), BFABRIC_DENIED);
	assert_int_equal(ERR_peek_last_error(), mine);
	assert_int_equal(ERR_peek_error(), mine);
	ERR_clear_error();
}

/* Never taken because of it, and never left in pieces (the sanitizers look). */
static void openssl_without_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGS; i++) {
		const struct made m = signers[i];
		unsigned rounds = 0;

		do {
			struct bf_verify_key *key = NULL;
			enum bfabric_status made, status = BFABRIC_DENIED;

			failed = false;
			countdown = ++rounds;
			made = bf_verify_key_new(&m.jwk, &key, &err);
			if (made == BFABRIC_OK)
				status = verify(key, bf_secret_reveal(&m.token), m.token.len - 4);
			countdown = 0;
			assert_true(made == BFABRIC_OK || (failed && !key));
			assert_int_not_equal(status, BFABRIC_OK); /* its end is missing */
			bf_verify_key_free(key);
		} while (failed);
		assert_true(rounds > 4);
	}
}

/* Out of memory is said as such, at least where OpenSSL says it. */
static void no_memory_is_no_refusal(void **state)
{
	const struct made m = signers[BF_JWT_ES256];
	unsigned rounds = 0, said = 0;

	(void)state;
	do {
		enum bfabric_status status;

		failed = false;
		countdown = ++rounds;
		status = verify(m.key, bf_secret_reveal(&m.token), m.token.len);
		countdown = 0;
		assert_true(status == BFABRIC_OK || failed);
		said += status == BFABRIC_NO_MEMORY;
	} while (failed);
	print_message("# %u of %u failures are told as lack of memory\n", said, rounds - 1);
	assert_true(said > 0);
}

static int make_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGS; i++)
		make(&signers[i], (enum bf_jwt_alg)i);
	return 0;
}

static int unmake_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < ALGS; i++)
		unmake(&signers[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_byte_counts),
		cmocka_unit_test(other_keys_did_not_sign_it),
		cmocka_unit_test(errors_of_others_stay),
		cmocka_unit_test(openssl_without_memory),
		cmocka_unit_test(no_memory_is_no_refusal),
	};

	/* before OpenSSL allocates anything */
	if (CRYPTO_set_mem_functions(take, resize, give) != 1)
		return 1;
	return cmocka_run_group_tests(tests, make_all, unmake_all);
}
