/*
 * trusted.h - a file that the administrator wrote for us: when it is believed, and its lines.
 *
 * Root's (or, where we do not run as root, ours), a regular file, reached without following a link,
 * and nobody else may write it. What a line holds is the business of whoever reads it.
 */
#ifndef PAM_BFABRIC_TRUSTED_H
#define PAM_BFABRIC_TRUSTED_H

#include "../libbfabric/base/secret.h"

/*
 * Read `path` (absolute) of at most `max` bytes. SYSTEM: it cannot be opened or read; BAD_CONFIG:
 * it may not be trusted, or is larger; NO_MEMORY, also where the machine is out of descriptors.
 */
BF_MUST_USE enum bfabric_status bf_pam_trusted_read(
	const char *path, size_t max, struct bf_secret *ret_content, struct bfabric_error *err);

/*
 * Hand the lines over until one fails: those that are neither empty nor a comment, without the
 * blanks before them, from a copy of `content` in which text[len] may be written, too. NO_MEMORY.
 */
BF_MUST_USE enum bfabric_status bf_pam_trusted_lines(const char *content, size_t len,
	enum bfabric_status (*take)(
		void *data, unsigned line, char *text, size_t len, struct bfabric_error *err),
	void *data, struct bfabric_error *err);

/* Printable ASCII and TAB alone? */
BF_MUST_USE bool bf_pam_is_plain(const char *text, size_t len);

/* The text up to `end`, where a NUL is put, without the blanks around it. */
BF_MUST_USE char *bf_pam_trim(char *text, char *end);

#endif
