/*
 * The file that an answer is written to: whole or as it was, with the permissions a person expects.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper/api_file.h"

static struct bfabric_error err;

static enum bfabric_status write_file(const char *path, const char *text)
{
	BF_AUTO_RECORDS_FILE struct bf_records_file file = BF_RECORDS_FILE_INIT;
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	enum bfabric_status status = bf_records_file_open(&file, path, &err);

	bf_secret_puts(&content, text);
	return status == BFABRIC_OK ? bf_records_file_commit(&file, &content, &err) : status;
}

static void test_new_and_old(void **state)
{
	mode_t before = umask(027);

	(void)state;
	assert_int_equal(write_file(scratch("a.json"), "[]\n"), BFABRIC_OK);
	umask(before);
	assert_string_equal(scratch_content(scratch("a.json")), "[]\n");
	assert_int_equal(scratch_mode(scratch("a.json")), 0640);
	scratch_file("b.json", "old", 0604);
	assert_int_equal(write_file(scratch("b.json"), "new"), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("b.json")), "new");
	assert_int_equal(scratch_mode(scratch("b.json")), 0604);
}

static void test_links(void **state)
{
	struct stat info;

	(void)state;
	scratch_file("real", "old", 0644);
	assert_int_equal(symlink("real", scratch("link")), 0);
	assert_int_equal(write_file(scratch("link"), "new"), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("real")), "new");
	assert_int_equal(lstat(scratch("link"), &info), 0);
	assert_true(S_ISLNK(info.st_mode));
}

/* Until it is committed nothing is seen of it, and nothing is left of it when it is not. */
static void test_not_committed(void **state)
{
	struct bf_records_file file = BF_RECORDS_FILE_INIT;
	char *temporary;

	(void)state;
	scratch_file("c.json", "old", 0644);
	assert_int_equal(bf_records_file_open(&file, scratch("c.json"), &err), BFABRIC_OK);
	temporary = strdup(file.temporary);
	assert_true(scratch_exists(temporary));
	bf_records_file_release(&file);
	assert_false(scratch_exists(temporary));
	assert_string_equal(scratch_content(scratch("c.json")), "old");
	free(temporary);
}

static void test_impossible(void **state)
{
	(void)state;
	assert_fails(write_file(scratch("none/x"), "x"), BFABRIC_SYSTEM, err, "No such file");
	assert_fails(write_file(scratch(""), "x"), BFABRIC_SYSTEM, err, "folder");
	assert_fails(write_file("/dev/full", "x"), BFABRIC_SYSTEM, err, "No space");
	assert_int_equal(write_file("/dev/null", "x"), BFABRIC_OK);
}

static void test_faults(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY | FAULT_SYSTEM, EIO) {
		char *path = NULL;
		enum bfabric_status status;
		bool failed;

		fault_hold(true);
		path = strdup(scratch_file("d.json", "old", 0644));
		fault_hold(false);
		status = write_file(path, "new");
		failed = fault_disarm();
		if (failed && status != BFABRIC_OK)
			assert_string_equal(scratch_content(path), "old");
		else
			assert_string_equal(scratch_content(path), "new");
		free(path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_new_and_old),
		unit_in_scratch(test_links),
		unit_in_scratch(test_not_committed),
		unit_in_scratch(test_impossible),
		unit_in_scratch(test_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
