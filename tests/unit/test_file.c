#include "unit.h"

#include "libbfabric/base/file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX 1000

static struct bfabric_error err;

static enum bfabric_status read_file(const char *path, unsigned rules, struct bf_secret *content)
{
	struct bf_file_info info = {0};

	return bf_file_read(path, rules, MAX, content, &info, &err);
}

/* Both ways of looking refuse it for the same reason. */
static void refused(const char *path, unsigned rules, const char *fragment)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {.size = 77};

	assert_fails(bf_file_read(path, rules, MAX, &content, &info, &err), BFABRIC_SYSTEM, err,
		fragment);
	assert_non_null(strstr(err.text, path));
	assert_true(bf_secret_empty(&content));
	assert_fails(bf_file_stat(path, rules, &info, &err), BFABRIC_SYSTEM, err, fragment);
	assert_int_equal(info.size, 77);
}

static void test_reads(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {0}, again = {0};
	const char *path = scratch_file("f", "hello", 0600);
	struct stat st;

	(void)state;
	assert_int_equal(bf_file_read(path, 0, MAX, &content, &info, &err), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&content), "hello");
	assert_int_equal(stat(path, &st), 0);
	assert_true(info.found);
	assert_false(info.readable_by_others);
	assert_int_equal(info.size, 5);
	assert_int_equal(info.inode, st.st_ino);
	assert_int_equal(info.device, st.st_dev);
	assert_int_equal(info.mtime_ns / 1000000000, st.st_mtime);
	assert_int_equal(bf_file_stat(path, 0, &again, &err), BFABRIC_OK);
	assert_memory_equal(&info, &again, sizeof(info));
}

static void test_empty_file(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;

	(void)state;
	assert_int_equal(read_file(scratch_file("f", "", 0600), 0, &content), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&content), "");
}

static void test_missing_is_ok(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {.found = true};

	(void)state;
	bf_secret_puts(&content, "of another file");
	assert_int_equal(bf_file_read(scratch("none"), 0, MAX, &content, &info, &err), BFABRIC_OK);
	assert_false(info.found);
	assert_true(bf_secret_empty(&content));
	info.found = true;
	assert_int_equal(bf_file_stat(scratch("no/ne"), 0, &info, &err), BFABRIC_OK);
	assert_false(info.found);
}

static void test_size_limit(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	char text[MAX + 2];

	(void)state;
	memset(text, 'x', MAX);
	text[MAX] = '\0';
	assert_int_equal(read_file(scratch_file("f", text, 0600), 0, &content), BFABRIC_OK);
	assert_int_equal(content.len, MAX);
	bf_secret_puts(&content, text); /* the limit of the file is not one of the string */
	assert_false(content.failed);
	text[MAX] = 'x';
	text[MAX + 1] = '\0';
	assert_fails(read_file(scratch_file("g", text, 0600), 0, &content), BFABRIC_BAD_REPLY, err,
		"larger than 1000 bytes");
}

/* A file whose size fstat does not know, and larger than allowed. */
static void test_size_that_lies(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {0};

	(void)state;
	assert_int_equal(
		bf_file_read("/proc/self/status", 0, 1 << 20, &content, &info, &err), BFABRIC_OK);
	assert_int_equal(info.size, 0);
	assert_non_null(strstr(bf_secret_reveal(&content), "Uid:"));
	assert_fails(bf_file_read("/proc/self/status", 0, 10, &content, &info, &err),
		BFABRIC_BAD_REPLY, err, "larger than 10 bytes");
}

static void test_symbolic_links(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {0};

	(void)state;
	scratch_file("f", "hello", 0600);
	assert_int_equal(symlink("f", scratch("link")), 0);
	assert_int_equal(symlink("loop", scratch("loop")), 0);
	assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
	refused(scratch("link"), 0, "is a symbolic link");
	refused(scratch("loop"), 0, "is a symbolic link");
	refused(scratch("dangling"), 0, "is a symbolic link");
	assert_int_equal(read_file(scratch("link"), BF_FILE_FOLLOW, &content), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&content), "hello");
	assert_int_equal(bf_file_stat(scratch("link"), BF_FILE_FOLLOW, &info, &err), BFABRIC_OK);
	assert_int_equal(info.size, 5);
	assert_int_equal(
		bf_file_stat(scratch("dangling"), BF_FILE_FOLLOW, &info, &err), BFABRIC_OK);
	assert_false(info.found);
	assert_fails(read_file(scratch("loop"), BF_FILE_FOLLOW, &content), BFABRIC_SYSTEM, err,
		"symbolic link");
}

