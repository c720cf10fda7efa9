/* Writing the configuration: whatever happens, the file is whole, and what a person wrote is there.
 */
#include "unit.h"

#include "libbfabric/base/lock.h"
#include "libbfabric/base/sys.h"
#include "libbfabric/local/config.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define OLD    "# mine\nOLD: {base_url: 'https://old.example.org/bfabric', pat: abc}\n"
#define NOBODY 65534

static struct bfabric_error err;
static const struct bf_config_value values[] = {
	{"base_url", "https://new.example.org/bfabric"},
	{"auth_method", "oauth"},
	{"client_id", "CLI"},
	{"scope", "api:read"},
};
static const struct bf_config_change entry = {
	.name = "NEW",
	.values = values,
	.value_count = sizeof(values) / sizeof(values[0]),
};

static int setup(void **state)
{
	int result = scratch_setup(state);

	setenv("HOME", scratch(""), 1);
	setenv("BFABRIC_SITE_CONFIG", "", 1);
	unsetenv("BFABRICPY_CONFIG_ENV");
	unsetenv("BFABRICPY_CONFIG_OVERRIDE");
	return result;
}

#define in_home(f) cmocka_unit_test_setup_teardown(f, setup, scratch_teardown)

static enum bfabric_status write_entry(const char *file)
{
	return bf_config_write(file, &entry, &err);
}

static bool has(const char *file, const char *name)
{
	BF_AUTO_CONFIG struct bf_config *config = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};

	return bf_config_load(file, &config, NULL) == BFABRIC_OK &&
	       bf_config_select(config, name, NULL, &env, NULL) == BFABRIC_OK;
}

static bool begins(const char *text, const char *start)
{
	return text && strncmp(text, start, strlen(start)) == 0;
}

/* Nothing in the home but these: the file, and the folder of the lock. */
static void assert_no_litter(void)
{
	DIR *dir = opendir(scratch(""));

	assert_non_null(dir);
	for (struct dirent *e; (e = readdir(dir));)
		assert_null(strstr(e->d_name, ".tmp"));
	closedir(dir);
}

static void test_creates(void **state)
{
	const mode_t before = umask(0);

	(void)state;
	assert_int_equal(write_entry(NULL), BFABRIC_OK);
	umask(before);
	assert_int_equal(scratch_mode(scratch(".bfabricpy.yml")), 0600);
	assert_int_equal(scratch_mode(scratch(".bfabric")), 0700);
	assert_true(has(NULL, "NEW"));
	assert_true(has(NULL, NULL));
	assert_no_litter();
}

static void test_tightens(void **state)
{
	(void)state;
	scratch_file("x.yml", OLD, 0644);
	assert_int_equal(write_entry(scratch("x.yml")), BFABRIC_OK);
	assert_int_equal(scratch_mode(scratch("x.yml")), 0600);
	assert_true(begins(scratch_content(scratch("x.yml")), OLD));
	assert_true(has(scratch("x.yml"), "OLD"));
}

static void test_check_changes_nothing(void **state)
{
	(void)state;
	scratch_file("x.yml", OLD, 0644);
	assert_int_equal(bf_config_check_write(scratch("x.yml"), &entry, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("x.yml")), OLD);
	assert_int_equal(scratch_mode(scratch("x.yml")), 0644);
	assert_int_equal(bf_config_check_write(NULL, &entry, &err), BFABRIC_OK);
	assert_false(scratch_exists(scratch(".bfabricpy.yml")));
	assert_no_litter();
}

