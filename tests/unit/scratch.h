/*
 * scratch.h - real file-system situations for a test: an own folder, another user, a full disk.
 *
 * Each test gets an empty folder and loses it afterwards:
 *
 *	cmocka_unit_test_setup_teardown(test_x, scratch_setup, scratch_teardown)
 *
 * and names its files with scratch("name"). One thread only.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

int scratch_setup(void **state);
int scratch_teardown(void **state);

/* Path of `name` in the folder ("" for the folder itself). Valid until eight calls later. */
const char *scratch(const char *name);

/* Write a file with this content and these permissions, whatever the umask. Returns its path. */
const char *scratch_file(const char *name, const char *content, mode_t mode);

/* The content of a file, "" when empty, NULL when missing. Valid until the next call. */
const char *scratch_content(const char *path);

bool scratch_exists(const char *path); /* also a dangling link */
mode_t scratch_mode(const char *path); /* permission bits */

/*
 * Run `run(argument)` in a child process: 0 means good, anything else is returned (cmocka's
 * assertions do not work there: use CHECK). -1 when the child died.
 */
int in_child(int (*run)(void *argument), void *argument);

/* The same without root's privileges: as another user when we are root, else as we are. */
int unprivileged(int (*run)(void *argument), void *argument);

/* The same with a tmpfs on the folder, with these mount options ("size=64k"); CANNOT
 * where mounting is not allowed. */
int on_tmpfs(const char *options, int (*run)(void *argument), void *argument);

#define CANNOT 10000

/* In a child: return the line that failed. */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			return __LINE__;                                                           \
	} while (0)

/* cmocka 1.1.5 reports a skipped test as failed under TAP: say why and leave instead. */
#define LEAVE_BECAUSE(reason)                                                                      \
	do {                                                                                       \
		print_message("# skipped %s: %s\n", __func__, (reason));                           \
		return;                                                                            \
	} while (0)

#define LEAVE_IF_CANNOT(result, reason)                                                            \
	do {                                                                                       \
		if ((result) == CANNOT)                                                            \
			LEAVE_BECAUSE(reason);                                                     \
	} while (0)

#endif
