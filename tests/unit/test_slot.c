#include "unit.h"

#include "libbfabric/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bfabric_error err;

static void test_replaces(void **state)
{
	const mode_t before = umask(0777);
	const char *path = scratch("f");

	(void)state;
	assert_int_equal(bf_file_replace(path, "one", 3, &err), BFABRIC_OK);
	assert_int_equal(scratch_mode(path), 0600);
	assert_string_equal(scratch_content(path), "one");
	umask(0);
	assert_int_equal(bf_file_replace(path, "", 0, &err), BFABRIC_OK);
	umask(before);
	assert_int_equal(scratch_mode(path), 0600);
	assert_string_equal(scratch_content(path), "");
	assert_false(scratch_exists(scratch("f.tmp")));
}

static void test_relative_path(void **state)
{
	char *cwd = getcwd(NULL, 0);

	(void)state;
	assert_int_equal(chdir(scratch("")), 0);
	assert_int_equal(bf_file_replace("f", "x", 1, &err), BFABRIC_OK);
	assert_int_equal(chdir(cwd), 0);
	free(cwd);
	assert_string_equal(scratch_content(scratch("f")), "x");
}

static void test_reserves_real_space(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	struct stat st;

	(void)state;
	scratch_file("f", "old", 0600);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 100000, &err), BFABRIC_OK);
	assert_int_equal(stat(scratch("f.tmp"), &st), 0);
	assert_int_equal(st.st_size, 100000);
	assert_true(st.st_blocks * 512 >= 100000);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_string_equal(scratch_content(scratch("f")), "old");
	assert_int_equal(bf_slot_commit(&slot, "new", 3, &err), BFABRIC_OK);
	assert_true(slot.committed);
	assert_string_equal(scratch_content(scratch("f")), "new");
	assert_false(scratch_exists(scratch("f.tmp")));
	assert_int_equal(stat(scratch("f"), &st), 0);
	assert_int_equal(st.st_size, 3);
}

static void test_commits_more_than_reserved(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	char text[5000];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 10, &err), BFABRIC_OK);
	assert_int_equal(bf_slot_commit(&slot, text, sizeof(text) - 1, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("f")), text);
}

static void test_commits_once(void **state)
{
	struct bf_slot slot = {0};

	(void)state;
	assert_int_equal(bf_slot_commit(&slot, "x", 1, &err), BFABRIC_BAD_CALL);
	bf_slot_release(&slot); /* a zeroed slot must not close descriptor 0 */
	assert_int_equal(fcntl(0, F_GETFD) >= 0 || errno != EBADF, 1);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 0, &err), BFABRIC_OK);
	assert_int_equal(bf_slot_commit(&slot, "x", 1, &err), BFABRIC_OK);
	assert_int_equal(bf_slot_commit(&slot, "y", 1, &err), BFABRIC_BAD_CALL);
	assert_string_equal(scratch_content(scratch("f")), "x");
	bf_slot_release(&slot);
	bf_slot_release(&slot);
}

static void test_release_keeps_the_old(void **state)
{
	struct bf_slot slot = BF_SLOT_INIT;

	(void)state;
	scratch_file("f", "old", 0600);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 100, &err), BFABRIC_OK);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 50, &err), BFABRIC_OK);
	assert_true(scratch_exists(scratch("f.tmp")));
	bf_slot_release(&slot);
	assert_false(scratch_exists(scratch("f.tmp")));
	assert_string_equal(scratch_content(scratch("f")), "old");
}

/* What a crash or an attacker left under the temporary name is not written through. */
static void test_old_temporary(void **state)
{
	(void)state;
	scratch_file("victim", "precious", 0600);
	assert_int_equal(symlink("victim", scratch("f.tmp")), 0);
	assert_int_equal(bf_file_replace(scratch("f"), "x", 1, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("victim")), "precious");
	assert_int_equal(link(scratch("victim"), scratch("f.tmp")), 0);
	assert_int_equal(bf_file_replace(scratch("f"), "y", 1, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("victim")), "precious");
	scratch_file("f.tmp", "half a tok", 0644);
	assert_int_equal(bf_file_replace(scratch("f"), "z", 1, &err), BFABRIC_OK);
	assert_int_equal(scratch_mode(scratch("f")), 0600);
	assert_int_equal(mkdir(scratch("f.tmp"), 0700), 0);
	assert_fails(bf_file_replace(scratch("f"), "!", 1, &err), BFABRIC_SYSTEM, err,
		"cannot remove the old");
	assert_string_equal(scratch_content(scratch("f")), "z");
}

/* Somebody creates the temporary file between our unlink and our open. */
static void test_race_for_the_temporary(void **state)
{
	(void)state;
	scratch_file("victim", "precious", 0600);
	assert_int_equal(link(scratch("victim"), scratch("f.tmp")), 0);
	fault_arm(FAULT_BIT(FAULT_UNLINK), 1, ENOENT);
	assert_fails(
		bf_file_replace(scratch("f"), "x", 1, &err), BFABRIC_SYSTEM, err, "File exists");
	assert_true(fault_disarm());
	assert_string_equal(scratch_content(scratch("victim")), "precious");
	assert_true(scratch_exists(scratch("f.tmp"))); /* not ours to remove */
}