/* Following a link does not soften what is asked of its target. */
static void test_link_to_bad_target(void **state)
{
	(void)state;
	scratch_file("f", "x", 0622);
	assert_int_equal(symlink("f", scratch("link")), 0);
	assert_int_equal(symlink(".", scratch("dir")), 0);
	refused(scratch("link"), BF_FILE_FOLLOW, "chmod go-w");
	refused(scratch("dir"), BF_FILE_FOLLOW, "is a directory");
}

static void test_other_types(void **state)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(mkdir(scratch("dir"), 0700), 0);
	assert_int_equal(mkfifo(scratch("fifo"), 0600), 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", scratch("socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
	refused(scratch("dir"), 0, "is a directory");
	refused(scratch("fifo"), 0, "is a FIFO"); /* and does not hang */
	refused("/dev/null", 0, "is a device");
	{
		BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
		struct bf_file_info info = {0};

		assert_fails(read_file(scratch("socket"), 0, &content), BFABRIC_SYSTEM, err,
			"cannot open");
		assert_fails(bf_file_stat(scratch("socket"), 0, &info, &err), BFABRIC_SYSTEM, err,
			"is a socket");
	}
}

static void test_component_is_no_directory(void **state)
{
	char path[4200];

	(void)state;
	snprintf(path, sizeof(path), "%s/x", scratch_file("f", "", 0600));
	refused(path, 0, "Not a directory");
}

static void test_permissions(void **state)
{
	struct bf_file_info info = {0};

	(void)state;
	refused(scratch_file("group", "x", 0620), 0, "can be written by other users: chmod go-w ");
	refused(scratch_file("others", "x", 0602), 0, "can be written by other users: chmod go-w ");
	assert_int_equal(bf_file_stat(scratch_file("r", "x", 0640), 0, &info, &err), BFABRIC_OK);
	assert_true(info.readable_by_others);
	assert_int_equal(bf_file_stat(scratch_file("r", "x", 0604), 0, &info, &err), BFABRIC_OK);
	assert_true(info.readable_by_others);
	assert_int_equal(bf_file_stat(scratch_file("r", "x", 0711), 0, &info, &err), BFABRIC_OK);
	assert_false(info.readable_by_others);
}

static void test_foreign_owner(void **state)
{
	(void)state;
	if (geteuid() == 0) {
		const char *path = scratch_file("f", "x", 0600);

		assert_int_equal(chown(path, 12345, 12345), 0);
		refused(path, 0,
			"is owned by uid 12345, but this runs as uid 0: run it as that "
			"user, without sudo");
		refused(path, BF_FILE_FOLLOW, "is owned by uid 12345");
		refused(path, BF_FILE_ROOTS, "is owned by uid 12345, but must be root's");
	} else {
		refused("/etc/passwd", 0, "is owned by uid 0, but this runs as uid");
		refused("/etc/passwd", BF_FILE_FOLLOW, "(chown)");
		refused(scratch_file("f", "x", 0600), BF_FILE_ROOTS, "must be root's");
	}
}

static void test_file_of_root(void **state)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
	struct bf_file_info info = {0};

	(void)state;
	assert_int_equal(bf_file_read("/etc/passwd", BF_FILE_ROOTS, 1 << 20, &content, &info, &err),
		BFABRIC_OK);
	assert_true(info.found);
	assert_true(info.readable_by_others);
}

static int read_unprivileged(void *path)
{
	BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;

	CHECK(read_file(path, 0, &content) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "Permission denied"));
	return 0;
}

static void test_unreadable(void **state)
{
	char *path = strdup(scratch_file("f", "x", 0000));
	int result = unprivileged(read_unprivileged, path);

	(void)state;
	free(path);
	assert_int_equal(result, 0);
}

