#include "unit.h"

#include "libbfabric/base/lock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct bfabric_error err;

static bool try(struct bf_lock *lock)
{
	bool held = false;

	assert_int_equal(bf_lock_try(lock, &held, &err), BFABRIC_OK);
	return held;
}

static void open_lock(struct bf_lock *lock)
{
	assert_int_equal(bf_lock_open(lock, scratch("l"), NULL, &err), BFABRIC_OK);
}

static void test_excludes(void **state)
{
	BF_AUTO_LOCK struct bf_lock a = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock b = BF_LOCK_INIT;

	(void)state;
	open_lock(&a);
	open_lock(&b);
	assert_string_equal(a.path, scratch("l"));
	assert_true(try(&a));
	assert_true(try(&a)); /* again: still ours */
	assert_true(a.held);
	assert_false(try(&b));
	assert_false(b.held);
	bf_lock_release(&a);
	assert_false(a.held);
	assert_true(try(&b));
	assert_true(scratch_exists(scratch("l"))); /* never deleted */
}

/* rm -r ~/.bfabric while one waits: the lock on the removed file would exclude nobody. */
static void test_removed(void **state)
{
	BF_AUTO_LOCK struct bf_lock waiting = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock newcomer = BF_LOCK_INIT;

	(void)state;
	open_lock(&waiting);
	assert_int_equal(unlink(scratch("l")), 0);
	open_lock(&newcomer);
	assert_true(try(&newcomer));
	assert_false(try(&waiting));
	assert_false(try(&waiting));
	bf_lock_release(&newcomer);
	assert_true(try(&waiting));
	assert_true(scratch_exists(scratch("l")));
}

static void test_mode(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	const mode_t before = umask(0777);

	(void)state;
	open_lock(&lock);
	umask(before);
	assert_int_equal(scratch_mode(scratch("l")), 0600);
}

static void test_release_is_harmless(void **state)
{
	struct bf_lock lock = {0};

	(void)state;
	bf_lock_release(&lock);
	bf_lock_release(&lock);
	lock = (struct bf_lock)BF_LOCK_INIT;
	bf_lock_release(&lock);
	assert_int_equal(lock.fd, -1);
}

static void test_other_descriptor_closes(void **state)
{
	BF_AUTO_LOCK struct bf_lock a = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock b = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock c = BF_LOCK_INIT;

	(void)state;
	open_lock(&a);
	assert_true(try(&a));
	open_lock(&b);
	bf_lock_release(&b); /* a traditional POSIX lock would be gone now */
	open_lock(&c);
	assert_false(try(&c));
}

/* ---- processes ------------------------------------------------------------------------------- */

static int try_in_child(void *unused)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	bool held = false;

	(void)unused;
	CHECK(bf_lock_open(&lock, scratch("l"), NULL, &err) == BFABRIC_OK);
	CHECK(bf_lock_try(&lock, &held, &err) == BFABRIC_OK);
	return held ? -2 : 0;
}

static void test_other_process(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;

	(void)state;
	open_lock(&lock);
	assert_true(try(&lock));
	assert_int_equal(in_child(try_in_child, NULL), 0);
	bf_lock_release(&lock);
	assert_int_equal(in_child(try_in_child, NULL), -2);
}

