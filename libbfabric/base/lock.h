/*
 * lock.h - one holder among all processes of this user.
 *
 * An open-file-description lock (fcntl(2), F_OFD_SETLK) on a file that is never deleted: it ends
 * with the process however it ends, does not vanish when another descriptor of the file is closed,
 * and is released explicitly, so that a forked child which inherited the descriptor does not keep
 * it (for the same reason such a child must not release it). Waiting is bounded: the lock is tried
 * again after 5, 10, ... 50 ms, and in between the caller looks whether it still needs it.
 *
 * The file's content (at most 1 KiB, written by the holder with bf_lock_note) is the last outcome,
 * so that those who waited share it instead of asking the server again.
 */
#ifndef BF_LOCK_H
#define BF_LOCK_H

#include "error.h"

struct bf_lock {
	int fd;
	bool held;
	char *path;
};

#define BF_LOCK_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define BF_AUTO_LOCK BF_CLEANUP(bf_lock_release)

/*
 * Open (and create, 0600) the lock file. Where the file system has no locks (ENOLCK, ENOSYS,
 * EOPNOTSUPP) or the directory cannot be written, `fallback_path` is used if not NULL.
 */
BF_MUST_USE enum bfabric_status bf_lock_open(struct bf_lock *lock, const char *path,
	const char *fallback_path, struct bfabric_error *err);

/*
 * One attempt: *ret_held says whether we have it now. A lock file that was removed meanwhile is
 * made anew and is not held yet.
 */
BF_MUST_USE enum bfabric_status bf_lock_try(
	struct bf_lock *lock, bool *ret_held, struct bfabric_error *err);

/*
 * The holder's note for those who wait: read at any time (NUL-terminated in `buf`, cut to `size` -
 * 1 bytes, "" when there is none), written only while held (BAD_CALL otherwise, or when too long).
 * A reader may meet a half-written one: it must be able to tell.
 */
BF_MUST_USE enum bfabric_status bf_lock_read_note(const struct bf_lock *lock, char *buf,
	size_t size, size_t *ret_len, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_lock_write_note(
	struct bf_lock *lock, const char *text, size_t len, struct bfabric_error *err);

void bf_lock_release(struct bf_lock *lock); /* unlock and close */

#endif