static void test_every_failing_call(void **state)
{
	const char *path = scratch_file("f", "hello", 0600);

	(void)state;
	FAULT_EACH (FAULT_SYSTEM & ~FAULT_BIT(FAULT_CLOSE), EIO) {
		BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
		enum bfabric_status status = read_file(path, 0, &content);

		if (!fault_disarm())
			assert_int_equal(status, BFABRIC_OK);
		else
			assert_fails(status, BFABRIC_SYSTEM, err, "Input/output error");
		assert_int_equal(bf_secret_empty(&content), status != BFABRIC_OK);
	}
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;
		enum bfabric_status status = read_file(path, 0, &content);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
	FAULT_EACH (FAULT_BIT(FAULT_READ), EINTR) {
		BF_AUTO_SECRET struct bf_secret content = BF_SECRET_INIT;

		assert_int_equal(read_file(path, 0, &content), BFABRIC_OK);
		fault_disarm();
		assert_string_equal(bf_secret_reveal(&content), "hello");
	}
}

/* ---- directories ----------------------------------------------------------------------------- */

static void test_creates_directories(void **state)
{
	const mode_t before = umask(0);

	(void)state;
	assert_int_equal(bf_dir_ensure(scratch("a/b/c"), 3, &err), BFABRIC_OK);
	assert_int_equal(scratch_mode(scratch("a")), 0700);
	assert_int_equal(scratch_mode(scratch("a/b")), 0700);
	assert_int_equal(scratch_mode(scratch("a/b/c")), 0700);
	umask(0777); /* takes everything away, from us too */
	assert_int_equal(bf_dir_ensure(scratch("d//e///f//"), 3, &err), BFABRIC_OK);
	umask(before);
	assert_int_equal(scratch_mode(scratch("d")), 0700);
	assert_int_equal(scratch_mode(scratch("d/e")), 0700);
	assert_int_equal(scratch_mode(scratch("d/e/f")), 0700);
	assert_int_equal(bf_dir_ensure(scratch("d/e/f"), 3, &err), BFABRIC_OK);
}

static void test_creates_no_more_than_told(void **state)
{
	(void)state;
	assert_fails(bf_dir_ensure(scratch("a/b/c"), 2, &err), BFABRIC_SYSTEM, err,
		"No such file or directory");
	assert_false(scratch_exists(scratch("a")));
	assert_fails(bf_dir_ensure(scratch("a"), 0, &err), BFABRIC_SYSTEM, err, "No such file");
	assert_fails(bf_dir_ensure("", 3, &err), BFABRIC_SYSTEM, err, "No such file");
}

static void test_relative_directory(void **state)
{
	char *cwd = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(chdir(scratch("")), 0);
	assert_int_equal(bf_dir_ensure("x/y", 5, &err), BFABRIC_OK);
	assert_int_equal(bf_dir_ensure("x/", 0, &err), BFABRIC_OK);
	assert_int_equal(chdir(cwd), 0);
	free(cwd);
	assert_int_equal(scratch_mode(scratch("x/y")), 0700);
}

static void test_tightens(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch("a"), 0700), 0);
	assert_int_equal(mkdir(scratch("a/b"), 0700), 0);
	assert_int_equal(chmod(scratch("a"), 0755), 0);
	assert_int_equal(chmod(scratch("a/b"), 0777), 0);
	assert_int_equal(bf_dir_ensure(scratch("a/b"), 2, &err), BFABRIC_OK);
	assert_int_equal(scratch_mode(scratch("a/b")), 0700);
	assert_int_equal(scratch_mode(scratch("a")), 0755); /* a parent is left as it is */
}

static void test_bad_directories(void **state)
{
	(void)state;
	assert_int_equal(mkdir(scratch("real"), 0700), 0);
	assert_int_equal(symlink("real", scratch("link")), 0);
	scratch_file("file", "", 0600);
	assert_fails(
		bf_dir_ensure(scratch("link"), 1, &err), BFABRIC_SYSTEM, err, "is a symbolic link");
	assert_fails(bf_dir_ensure(scratch("link/"), 1, &err), BFABRIC_SYSTEM, err,
		"is a symbolic link");
	assert_fails(bf_dir_ensure(scratch("file"), 1, &err), BFABRIC_SYSTEM, err,
		"is a file, not a directory: move it away");
	assert_fails(
		bf_dir_ensure(scratch("file/x"), 2, &err), BFABRIC_SYSTEM, err, "Not a directory");
}