/* A child that inherited the descriptor and lives on must not keep what its parent released. */
static void test_inherited_by_child(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock other = BF_LOCK_INIT;
	pid_t child;

	(void)state;
	open_lock(&lock);
	open_lock(&other);
	assert_true(try(&lock));
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	assert_false(try(&other));
	bf_lock_release(&lock);
	assert_true(try(&other));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void test_holder_is_killed(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	int ready[2];
	char c;
	pid_t child;

	(void)state;
	open_lock(&lock);
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct bf_lock own = BF_LOCK_INIT;
		bool held = false;

		if (bf_lock_open(&own, scratch("l"), NULL, &err) == BFABRIC_OK &&
			bf_lock_try(&own, &held, &err) == BFABRIC_OK && held &&
			write(ready[1], "x", 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	assert_false(try(&lock));
	kill(child, SIGSTOP); /* a stopped holder holds */
	assert_false(try(&lock));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	assert_true(try(&lock));
}

/* Two processes add to a number, which is right only if they exclude each other. */
static int count_up(void *unused)
{
	(void)unused;
	for (int i = 0; i < 200;) {
		BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
		char note[64];
		bool held = false;
		size_t len = 0;

		CHECK(bf_lock_open(&lock, scratch("l"), NULL, &err) == BFABRIC_OK);
		CHECK(bf_lock_try(&lock, &held, &err) == BFABRIC_OK);
		if (!held) {
			usleep(100);
			continue;
		}
		CHECK(bf_lock_read_note(&lock, note, sizeof(note), &len, &err) == BFABRIC_OK);
		len = (size_t)snprintf(note, sizeof(note), "%ld", strtol(note, NULL, 10) + 1);
		CHECK(bf_lock_write_note(&lock, note, len, &err) == BFABRIC_OK);
		i++;
	}
	return 0;
}

static void test_two_writers(void **state)
{
	pid_t child = fork();
	int status = -1;

	(void)state;
	if (child == 0)
		_exit(count_up(NULL) != 0);
	assert_int_equal(count_up(NULL), 0);
	waitpid(child, &status, 0);
	assert_int_equal(status, 0);
	assert_string_equal(scratch_content(scratch("l")), "400");
}

/* ---- notes ----------------------------------------------------------------------------------- */

static void test_notes(void **state)
{
	BF_AUTO_LOCK struct bf_lock a = BF_LOCK_INIT;
	BF_AUTO_LOCK struct bf_lock b = BF_LOCK_INIT;
	char buf[2000];
	size_t len = 99;

	(void)state;
	open_lock(&a);
	open_lock(&b);
	assert_int_equal(bf_lock_read_note(&b, buf, sizeof(buf), &len, &err), BFABRIC_OK);
	assert_int_equal(len, 0);
	assert_string_equal(buf, "");
	assert_fails(bf_lock_write_note(&a, "x", 1, &err), BFABRIC_BAD_CALL, err, "not held");
	assert_true(try(&a));
	assert_int_equal(bf_lock_write_note(&a, "a long note", 11, &err), BFABRIC_OK);
	assert_int_equal(bf_lock_write_note(&a, "note", 4, &err), BFABRIC_OK);
	assert_int_equal(bf_lock_read_note(&b, buf, sizeof(buf), &len, &err), BFABRIC_OK);
	assert_int_equal(len, 4);
	assert_string_equal(buf, "note");
	assert_int_equal(bf_lock_read_note(&b, buf, 3, &len, &err), BFABRIC_OK);
	assert_string_equal(buf, "no");
	assert_int_equal(bf_lock_read_note(&b, buf, 1, &len, &err), BFABRIC_OK);
	assert_int_equal(len, 0);
	assert_int_equal(bf_lock_write_note(&a, "", 0, &err), BFABRIC_OK);
	assert_string_equal(scratch_content(scratch("l")), "");
}

static void test_note_size(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	char text[3000], buf[3000];
	size_t len = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	scratch_file("l", text, 0600); /* somebody else's idea of a note */
	open_lock(&lock);
	assert_int_equal(bf_lock_read_note(&lock, buf, sizeof(buf), &len, &err), BFABRIC_OK);
	assert_int_equal(len, 1024);
	assert_true(try(&lock));
	assert_fails(
		bf_lock_write_note(&lock, text, 1025, &err), BFABRIC_BAD_CALL, err, "too long");
	assert_int_equal(bf_lock_write_note(&lock, text, 1024, &err), BFABRIC_OK);
	assert_int_equal(bf_lock_read_note(&lock, buf, 1025, &len, &err), BFABRIC_OK);
	assert_int_equal(len, 1024);
	assert_int_equal(strlen(scratch_content(scratch("l"))), 1024);
}

static void test_note_failures(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	char buf[10];
	size_t len = 0;

	(void)state;
	open_lock(&lock);
	assert_true(try(&lock));
	FAULT_EACH (FAULT_SYSTEM, ENOSPC) {
		enum bfabric_status status = bf_lock_write_note(&lock, "note", 4, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_SYSTEM : BFABRIC_OK);
	}
	fault_arm(FAULT_BIT(FAULT_WRITE), 1, EINTR);
	assert_int_equal(bf_lock_write_note(&lock, "note", 4, &err), BFABRIC_OK);
	assert_true(fault_disarm());
	fault_arm(FAULT_BIT(FAULT_READ), 1, EIO);
	assert_fails(bf_lock_read_note(&lock, buf, sizeof(buf), &len, &err), BFABRIC_SYSTEM, err,
		"cannot read lock file");
	assert_true(fault_disarm());
	fault_arm(FAULT_BIT(FAULT_READ), 1, EINTR);
	assert_int_equal(bf_lock_read_note(&lock, buf, sizeof(buf), &len, &err), BFABRIC_OK);
	assert_true(fault_disarm());
	assert_string_equal(buf, "note");
}

/* ---- what it refuses, and where it goes instead ---------------------------------------------- */

static void refused(const char *path, const char *fragment)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;

	/* an attack is no reason to go elsewhere */
	assert_fails(bf_lock_open(&lock, path, scratch("fallback"), &err), BFABRIC_SYSTEM, err,
		fragment);
	assert_non_null(strstr(err.text, path));
	assert_null(lock.path);
	assert_false(scratch_exists(scratch("fallback")));
}

static void test_refuses(void **state)
{
	(void)state;
	scratch_file("f", "precious", 0600);
	assert_int_equal(symlink("f", scratch("link")), 0);
	assert_int_equal(symlink("nowhere", scratch("dangling")), 0);
	assert_int_equal(mkdir(scratch("dir"), 0700), 0);
	assert_int_equal(mkfifo(scratch("fifo"), 0600), 0);
	refused(scratch("link"), "is a symbolic link: remove it");
	refused(scratch("dangling"), "is a symbolic link: remove it");
	refused(scratch("dir"), "is a directory");
	refused(scratch("fifo"), "is not a regular file");
	refused(scratch_file("open", "", 0622), "chmod go-w");
	refused(scratch("no/l"), "No such file or directory");
	if (geteuid() == 0) {
		assert_int_equal(chown(scratch("f"), 12345, 12345), 0);
		refused(scratch("f"), "is owned by uid 12345, but this runs as uid 0");
	}
}

static void falls_back(unsigned call, unsigned n, int error)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;

	fault_arm(FAULT_BIT(call), n, error);
	assert_int_equal(bf_lock_open(&lock, scratch("l"), scratch("fallback"), &err), BFABRIC_OK);
	assert_true(fault_disarm());
	assert_string_equal(lock.path, scratch("fallback"));
	assert_true(try(&lock));
	fault_arm(FAULT_BIT(call), n, error);
	assert_int_equal(bf_lock_open(&(struct bf_lock)BF_LOCK_INIT, scratch("l"), NULL, &err),
		BFABRIC_SYSTEM);
	assert_true(fault_disarm());
	assert_int_equal(unlink(scratch("fallback")), 0);
}

static void test_fallback(void **state)
{
	(void)state;
	falls_back(FAULT_LOCK, 1, ENOLCK);
	falls_back(FAULT_LOCK, 1, ENOSYS);
	falls_back(FAULT_LOCK, 1, EOPNOTSUPP);
	falls_back(FAULT_OPEN, 1, EROFS);
	falls_back(FAULT_OPEN, 1, EACCES);
	unlink(scratch("l"));
	falls_back(FAULT_OPEN, 2, ENOSPC);
	falls_back(FAULT_OPEN, 2, EDQUOT);
	falls_back(FAULT_OPEN, 2, EACCES);
}

static int on_read_only_disk(void *unused)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	bool held = false;

	(void)unused;
	CHECK(bf_lock_open(&lock, scratch("l"), NULL, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "Read-only file system"));
	CHECK(bf_lock_open(&lock, scratch("l"), "/tmp/bfabric-unit-fallback", &err) == BFABRIC_OK);
	CHECK(bf_lock_try(&lock, &held, &err) == BFABRIC_OK && held);
	unlink("/tmp/bfabric-unit-fallback");
	return 0;
}

