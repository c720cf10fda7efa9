/* Slots when calls fail, memory is short, or the disk is full, without inodes or read-only. */
#include "unit.h"

#include "libbfabric/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

static struct bfabric_error err;

/* ---- failing calls --------------------------------------------------------------------------- */

/* Reserve and commit; whatever fails, the file is old or new, and nothing is left beside it. */
static void replace_with_fault(unsigned calls, int error)
{
	FAULT_EACH (calls, error) {
		struct bf_slot slot = BF_SLOT_INIT;
		enum bfabric_status status;
		bool failed, committed;

		scratch_file("f", "old", 0600);
		fault_arm(calls, fault_n_, error);
		status = bf_slot_reserve(&slot, scratch("f"), 70000, &err);
		if (status == BFABRIC_OK)
			status = bf_slot_commit(&slot, "new", 3, &err);
		failed = fault_disarm();
		committed = slot.committed;
		bf_slot_release(&slot);
		assert_string_equal(scratch_content(scratch("f")), committed ? "new" : "old");
		assert_false(scratch_exists(scratch("f.tmp")));
		if (!failed || error == EINTR || strcmp(fault_name(), "unlink") == 0)
			continue;
		assert_int_equal(status, BFABRIC_SYSTEM);
		assert_int_equal(err.status, BFABRIC_SYSTEM);
		assert_non_null(strstr(err.text, scratch("f")));
	}
}

static void test_every_failing_call(void **state)
{
	const unsigned calls = FAULT_SYSTEM & ~FAULT_BIT(FAULT_UNLINK);

	(void)state;
	replace_with_fault(calls & ~FAULT_BIT(FAULT_CLOSE), EIO);
	replace_with_fault(FAULT_BIT(FAULT_WRITE), ENOSPC);
	replace_with_fault(FAULT_BIT(FAULT_WRITE) | FAULT_STAYS, EDQUOT);
	replace_with_fault(FAULT_BIT(FAULT_SYNC), EIO);
	assert_fails(bf_fail(&err, BFABRIC_SYSTEM, "reset"), BFABRIC_SYSTEM, err, "reset");
	fault_arm(FAULT_BIT(FAULT_UNLINK), 1, EACCES);
	assert_fails(bf_file_replace(scratch("f"), "x", 1, &err), BFABRIC_SYSTEM, err,
		"cannot remove the old");
	assert_true(fault_disarm());
}

static void test_interrupted(void **state)
{
	(void)state;
	replace_with_fault(FAULT_BIT(FAULT_WRITE), EINTR);
	replace_with_fault(FAULT_BIT(FAULT_SYNC), EINTR);
	for (unsigned n = 1; n <= 4; n++) {
		fault_arm(FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_SYNC) | FAULT_BIT(FAULT_CLOSE),
			n, EINTR);
		assert_int_equal(bf_file_replace(scratch("f"), "x", 1, &err), BFABRIC_OK);
		assert_true(fault_disarm());
	}
}

static void test_close_tells_of_an_error(void **state)
{
	struct bf_slot slot = BF_SLOT_INIT;

	(void)state;
	scratch_file("f", "old", 0600);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 0, &err), BFABRIC_OK);
	fault_arm(FAULT_BIT(FAULT_CLOSE), 1, EDQUOT);
	assert_fails(bf_slot_commit(&slot, "new", 3, &err), BFABRIC_SYSTEM, err, "cannot replace");
	assert_true(fault_disarm());
	assert_false(slot.committed);
	bf_slot_release(&slot);
	assert_string_equal(scratch_content(scratch("f")), "old");
	assert_false(scratch_exists(scratch("f.tmp")));
}

/* The one failure after which the new content is in place all the same. */
static void test_directory_sync_fails(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;

	(void)state;
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 0, &err), BFABRIC_OK);
	fault_arm(FAULT_BIT(FAULT_SYNC), 2, EIO);
	assert_fails(bf_slot_commit(&slot, "new", 3, &err), BFABRIC_SYSTEM, err,
		"is written, but its directory cannot be synced: Input/output error");
	assert_true(fault_disarm());
	assert_true(slot.committed);
	assert_string_equal(scratch_content(scratch("f")), "new");
	fault_arm(FAULT_BIT(FAULT_SYNC), 2, EINVAL); /* a file system that cannot: fine */
	assert_int_equal(bf_file_replace(scratch("f"), "newer", 5, &err), BFABRIC_OK);
	assert_true(fault_disarm());
}

