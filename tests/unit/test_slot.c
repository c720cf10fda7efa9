#include "unit.h"

#include "libbfabric/base/file.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
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

/* A file system without fallocate: zeros are written, and synced. */
static void test_reserves_by_writing(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;
	struct stat st;

	(void)state;
	fault_arm(FAULT_BIT(FAULT_WRITE), 1, EOPNOTSUPP);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 100000, &err), BFABRIC_OK);
	assert_true(fault_disarm());
	assert_int_equal(stat(scratch("f.tmp"), &st), 0);
	assert_true(st.st_blocks * 512 >= 100000);
	assert_int_equal(bf_slot_commit(&slot, "new", 3, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("f")), "new");
	fault_arm(FAULT_BIT(FAULT_WRITE) | FAULT_STAYS, 1, EOPNOTSUPP);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 10, &err), BFABRIC_SYSTEM);
	assert_true(fault_disarm());
}

/* The content and the directory: each is on the disk before the next step. */
static void test_syncs(void **state)
{
	BF_AUTO_SLOT struct bf_slot slot = BF_SLOT_INIT;

	(void)state;
	fault_arm(FAULT_BIT(FAULT_SYNC), 99, EIO);
	assert_int_equal(bf_slot_reserve(&slot, scratch("f"), 10, &err), BFABRIC_OK);
	assert_int_equal(fault_count(), 0);
	assert_int_equal(bf_slot_commit(&slot, "x", 1, &err), BFABRIC_OK);
	assert_int_equal(fault_count(), 2);
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
		unit_in_scratch(test_reserves_by_writing),
		unit_in_scratch(test_syncs),
		unit_in_scratch(test_link_is_replaced),
		unit_in_scratch(test_impossible_targets),
		unit_in_scratch(test_not_permitted),
		unit_in_scratch(test_killed),
		cmocka_unit_test(test_write_all),
		cmocka_unit_test(test_write_all_fails),
	};

	return cmocka_run_group_tests_name("slot", tests, NULL, NULL);
}
