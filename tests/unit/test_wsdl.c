/* test_wsdl.c - descriptions of web services: cases that are files, cut short, without memory. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "libbfabric/net/soap.h"

static void describe(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	struct bfabric_error err = {0};
	json_t *description = NULL;
	enum bfabric_status status = bf_wsdl_read(bytes, len, &description, &err);
	char *dump = NULL;

	assert_int_equal(status, err.status);
	assert_int_equal(description != NULL, status == BFABRIC_OK);
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n%s\n", bfabric_status_name(status), err.text);
		return;
	}
	dump = json_dumps(description, JSON_INDENT(1));
	assert_non_null(dump);
	bf_secret_puts(ret_text, dump);
	bf_secret_putc(ret_text, '\n');
	free(dump);
	json_decref(description);
}

static void documents(void **state)
{
	(void)state;
	cases_run_files("wsdl", describe);
}

static const char small[] =
	"<w:definitions xmlns:w=\"http://schemas.xmlsoap.org/wsdl/\" targetNamespace=\"urn:x\" "
	"xmlns:x=\"http://www.w3.org/2001/XMLSchema\" xmlns:t=\"urn:x\"><w:types><x:schema>"
	"<x:simpleType name=\"s\"><x:restriction base=\"x:int\"/></x:simpleType>"
	"<x:complexType name=\"r\"><x:sequence><x:element name=\"page\" type=\"t:s\"/>"
	"<x:element name=\"any\"><x:complexType><x:attribute name=\"id\" type=\"x:long\"/>"
	"</x:complexType></x:element></x:sequence></x:complexType>"
	"<x:complexType name=\"e\"><x:complexContent><x:extension base=\"t:r\"/>"
	"</x:complexContent></x:complexType></x:schema></w:types>"
	"<w:message name=\"m\"><w:part name=\"p\" type=\"t:e\"/></w:message>"
	"<w:portType name=\"p\"><w:operation name=\"read\"><w:input message=\"t:m\"/>"
	"<w:output message=\"t:m\"/></w:operation></w:portType></w:definitions>";

static void every_cut_is_noticed(void **state)
{
	struct bfabric_error err = {0};
	json_t *description = NULL;

	(void)state;
	for (size_t len = 0; len < sizeof(small) - 1; len++)
		assert_int_equal(bf_wsdl_read(small, len, &description, &err), BFABRIC_BAD_REPLY);
	assert_int_equal(bf_wsdl_read(small, sizeof(small) - 1, &description, &err), BFABRIC_OK);
	json_decref(description);
}

/* Each type extends the one before: together they would have more fields than there is memory. */
static void types_that_multiply_are_refused(void **state)
{
	BF_AUTO_SECRET struct bf_secret wsdl = BF_SECRET_INIT;
	struct bfabric_error err = {0};
	json_t *description = NULL;

	(void)state;
	bf_secret_puts(&wsdl, "<w:definitions xmlns:w=\"http://schemas.xmlsoap.org/wsdl/\" "
			      "targetNamespace=\"u\" xmlns:x=\"http://www.w3.org/2001/XMLSchema\">"
			      "<x:schema><x:complexType name=\"b\"><x:sequence>");
	for (int i = 0; i < 5000; i++)
		bf_secret_printf(&wsdl, "<x:element name=\"f%d\" type=\"x:int\"/>", i);
	bf_secret_puts(&wsdl, "</x:sequence></x:complexType>");
	for (int i = 0; i < 100; i++)
		bf_secret_printf(&wsdl,
			"<x:complexType name=\"t%d\"><x:extension base=\"b\"/></x:complexType>", i);
	bf_secret_puts(&wsdl, "</x:schema><w:operation name=\"read\"/></w:definitions>");
	assert_false(wsdl.failed);
	assert_fails(bf_wsdl_read(bf_secret_reveal(&wsdl), wsdl.len, &description, &err),
		BFABRIC_BAD_REPLY, err, "more than 100000 fields");
}

static void a_large_one_is_refused(void **state)
{
	const size_t len = BF_WSDL_MAX + 1;
	struct bfabric_error err = {0};
	json_t *description = NULL;
	char *bytes = malloc(len);

	(void)state;
	assert_non_null(bytes);
	memset(bytes, ' ', len);
	assert_fails(bf_wsdl_read(bytes, len, &description, &err), BFABRIC_BAD_REPLY, err,
		"more than 8 MiB");
	free(bytes);
}

/* ---- no memory ------------------------------------------------------------------------------- */

static unsigned json_left;

static void *json_malloc_or_not(size_t size)
{
	return json_left && --json_left == 0 ? NULL : malloc(size);
}

static void json_free_it(void *pointer)
{
	free(pointer);
}

static void check(enum bfabric_status status, bool failed, json_t *description)
{
	assert_int_equal(status, failed ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	assert_int_equal(description != NULL, !failed);
	json_decref(description);
}

static void our_allocations_may_fail(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		struct bfabric_error err = {0};
		json_t *description = NULL;
		enum bfabric_status status =
			bf_wsdl_read(small, sizeof(small) - 1, &description, &err);

		check(status, fault_disarm(), description);
	}
}

static void janssons_allocations_may_fail(void **state)
{
	unsigned n = 0;
	bool failed = true;

	(void)state;
	json_set_alloc_funcs(json_malloc_or_not, json_free_it);
	while (failed && n < 10000) {
		struct bfabric_error err = {0};
		json_t *description = NULL;
		enum bfabric_status status;

		json_left = ++n;
		status = bf_wsdl_read(small, sizeof(small) - 1, &description, &err);
		failed = json_left == 0;
		json_left = 0;
		check(status, failed, description);
	}
	json_set_alloc_funcs(malloc, free);
	assert_in_range(n, 20, 9999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(types_that_multiply_are_refused),
		cmocka_unit_test(a_large_one_is_refused),
		cmocka_unit_test(our_allocations_may_fail),
		cmocka_unit_test(janssons_allocations_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