static void test_no_memory(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
		enum bfabric_status status = bf_slot_reserve(&slot, scratch("f"), 100, &err);

		if (status == BFABRIC_OK)
			status = bf_slot_commit(&slot, "new", 3, &err);
		assert_int_equal(status != BFABRIC_OK, fault_disarm());
	}
}

/* ---- a disk that is full or read-only -------------------------------------------------------- */

static int on_full_disk(void *unused)
{
	struct bf_slot slot = BF_SLOT_INIT;
	static char big[100000];

	(void)unused;
	CHECK(bf_file_replace(scratch("f"), "old", 3, &err) == BFABRIC_OK);
	CHECK(bf_slot_reserve(&slot, scratch("f"), 100000, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "cannot reserve 100000 bytes in "));
	CHECK(strstr(err.text, "f.tmp: No space left on device"));
	CHECK(!scratch_exists(scratch("f.tmp")));
	/* a larger commit than was reserved may fail, and then the old content stays */
	CHECK(bf_slot_reserve(&slot, scratch("f"), 4096, &err) == BFABRIC_OK);
	CHECK(bf_slot_commit(&slot, big, sizeof(big), &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "No space left on device"));
	bf_slot_release(&slot);
	CHECK(strcmp(scratch_content(scratch("f")), "old") == 0);
	CHECK(!scratch_exists(scratch("f.tmp")));
	/* what was reserved is there, even if the disk is filled meanwhile */
	CHECK(bf_slot_reserve(&slot, scratch("f"), 16384, &err) == BFABRIC_OK);
	CHECK(bf_file_replace(scratch("other"), big, sizeof(big), &err) == BFABRIC_SYSTEM);
	for (int fd = open(scratch("fill"), O_WRONLY | O_CREAT, 0600); fd >= 0;) {
		while (write(fd, big, 1) == 1)
			;
		close(fd);
		break;
	}
	CHECK(bf_slot_commit(&slot, big, 16384, &err) == BFABRIC_OK);
	bf_slot_release(&slot);
	CHECK(strcmp(scratch_content(scratch("f")), "") == 0);
	return 0;
}

static void test_full_disk(void **state)
{
	int result = on_tmpfs("size=64k", on_full_disk, NULL);

	(void)state;
	LEAVE_IF_CANNOT(result, "no mount namespace here");
	assert_int_equal(result, 0);
}

static int without_inodes(void *unused)
{
	(void)unused;
	CHECK(bf_file_replace(scratch("f"), "old", 3, &err) == BFABRIC_OK);
	CHECK(bf_file_replace(scratch("g"), "old", 3, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "cannot create") && strstr(err.text, "No space left on device"));
	return 0;
}

static void test_no_inodes(void **state)
{
	int result = on_tmpfs("nr_inodes=2", without_inodes, NULL);

	(void)state;
	LEAVE_IF_CANNOT(result, "no mount namespace here");
	assert_int_equal(result, 0);
}

static int on_read_only_disk(void *unused)
{
	(void)unused;
	CHECK(bf_file_replace(scratch("f"), "new", 3, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "Read-only file system"));
	return 0;
}

static void test_read_only_disk(void **state)
{
	int result = on_tmpfs("ro", on_read_only_disk, NULL);

	(void)state;
	LEAVE_IF_CANNOT(result, "no mount namespace here");
	assert_int_equal(result, 0);
}

static int beyond_file_size_limit(void *unused)
{
	static char big[100000];

	(void)unused;
	signal(SIGXFSZ, SIG_IGN);
	CHECK(bf_file_replace(scratch("f"), "old", 3, &err) == BFABRIC_OK);
	CHECK(setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, 4096}) == 0);
	CHECK(bf_file_replace(scratch("f"), big, sizeof(big), &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "File too large"));
	CHECK(strcmp(scratch_content(scratch("f")), "old") == 0);
	CHECK(!scratch_exists(scratch("f.tmp")));
	return 0;
}

static void test_file_size_limit(void **state)
{
	(void)state;
	assert_int_equal(in_child(beyond_file_size_limit, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_every_failing_call),
		unit_in_scratch(test_interrupted),
		unit_in_scratch(test_close_tells_of_an_error),
		unit_in_scratch(test_directory_sync_fails),
		unit_in_scratch(test_no_memory),
		unit_in_scratch(test_full_disk),
		unit_in_scratch(test_no_inodes),
		unit_in_scratch(test_read_only_disk),
		unit_in_scratch(test_file_size_limit),
	};

	return cmocka_run_group_tests_name("slot_faults", tests, NULL, NULL);
}