static void test_read_only_disk(void **state)
{
	int result = on_tmpfs("ro", on_read_only_disk, NULL);

	(void)state;
	LEAVE_IF_CANNOT(result, "no mount namespace here");
	assert_int_equal(result, 0);
}

static int without_permission(void *dir)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;

	CHECK(chdir(dir) == 0);
	CHECK(bf_lock_open(&lock, "l", NULL, &err) == BFABRIC_SYSTEM);
	CHECK(strstr(err.text, "cannot open lock file l: Permission denied"));
	return 0;
}

static void test_not_permitted(void **state)
{
	char *dir = strdup(scratch(""));

	(void)state;
	assert_int_equal(chmod(dir, 0555), 0);
	assert_int_equal(unprivileged(without_permission, dir), 0);
	free(dir);
}

/* A sibling created the file between our two attempts. */
static void test_race_of_creators(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;

	(void)state;
	scratch_file("l", "", 0600);
	fault_arm(FAULT_BIT(FAULT_OPEN), 1, ENOENT);
	open_lock(&lock);
	assert_true(fault_disarm());
	fault_arm(FAULT_BIT(FAULT_OPEN) | FAULT_STAYS, 1, ENOENT);
	assert_int_equal(bf_lock_open(&(struct bf_lock)BF_LOCK_INIT, scratch("l"), NULL, &err),
		BFABRIC_SYSTEM);
	assert_true(fault_disarm());
}