static void test_keeps_the_link(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(mkdir(scratch("dotfiles"), 0700), 0);
	scratch_file("dotfiles/bfabricpy.yml", OLD, 0600);
	assert_int_equal(symlink("dotfiles/bfabricpy.yml", scratch(".bfabricpy.yml")), 0);
	assert_int_equal(write_entry(NULL), BFABRIC_OK);
	assert_int_equal(lstat(scratch(".bfabricpy.yml"), &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_true(begins(scratch_content(scratch("dotfiles/bfabricpy.yml")), OLD));
	assert_true(has(NULL, "NEW"));
	assert_no_litter();
}

static void test_dangling_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", scratch(".bfabricpy.yml")), 0);
	assert_fails(write_entry(NULL), BFABRIC_SYSTEM, err, ".bfabricpy.yml is a symbolic link");
	assert_false(scratch_exists(scratch("nowhere")));
}

static void test_no_folder(void **state)
{
	(void)state;
	assert_fails(write_entry(scratch("none/x.yml")), BFABRIC_SYSTEM, err, "none/x.yml");
}

static int write_as_nobody(void *home)
{
	setenv("HOME", home, 1);
	CHECK(write_entry(NULL) == BFABRIC_SYSTEM);
	CHECK(bf_config_check_write(NULL, &entry, &err) == BFABRIC_SYSTEM);
	return 0;
}

/* A home that cannot be written, and root with the home of somebody else. */
static void test_foreign_home(void **state)
{
	char *home = strdup(scratch(""));
	int result;

	(void)state;
	if (geteuid() != 0) {
		free(home);
		LEAVE_BECAUSE("needs root");
	}
	result = unprivileged(write_as_nobody, home);
	free(home);
	assert_int_equal(result, 0);
	assert_int_equal(chown(scratch(""), NOBODY, NOBODY), 0);
	assert_int_equal(write_entry(NULL), BFABRIC_SYSTEM);
	assert_false(scratch_exists(scratch(".bfabric")));
	assert_false(scratch_exists(scratch(".bfabricpy.yml")));
}

static int fill_and_write(void *home)
{
	FILE *out;

	setenv("HOME", home, 1);
	scratch_file(".bfabricpy.yml", OLD, 0600);
	out = fopen(scratch("filler"), "we");
	CHECK(out);
	setvbuf(out, NULL, _IONBF, 0);
	while (fputc('x', out) != EOF)
		;
	fclose(out);
	CHECK(write_entry(NULL) == BFABRIC_SYSTEM);
	CHECK(strcmp(scratch_content(scratch(".bfabricpy.yml")), OLD) == 0);
	CHECK(!scratch_exists(scratch(".bfabricpy.yml.tmp")));
	return 0;
}

static void test_disk_full(void **state)
{
	char *home = strdup(scratch(""));
	int result = on_tmpfs("size=64k", fill_and_write, home);

	(void)state;
	free(home);
	LEAVE_IF_CANNOT(result, "needs root and a mount namespace");
	assert_int_equal(result, 0);
}

/* Many at once, each with an environment of its own: all of them are there afterwards. */
static void test_many_writers(void **state)
{
	enum { writers = 12 };
	pid_t pids[writers];

	(void)state;
	scratch_file(".bfabricpy.yml", OLD, 0600);
	for (int i = 0; i < writers; i++) {
		struct bf_config_change mine = entry;
		char name[16];

		snprintf(name, sizeof(name), "E%d", i);
		mine.name = name;
		mine.set_default = BF_DEFAULT_NO;
		pids[i] = fork();
		assert_true(pids[i] >= 0);
		if (pids[i] == 0)
			_exit(bf_config_write(NULL, &mine, &err) != BFABRIC_OK);
	}
	for (int i = 0; i < writers; i++) {
		char name[16];
		int status;

		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
		snprintf(name, sizeof(name), "E%d", i);
		assert_true(has(NULL, name));
	}
	assert_true(begins(scratch_content(scratch(".bfabricpy.yml")), OLD));
	assert_no_litter();
}

/* The holder is waited for. */
static void test_waits(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	bool held = false;
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(mkdir(scratch(".bfabric"), 0700), 0);
	assert_int_equal(
		bf_lock_open(&lock, scratch(".bfabric/config.lock"), NULL, &err), BFABRIC_OK);
	assert_int_equal(bf_lock_try(&lock, &held, &err), BFABRIC_OK);
	assert_true(held);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		_exit(write_entry(NULL) != BFABRIC_OK);
	bf_sleep_ms(&bf_sys_real, 200);
	assert_false(scratch_exists(scratch(".bfabricpy.yml")));
	bf_lock_release(&lock);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(has(NULL, "NEW"));
}

static void try_with_fault(unsigned calls, int error)
{
	FAULT_EACH (calls, error) {
		const char *content;
		enum bfabric_status status;
		bool failed;

		scratch_file(".bfabricpy.yml", OLD, 0600);
		fault_arm(calls, fault_n_, error); /* what the test itself did does not count */
		status = write_entry(NULL);
		failed = fault_disarm();
		content = scratch_content(scratch(".bfabricpy.yml"));
		assert_true(begins(content, OLD));
		if (!failed)
			assert_int_equal(status, BFABRIC_OK);
		if (status == BFABRIC_OK)
			assert_true(has(NULL, "NEW"));
		else
			assert_true(strcmp(content, OLD) == 0 || has(NULL, "NEW"));
	}
}

static void test_every_allocation(void **state)
{
	(void)state;
	try_with_fault(FAULT_MEMORY, ENOMEM);
	assert_no_litter();
}

static void test_every_system_call(void **state)
{
	(void)state;
	try_with_fault(FAULT_SYSTEM, EIO);
	try_with_fault(FAULT_BIT(FAULT_WRITE) | FAULT_BIT(FAULT_SYNC), ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_home(test_creates),
		in_home(test_tightens),
		in_home(test_check_changes_nothing),
		in_home(test_keeps_the_link),
		in_home(test_dangling_link),
		in_home(test_no_folder),
		in_home(test_foreign_home),
		in_home(test_disk_full),
		in_home(test_many_writers),
		in_home(test_waits),
		in_home(test_every_allocation),
		in_home(test_every_system_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