/* The reserve, the content and the directory: each is on the disk before the next step. */
static void test_syncs(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;

	(void)state;
	fault_arm(FAULT_BIT(FAULT_SYNC), 99, EIO);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 10, &err), BFABRIC_OK);
	assert_int_equal(fault_count(), 1);
	assert_int_equal(bf_slot_commit(&slot, "x", 1, &err), BFABRIC_OK);
	assert_int_equal(fault_count(), 3);
	fault_disarm();
}

static void test_link_is_replaced(void **state)
{
	struct stat st;

	(void)state;
	scratch_file("target", "kept", 0600);
	assert_int_equal(symlink("target", scratch("f")), 0);
	assert_int_equal(bf_file_replace(scratch("f"), "x", 1, &err), BFABRIC_OK);
	assert_int_equal(lstat(scratch("f"), &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_string_equal(scratch_content(scratch("target")), "kept");
}

static void test_impossible_targets(void **state)
{
	(void)state;
	assert_fails(bf_file_replace(scratch("no/f"), "x", 1, &err), BFABRIC_SYSTEM, err,
		"No such file or directory");
	assert_int_equal(mkdir(scratch("dir"), 0700), 0);
	assert_fails(bf_file_replace(scratch("dir"), "x", 1, &err), BFABRIC_SYSTEM, err,
		"cannot replace");
	assert_false(scratch_exists(scratch("dir.tmp")));
}

static int replace_unprivileged(void *path)
{
	CHECK(bf_file_replace(path, "x", 1, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "cannot create") && strstr(err.text, "Permission denied"));
	return 0;
}

static void test_not_permitted(void **state)
{
	char *path = strdup(scratch("f"));

	(void)state;
	assert_int_equal(chmod(scratch(""), 0555), 0);
	assert_int_equal(unprivileged(replace_unprivileged, path), 0);
	free(path);
}

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

/* ---- killed in the middle -------------------------------------------------------------------- */

static int replace_for_ever(void *unused)
{
	(void)unused;
	for (unsigned i = 0;; i++)
		if (bf_file_replace(scratch("f"), i % 2 ? "AAAAAAAA" : "BBBB", i % 2 ? 8 : 4,
			    &err) != BFABRIC_OK)
			return __LINE__;
}

static void test_killed(void **state)
{
	(void)state;
	assert_int_equal(bf_file_replace(scratch("f"), "BBBB", 4, &err), BFABRIC_OK);
	for (int i = 0; i < 50; i++) {
		const char *content = NULL;
		pid_t child = fork();

		if (child == 0)
			_exit(replace_for_ever(NULL) != 0);
		usleep((useconds_t)(200 + i * 137 % 3000));
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
		content = scratch_content(scratch("f"));
		assert_true(strcmp(content, "AAAAAAAA") == 0 || strcmp(content, "BBBB") == 0);
	}
	assert_int_equal(bf_file_replace(scratch("f"), "end", 3, &err), BFABRIC_OK);
	assert_false(scratch_exists(scratch("f.tmp")));
}

/* ---- write_all ------------------------------------------------------------------------------- */

static void test_write_all(void **state)
{
	static char sent[1 << 20], got[1 << 20];
	size_t n = 0;
	int fds[2];

	(void)state;
	for (size_t i = 0; i < sizeof(sent); i++)
		sent[i] = (char)(i * 31);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	if (fork() == 0) {
		close(fds[0]);
		fcntl(fds[1], F_SETFL, O_NONBLOCK); /* a full buffer answers EAGAIN */
		_exit(!bf_write_all(fds[1], sent, sizeof(sent)));
	}
	close(fds[1]);
	for (ssize_t r; (r = read(fds[0], got + n, sizeof(got) - n)) > 0; n += (size_t)r)
		;
	close(fds[0]);
	wait(NULL);
	assert_int_equal(n, sizeof(got));
	assert_memory_equal(sent, got, sizeof(got));
}

static void test_write_all_fails(void **state)
{
	int fd = open("/dev/full", O_WRONLY);

	(void)state;
	assert_true(fd >= 0);
	assert_false(bf_write_all(fd, "x", 1));
	assert_int_equal(errno, ENOSPC);
	assert_true(bf_write_all(fd, "x", 0));
	close(fd);
	assert_false(bf_write_all(fd, "x", 1));
	assert_int_equal(errno, EBADF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_replaces),
		unit_in_scratch(test_relative_path),
		unit_in_scratch(test_reserves_real_space),
		unit_in_scratch(test_commits_more_than_reserved),
		unit_in_scratch(test_commits_once),
		unit_in_scratch(test_release_keeps_the_old),
		unit_in_scratch(test_old_temporary),
		unit_in_scratch(test_race_for_the_temporary),
		unit_in_scratch(test_syncs),
		unit_in_scratch(test_link_is_replaced),
		unit_in_scratch(test_impossible_targets),
		unit_in_scratch(test_not_permitted),
		unit_in_scratch(test_every_failing_call),
		unit_in_scratch(test_interrupted),
		unit_in_scratch(test_close_tells_of_an_error),
		unit_in_scratch(test_directory_sync_fails),
		unit_in_scratch(test_no_memory),
		unit_in_scratch(test_full_disk),
		unit_in_scratch(test_no_inodes),
		unit_in_scratch(test_read_only_disk),
		unit_in_scratch(test_file_size_limit),
		unit_in_scratch(test_killed),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_write_all_fails),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
