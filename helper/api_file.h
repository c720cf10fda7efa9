/*
 * api_file.h - an answer in a file of the person's: whole or not at all.
 *
 * Unlike base/file.h, whose files hold secrets, this one follows links, may lie in a folder of
 * somebody else, and gets the permissions that the umask gives, or those that the file had. It is
 * opened before the work begins, so that a place that cannot be written is known at once. What is
 * no regular file (/dev/stdout, a pipe) is written as it is.
 */
#ifndef BF_HELPER_API_FILE_H
#define BF_HELPER_API_FILE_H

#include "../libbfabric/base/secret.h"

struct bf_records_file {
	char *path;      /* with links followed */
	char *temporary; /* beside it; NULL: written as it is */
	int fd;          /* -1: no file is open */
};

#define BF_RECORDS_FILE_INIT                                                                       \
	{                                                                                          \
		.fd = -1                                                                           \
	}
#define BF_AUTO_RECORDS_FILE BF_CLEANUP(bf_records_file_release)

/* SYSTEM: it cannot be written there. */
BF_MUST_USE enum bfabric_status bf_records_file_open(
	struct bf_records_file *file, const char *path, struct bfabric_error *err);
/* SYSTEM: it could not be written; the file is as it was. */
BF_MUST_USE enum bfabric_status bf_records_file_commit(
	struct bf_records_file *file, const struct bf_secret *content, struct bfabric_error *err);
/* Takes back what was not committed. */
void bf_records_file_release(struct bf_records_file *file);

#endif
