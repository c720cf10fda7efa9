#include "unit.h"

#include "libbfabric/base/hash.h"

#include <stdlib.h>

static void check(const void *bytes, size_t len, const char *expected)
{
	char hex[BF_SHA256_HEX];

	bf_sha256_hex(bytes, len, hex);
	assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-4, and the empty message */
static void test_vectors(void **state)
{
	char *million = malloc(1000000);

	(void)state;
	check("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', 1000000);
	check(million, 1000000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	free(million);
}

static void starts_with(const unsigned char *digest, const unsigned char *expected)
{
	assert_memory_equal(digest, expected, 8);
}

/* The longer siblings: the first bytes of the examples of FIPS 180-4. */
static void test_longer(void **state)
{
	static const unsigned char abc384[] = {0xcb, 0x00, 0x75, 0x3f, 0x45, 0xa3, 0x5e, 0x8b};
	static const unsigned char abc512[] = {0xdd, 0xaf, 0x35, 0xa1, 0x93, 0x61, 0x7a, 0xba};
	unsigned char digest[BF_SHA512_SIZE];

	(void)state;
	bf_sha384("abc", 3, digest);
	starts_with(digest, abc384);
	bf_sha512("abc", 3, digest);
	starts_with(digest, abc512);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors), cmocka_unit_test(test_longer)};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
