/* test_soap_read.c - replies of web services: cases that are files, in pieces and cut short. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "soap_case.h"

static json_t *description;

static int read_description(void **state)
{
	BF_AUTO_SECRET struct bf_secret wsdl = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	char part[4096];
	size_t n;
	FILE *f = fopen(BF_TEST_DATA "/wsdl/rpc/file", "re");

	(void)state;
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		bf_secret_put(&wsdl, part, n);
	fclose(f);
	assert_int_equal(
		bf_wsdl_read(bf_secret_reveal(&wsdl), wsdl.len, &description, &err), BFABRIC_OK);
	return 0;
}

static int forget_description(void **state)
{
	(void)state;
	json_decref(description);
	return 0;
}

static void whole(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	(void)soap_case_describe(description, bytes, len, /* piece= */ 0, ret_text);
}

/* However it is cut into pieces, it says the same. */
static void in_pieces(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	BF_AUTO_SECRET struct bf_secret other = BF_SECRET_INIT;

	whole(bytes, len, ret_text);
	for (size_t piece = 1; piece < 8; piece += piece == 1 ? 2 : 4) {
		bf_secret_clear(&other);
		(void)soap_case_describe(description, bytes, len, piece, &other);
		assert_string_equal(bf_secret_reveal(&other), bf_secret_reveal(ret_text));
	}
}

static void replies(void **state)
{
	(void)state;
	cases_run_files("soap", whole);
}

static void replies_in_pieces(void **state)
{
	(void)state;
	cases_run_files("soap", in_pieces);
}

static const char page[] =
	"<e:Envelope xmlns:e=\"urn:e\"><e:Body><r><return><page>1</page><numberofpages>2"
	"</numberofpages><sample id=\"1\"><name>a&amp;b</name><s><![CDATA[x]]></s></sample>"
	"</return></r></e:Body></e:Envelope>";

static void every_cut_is_noticed(void **state)
{
	(void)state;
	for (size_t len = 0; len < sizeof(page) - 1; len++) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		assert_int_equal(
			soap_case_describe(description, page, len, 0, &text), BFABRIC_BAD_REPLY);
	}
}

static void every_split_is_the_same(void **state)
{
	BF_AUTO_SECRET struct bf_secret expected = BF_SECRET_INIT;

	(void)state;
	whole(page, sizeof(page) - 1, &expected);
	for (size_t piece = 1; piece < sizeof(page); piece++) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;

		(void)soap_case_describe(description, page, sizeof(page) - 1, piece, &text);
		assert_string_equal(bf_secret_reveal(&text), bf_secret_reveal(&expected));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(replies),
		cmocka_unit_test(replies_in_pieces),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(every_split_is_the_same),
	};

	return cmocka_run_group_tests(tests, read_description, forget_description);
}
