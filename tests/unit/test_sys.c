#include "unit.h"

#include "libbfabric/base/sys.h"

#include <time.h>

static void test_clocks(void **state)
{
	const int64_t wall = bf_wall(&bf_sys_real);
	const int64_t boot = bf_boot_ms(&bf_sys_real);

	(void)state;
	assert_true(wall >= time(NULL) - 5 && wall <= time(NULL) + 5);
	assert_true(boot > 0);
	bf_sleep_ms(&bf_sys_real, 20);
	assert_true(bf_boot_ms(&bf_sys_real) >= boot + 20);
	bf_sleep_ms(&bf_sys_real, 0);
	bf_sleep_ms(&bf_sys_real, -5);
}

static void test_random(void **state)
{
	unsigned char a[1000] = {0}, b[1000] = {0};

	(void)state;
	assert_true(bf_random(&bf_sys_real, a, sizeof(a)));
	assert_true(bf_random(&bf_sys_real, b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_true(bf_random(&bf_sys_real, a, 0));
}

static void test_random_failures(void **state)
{
	unsigned char buf[8];

	(void)state;
	fault_arm(FAULT_BIT(FAULT_RANDOM), 1, EINTR);
	assert_true(bf_random(&bf_sys_real, buf, sizeof(buf)));
	assert_true(fault_disarm());
	fault_arm(FAULT_BIT(FAULT_RANDOM), 1, ENOSYS);
	assert_false(bf_random(&bf_sys_real, buf, sizeof(buf)));
	assert_true(fault_disarm());
}

static void test_deadlines(void **state)
{
	const int64_t now = bf_boot_ms(&bf_sys_real);
	const int64_t in_ten = bfabric_deadline_in(10);

	(void)state;
	assert_true(in_ten >= now + 10000 && in_ten < now + 15000);
	assert_true(bfabric_deadline_in(-1) < now + 1000);
	assert_true(bfabric_deadline_in(INT64_MAX) == INT64_MAX);
	assert_true(bfabric_deadline_in(INT64_MAX / 1000) == INT64_MAX);
	assert_true(bfabric_deadline_in(INT64_MIN) == INT64_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_failures),
		cmocka_unit_test(test_deadlines),
	};

	return cmocka_run_group_tests_name("sys", tests, NULL, NULL);
}