static void test_foreign_directory(void **state)
{
	const char *path = geteuid() == 0 ? scratch("d") : "/etc";

	(void)state;
	if (geteuid() == 0) {
		assert_int_equal(mkdir(path, 0755), 0);
		assert_int_equal(chown(path, 12345, 12345), 0);
	}
	assert_fails(bf_dir_ensure(path, 0, &err), BFABRIC_SYSTEM, err, "is owned by uid");
	assert_int_equal(scratch_mode(path), 0755);
}

static int ensure_unprivileged(void *path)
{
	CHECK(bf_dir_ensure(path, 1, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "cannot create directory") && strstr(err.text, "Permission denied"));
	return 0;
}

static void test_directory_not_permitted(void **state)
{
	char *path = strdup(scratch("d"));

	(void)state;
	assert_int_equal(chmod(scratch(""), 0555), 0);
	assert_int_equal(unprivileged(ensure_unprivileged, path), 0);
	free(path);
}

static void test_directory_failing_calls(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_SYSTEM & ~FAULT_BIT(FAULT_CLOSE), EIO) {
		enum bfabric_status status = bf_dir_ensure(scratch("a/b"), 2, &err);
		bool failed = fault_disarm();

		if (failed)
			assert_fails(status, BFABRIC_SYSTEM, err, "Input/output error");
		else
			assert_int_equal(status, BFABRIC_OK);
		rmdir(scratch("a/b"));
		rmdir(scratch("a"));
	}
	assert_int_equal(mkdir(scratch("a"), 0755), 0);
	assert_int_equal(chmod(scratch("a"), 0755), 0);
	fault_arm(FAULT_BIT(FAULT_CHMOD), 1, EPERM);
	assert_fails(bf_dir_ensure(scratch("a"), 0, &err), BFABRIC_SYSTEM, err,
		"cannot take the permissions");
	assert_true(fault_disarm());
	fault_arm(FAULT_MEMORY, 1, ENOMEM);
	assert_int_equal(bf_dir_ensure(scratch("a"), 0, &err), BFABRIC_NO_MEMORY);
	assert_true(fault_disarm());
}

/* ---- removing -------------------------------------------------------------------------------- */

static void test_removes(void **state)
{
	const char *path = scratch_file("f", "x", 0600);

	(void)state;
	assert_int_equal(bf_file_remove(path, &err), BFABRIC_OK);
	assert_false(scratch_exists(path));
	assert_int_equal(bf_file_remove(path, &err), BFABRIC_OK);
	/* What a crash in the middle of replacing it left. */
	scratch_file("f.tmp", "x", 0600);
	assert_int_equal(bf_file_remove(path, &err), BFABRIC_OK);
	assert_false(scratch_exists(scratch("f.tmp")));
	assert_int_equal(mkdir(path, 0700), 0);
	assert_fails(bf_file_remove(path, &err), BFABRIC_SYSTEM, err, "cannot remove");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_reads),
		unit_in_scratch(test_empty_file),
		unit_in_scratch(test_missing_is_ok),
		unit_in_scratch(test_size_limit),
		unit_in_scratch(test_size_that_lies),
		unit_in_scratch(test_symbolic_links),
		unit_in_scratch(test_link_to_bad_target),
		unit_in_scratch(test_other_types),
		unit_in_scratch(test_component_is_no_directory),
		unit_in_scratch(test_permissions),
		unit_in_scratch(test_foreign_owner),
		unit_in_scratch(test_file_of_root),
		unit_in_scratch(test_unreadable),
		unit_in_scratch(test_every_failing_call),
		unit_in_scratch(test_creates_directories),
		unit_in_scratch(test_creates_no_more_than_told),
		unit_in_scratch(test_relative_directory),
		unit_in_scratch(test_tightens),
		unit_in_scratch(test_bad_directories),
		unit_in_scratch(test_foreign_directory),
		unit_in_scratch(test_directory_not_permitted),
		unit_in_scratch(test_directory_failing_calls),
		unit_in_scratch(test_removes),
	};

	return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
