#include "unit.h"

#include "libbfabric/base/file.h"

#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct bfabric_error err;

static void assert_home(const char *variable, const char *expected)
{
	BF_AUTO_FREE char *home = NULL;

	if (variable)
		setenv("HOME", variable, 1);
	else
		unsetenv("HOME");
	assert_int_equal(bf_home(&home, &err), BFABRIC_OK);
	assert_string_equal(home, expected);
}

static void test_from_environment(void **state)
{
	(void)state;
	assert_home("/home/me", "/home/me");
	assert_home("/home/me///", "/home/me");
	assert_home("/", "/");
	assert_home("//", "/");
}

static void test_from_database(void **state)
{
	const struct passwd *entry = getpwuid(geteuid());
	BF_AUTO_FREE char *home = NULL;

	(void)state;
	unsetenv("HOME");
	if (!entry) {
		assert_fails(bf_home(&home, &err), BFABRIC_SYSTEM, err, "set HOME");
		return;
	}
	assert_home(NULL, entry->pw_dir);
	assert_home("", entry->pw_dir);
	assert_home("relative/dir", entry->pw_dir);
}

static int home_of_unknown_user(void *unused)
{
	BF_AUTO_FREE char *home = NULL;

	(void)unused;
	unsetenv("HOME");
	CHECK(setresuid(3999999, 3999999, 3999999) == 0);
	CHECK(bf_home(&home, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "uid 3999999: set HOME"));
	CHECK(!home);
	return 0;
}

static void test_no_home(void **state)
{
	(void)state;
	if (geteuid() != 0)
		LEAVE_BECAUSE("only root can become an unknown user");
	assert_int_equal(in_child(home_of_unknown_user, NULL), 0);
}

static void test_home_no_memory(void **state)
{
	(void)state;
	for (int database = 0; database < 2; database++) {
		setenv("HOME", database ? "" : "/home/me", 1);
		FAULT_EACH (FAULT_MEMORY, ENOMEM) {
			BF_AUTO_FREE char *home = NULL;
			enum bfabric_status status = bf_home(&home, &err);

			if (fault_disarm())
				assert_int_equal(status, BFABRIC_NO_MEMORY);
		}
	}
}

static void test_writable(void **state)
{
	char *home = strdup(scratch(""));

	(void)state;
	assert_int_equal(bf_home_writable(home, &err), BFABRIC_OK);
	assert_fails(bf_home_writable(scratch("none"), &err), BFABRIC_SYSTEM, err,
		"No such file or directory: create it or set HOME");
	assert_fails(bf_home_writable(scratch_file("f", "", 0600), &err), BFABRIC_SYSTEM, err,
		"is not a directory");
	if (geteuid() == 0) {
		assert_int_equal(chown(home, 12345, 12345), 0);
		assert_fails(bf_home_writable(home, &err), BFABRIC_SYSTEM, err,
			"belongs to uid 12345, but this runs as root: run it as that user");
		assert_int_equal(chown(home, 0, 0), 0);
	}
	free(home);
}

static void assert_no_runtime_dir(const char *variable)
{
	char untouched[] = "x";
	char *dir = untouched;

	if (variable)
		setenv("XDG_RUNTIME_DIR", variable, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	assert_int_equal(bf_runtime_dir(&dir, &err), BFABRIC_OK);
	assert_null(dir);
}

static void test_runtime_dir(void **state)
{
	BF_AUTO_FREE char *dir = NULL;

	(void)state;
	setenv("XDG_RUNTIME_DIR", scratch(""), 1);
	assert_int_equal(bf_runtime_dir(&dir, &err), BFABRIC_OK);
	assert_string_equal(dir, scratch("bfabric"));
	assert_int_equal(scratch_mode(dir), 0700);
}

static void test_no_runtime_dir(void **state)
{
	(void)state;
	assert_no_runtime_dir(NULL);
	assert_no_runtime_dir("");
	assert_no_runtime_dir("relative");
	assert_no_runtime_dir(scratch("none"));
	assert_no_runtime_dir(scratch_file("f", "", 0600));
	assert_int_equal(mkdir(scratch("d"), 0700), 0);
	assert_int_equal(chmod(scratch("d"), 0770), 0);
	assert_no_runtime_dir(scratch("d"));
	assert_int_equal(chmod(scratch("d"), 0702), 0);
	assert_no_runtime_dir(scratch("d"));
	assert_false(scratch_exists(scratch("d/bfabric")));
	if (geteuid() == 0) {
		assert_int_equal(chmod(scratch("d"), 0700), 0);
		assert_int_equal(chown(scratch("d"), 12345, 12345), 0);
	}
	assert_no_runtime_dir(geteuid() == 0 ? scratch("d") : "/etc");
}

static void test_bad_runtime_dir(void **state)
{
	char *dir = NULL;

	(void)state;
	setenv("XDG_RUNTIME_DIR", scratch(""), 1);
	assert_int_equal(symlink(".", scratch("bfabric")), 0);
	assert_fails(bf_runtime_dir(&dir, &err), BFABRIC_SYSTEM, err, "is a symbolic link");
	assert_null(dir);
	assert_int_equal(unlink(scratch("bfabric")), 0);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bfabric_status status = bf_runtime_dir(&dir, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
		free(BF_TAKE(dir));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_from_environment),
		cmocka_unit_test(test_from_database),
		cmocka_unit_test(test_no_home),
		cmocka_unit_test(test_home_no_memory),
		unit_in_scratch(test_writable),
		unit_in_scratch(test_runtime_dir),
		unit_in_scratch(test_no_runtime_dir),
		unit_in_scratch(test_bad_runtime_dir),
	};

	return cmocka_run_group_tests_name("home", tests, NULL, NULL);
}
