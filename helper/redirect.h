/*
 * redirect.h - the address of a login on its way to the browser.
 *
 * Every user of a machine can read the arguments of a program (ps). Whoever reads the address of a
 * login can answer it before its owner does. So the browser is given a page of ours, readable by us
 * alone, which sends it on.
 */
#ifndef BF_REDIRECT_H
#define BF_REDIRECT_H

#include "../libbfabric/base/secret.h"

/*
 * Write the page, 0600, into the runtime directory, else ~/.bfabric, under a name of this process;
 * pages that processes left which are gone are removed. Owned path.
 */
BF_MUST_USE enum bfabric_status bf_redirect_write(
	const char *url, char **ret_path, struct bfabric_error *err);

/* Remove it; NULL is fine. Frees and clears the path. */
void bf_redirect_remove(char **path);

/* "file://..." of an absolute path, percent-encoded, appended. */
void bf_redirect_file_url(const char *path, struct bf_secret *out);

#endif
