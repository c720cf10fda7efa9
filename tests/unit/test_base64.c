#include "unit.h"

#include "libbfabric/base/base64.h"

static void check(const char *bytes, size_t len, const char *plain, const char *url_safe)
{
	BF_AUTO_SECRET struct bf_secret a = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret b = BF_SECRET_INIT;
	BF_AUTO_SECRET struct bf_secret back = BF_SECRET_INIT;

	bf_base64_encode(&a, bytes, len);
	assert_string_equal(bf_secret_reveal(&a), plain);
	bf_base64url_encode(&b, bytes, len);
	assert_string_equal(bf_secret_reveal(&b), url_safe);
	assert_true(bf_base64url_decode(&back, url_safe, strlen(url_safe)));
	assert_int_equal(back.len, len);
	assert_memory_equal(bf_secret_reveal(&back), bytes, len);
}

/* RFC 4648, section 10, and the two characters in which the alphabets differ */
static void test_vectors(void **state)
{
	(void)state;
	check("", 0, "", "");
	check("f", 1, "Zg==", "Zg");
	check("fo", 2, "Zm8=", "Zm8");
	check("foo", 3, "Zm9v", "Zm9v");
	check("foob", 4, "Zm9vYg==", "Zm9vYg");
	check("fooba", 5, "Zm9vYmE=", "Zm9vYmE");
	check("foobar", 6, "Zm9vYmFy", "Zm9vYmFy");
	check("\xff\xef\xbe\0", 4, "/+++AA==", "_---AA");
}

static void test_every_byte(void **state)
{
	unsigned char bytes[256];

	(void)state;
	for (int i = 0; i < 256; i++)
		bytes[i] = (unsigned char)i;
	for (size_t len = 0; len <= 256; len++) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
		BF_AUTO_SECRET struct bf_secret back = BF_SECRET_INIT;

		bf_base64url_encode(&text, bytes, len);
		assert_true(bf_base64url_decode(&back, bf_secret_reveal(&text), text.len));
		assert_int_equal(back.len, len);
		assert_memory_equal(bf_secret_reveal(&back), bytes, len);
	}
}

static void test_malformed(void **state)
{
	static const char *const bad[] = {"Z", "Zg=", "Zg==", "Zh", "Zm9", "Zm9vY", " Zg", "Zg\n",
		"Z+8A", "Z/8A", "Zm.v", "Zm9v\x80", "====", "Zm9vZ"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		bf_secret_puts(&out, "kept");
		assert_false(bf_base64url_decode(&out, bad[i], strlen(bad[i])));
		assert_string_equal(bf_secret_reveal(&out), "kept");
	}
	{
		BF_AUTO_SECRET struct bf_secret out = BF_SECRET_INIT;

		assert_false(bf_base64url_decode(&out, "Zm\0v", 4));
	}
}

static void test_no_memory(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
		BF_AUTO_SECRET struct bf_secret back = BF_SECRET_INIT;
		bool good, failed;

		bf_base64url_encode(&text, "foobar", 6);
		good = bf_base64url_decode(&back, "Zm9vYmFy", 8);
		failed = fault_disarm();
		assert_int_equal(failed, text.failed || !good);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),
		cmocka_unit_test(test_every_byte),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