static void test_lock_call_fails(void **state)
{
	BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
	bool held = true;

	(void)state;
	open_lock(&lock);
	fault_arm(FAULT_BIT(FAULT_LOCK), 1, ENOLCK);
	assert_fails(bf_lock_try(&lock, &held, &err), BFABRIC_SYSTEM, err, "cannot lock");
	assert_true(fault_disarm());
	assert_true(held); /* untouched */
	assert_false(lock.held);
	fault_arm(FAULT_BIT(FAULT_LOCK), 1, EACCES);
	assert_false(try(&lock));
	fault_arm(FAULT_BIT(FAULT_LOCK), 1, EINTR);
	assert_true(try(&lock));
	assert_true(fault_disarm());
	fault_arm(FAULT_BIT(FAULT_STAT), 1, EIO);
	assert_fails(bf_lock_open(&(struct bf_lock)BF_LOCK_INIT, scratch("l"), NULL, &err),
		BFABRIC_SYSTEM, err, "cannot examine");
	assert_true(fault_disarm());
}

static void test_no_memory(void **state)
{
	(void)state;
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		BF_AUTO_LOCK struct bf_lock lock = BF_LOCK_INIT;
		enum bfabric_status status = bf_lock_open(&lock, scratch("l"), NULL, &err);

		assert_int_equal(status, fault_disarm() ? BFABRIC_NO_MEMORY : BFABRIC_OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_excludes),
		unit_in_scratch(test_removed),
		unit_in_scratch(test_mode),
		unit_in_scratch(test_release_is_harmless),
		unit_in_scratch(test_other_descriptor_closes),
		unit_in_scratch(test_other_process),
		unit_in_scratch(test_inherited_by_child),
		unit_in_scratch(test_holder_is_killed),
		unit_in_scratch(test_two_writers),
		unit_in_scratch(test_notes),
		unit_in_scratch(test_note_size),
		unit_in_scratch(test_note_failures),
		unit_in_scratch(test_refuses),
		unit_in_scratch(test_fallback),
		unit_in_scratch(test_read_only_disk),
		unit_in_scratch(test_not_permitted),
		unit_in_scratch(test_race_of_creators),
		unit_in_scratch(test_lock_call_fails),
		unit_in_scratch(test_no_memory),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
