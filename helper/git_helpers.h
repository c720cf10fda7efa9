/*
 * git_helpers.h - which credential helpers git asks for a host, read from its whole configuration.
 */
#ifndef BF_GIT_HELPERS_H
#define BF_GIT_HELPERS_H

#include "../libbfabric/base/error.h"

struct bf_git_helper {
	const char *value;  /* as configured: may hold a secret, do not show it */
	const char *origin; /* "file:/home/me/.gitconfig": where it is written */
};

#define BF_GIT_HELPERS_MAX 32

/*
 * `listing`: the output of `git config -z --show-origin --get-regexp`, records "origin NUL key LF
 * value NUL". Fills ret with the helpers that git asks for `url` ("https://host[:port]"), in its
 * order: an empty value takes off those before it; a section for a path or another host does not
 * count (gitcredentials(7)). Returns their number, at most BF_GIT_HELPERS_MAX. The strings belong
 * to `listing`.
 */
size_t bf_git_helpers_for(const char *listing, size_t len, const char *url,
	struct bf_git_helper ret[BF_GIT_HELPERS_MAX]);

/* Is it ours: does its program have our name? */
bool bf_git_helper_is_ours(const char *value);

/* Where a header with a token is configured for `url` (http.extraHeader: Authorization); NULL. */
const char *bf_git_header_for(const char *listing, size_t len, const char *url);

#endif
