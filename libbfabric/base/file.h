/*
 * file.h - reading and replacing the files that hold logins.
 *
 * Reading trusts nothing but the descriptor: opened O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK (a FIFO
 * does not hang us), then type, owner, mode and size are checked on it. Writing replaces: a
 * temporary file with a fixed name next to the target ("<target>.tmp", taken only by the holder of
 * the lock that guards the target: unlink, then O_EXCL), written, synced, renamed, and the
 * directory synced. A crash leaves the old file whole or the new file whole and at most one
 * temporary file that the next writer removes.
 */
#ifndef BF_FILE_H
#define BF_FILE_H

#include "secret.h"
#include <sys/types.h>

enum bf_file_rule {
	BF_FILE_PRIVATE = 0, /* ours; not writable by others; no link followed */
	BF_FILE_FOLLOW =
		1 << 0, /* a symbolic link is followed to a file of ours (dotfile managers) */
	BF_FILE_ROOTS = 1 << 1, /* owned by root (a site file); links are followed */
};

struct bf_file_info {
	bool found;
	bool readable_by_others; /* group or others may read it: worth a warning */
	uint64_t device, inode;
	int64_t mtime_ns, size;
};

/*
 * Read a whole file of at most `max` bytes. A missing file is OK with ret_info->found false.
 * SYSTEM: symbolic link, not a regular file, foreign owner, writable by others, unreadable;
 * BAD_REPLY: too large, and so as damaged as any other content that is none of ours. The text names
 * the path and what to do.
 */
BF_MUST_USE enum bfabric_status bf_file_read(const char *path, unsigned rules, size_t max,
	struct bf_secret *ret_content, struct bf_file_info *ret_info, struct bfabric_error *err);

/* Only the checks and the info, without reading. */
BF_MUST_USE enum bfabric_status bf_file_stat(
	const char *path, unsigned rules, struct bf_file_info *ret_info, struct bfabric_error *err);

/*
 * Make `path` a directory of ours with mode 0700, creating the last `depth` components if missing
 * (0: none), each with 0700 whatever the umask. Refuses a directory of somebody else and a symbolic
 * link to one; removes permissions of group and others. Parents that exist are left as they are.
 */
BF_MUST_USE enum bfabric_status bf_dir_ensure(
	const char *path, unsigned depth, struct bfabric_error *err);

/*
 * A slot: the promise that a file can be replaced. bf_slot_reserve creates the temporary file with
 * `reserve` bytes allocated (fallocate(2), else zeros, synced), so that a later commit of up to
 * that size does not fail for lack of space; replace writes, cuts, syncs and renames, sync syncs
 * the directory, without which a rename may not outlast a power failure, and commit is both.
 * Release without commit removes the temporary file. A zeroed struct is a valid empty
 * slot.
 */
struct bf_slot {
	char *path;
	char *temporary;
	int fd;         /* -1 or unused when temporary is NULL */
	bool committed; /* the rename happened: the new content is in place */
};

#define BF_SLOT_INIT                                                                               \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define BF_AUTO_SLOT BF_CLEANUP(bf_slot_release)

BF_MUST_USE enum bfabric_status bf_slot_reserve(
	struct bf_slot *slot, const char *path, size_t reserve, struct bfabric_error *err);
/*
 * On failure slot->committed tells whether the new content is in place all the same (only the sync
 * of the directory failed). A slot is committed once.
 */
BF_MUST_USE enum bfabric_status bf_slot_commit(
	struct bf_slot *slot, const void *bytes, size_t len, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_slot_replace(
	struct bf_slot *slot, const void *bytes, size_t len, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_slot_sync(const struct bf_slot *slot, struct bfabric_error *err);
void bf_slot_release(struct bf_slot *slot);

/* reserve(0) and commit in one. */
BF_MUST_USE enum bfabric_status bf_file_replace(
	const char *path, const void *bytes, size_t len, struct bfabric_error *err);

/*
 * Remove a file that bf_file_replace writes, and the temporary file that a crash in the middle of
 * that left beside it. Missing ones are OK. For the holder of the lock, as replacing it is.
 */
BF_MUST_USE enum bfabric_status bf_file_remove(const char *path, struct bfabric_error *err);

/* Write all bytes to a descriptor, through interruptions and short writes. */
BF_MUST_USE bool bf_write_all(int fd, const void *bytes, size_t len);
/* The same from the start of a file, which then ends there. */
BF_MUST_USE bool bf_write_over(int fd, const void *bytes, size_t len);

/*
 * The user's home directory: $HOME when it is absolute, else the password database. Owned string.
 * bf_home_writable refuses to write there when we are root and the directory belongs to another
 * user (sudo with the user's HOME).
 */
BF_MUST_USE enum bfabric_status bf_home(char **ret_home, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_home_writable(const char *home, struct bfabric_error *err);

/* $XDG_RUNTIME_DIR/bfabric, made 0700 and checked; NULL in *ret_dir where there is none. */
BF_MUST_USE enum bfabric_status bf_runtime_dir(char **ret_dir, struct bfabric_error *err);

#endif
