/* Who approved: each file in tests/data/evidence, honest or hostile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "evidence_case.h"

static void test_cases(void **state)
{
	(void)state;
	cases_run_files("evidence", evidence_case_describe);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_cases)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
