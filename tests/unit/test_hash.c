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

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_vectors)};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
