#include "doctor.h"
#include "program.h"
#include "git_helpers.h"
#include "gitconfig.h"
#include "../libbfabric/base/file.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIGURE "let us do it: bfabric configure git"

/* Everything that counts in the current folder, a repository's own configuration included. */
static bool read_git(struct bf_doctor *d, struct bf_secret *ret)
{
	BF_AUTO_FREE char *git = NULL;
	struct bfabric_error err = {0};
	int code = 0;

	if (bf_find_program("git", &git, NULL) != BFABRIC_OK) {
		bf_found(d, BF_FOUND_OK, NULL, "git is not installed");
		return false;
	}
	const char *const argv[] = {git, "config", "-z", "--show-origin", "--get-regexp",
		"^(credential|http)\\.", NULL};

	if (bf_spawn(argv, ret, &code, &err) != BFABRIC_OK || code > 1) {
		bf_found(d, BF_FOUND_ERROR, "mend it until `git config --list` works",
			"git cannot read its configuration%s%s", err.text[0] ? ": " : "", err.text);
		return false;
	}
	return true;
}

/* "file:/home/me/.gitconfig" for a person; no part of it is a value. */
static const char *place(const char *origin)
{
	return strncmp(origin, "file:", 5) == 0 ? origin + 5 : origin;
}

static void about_host(struct bf_doctor *d, const struct bf_secret *listing, const char *url)
{
	const char *text = bf_secret_reveal(listing);
	struct bf_git_helper helpers[BF_GIT_HELPERS_MAX];
	size_t n = bf_git_helpers_for(text, listing->len, url, helpers);
	const char *header = bf_git_header_for(text, listing->len, url);
	bool ours = false, others = false;

	for (size_t i = 0; i < n; i++)
		ours |= bf_git_helper_is_ours(helpers[i].value);
	for (size_t i = 0; i < n; i++) {
		if (!ours || bf_git_helper_is_ours(helpers[i].value))
			continue;
		others = true;
		bf_found(d, BF_FOUND_ERROR,
			"remove it there, or put an empty helper and then ours below it: bfabric "
			"configure git",
			"%s: another helper is asked too and would keep the token (%s)", url,
			place(helpers[i].origin));
	}
	if (header)
		bf_found(d, BF_FOUND_WARNING, "remove http.extraHeader: it goes before any helper",
			"%s: a fixed Authorization header is configured (%s)", url, place(header));
	if (!ours)
		bf_found(d, BF_FOUND_WARNING, CONFIGURE, "%s: git does not ask us%s", url,
			n ? ", but another helper" : "");
	else if (!others)
		bf_found(d, BF_FOUND_OK, NULL, "%s: git asks us, and nobody else", url);
}

static void check_helpers(struct bf_doctor *d)
{
	BF_AUTO_GIT_HOSTS struct bf_git_hosts hosts = {0};
	BF_AUTO_SECRET struct bf_secret listing = BF_SECRET_INIT;

	if (bf_git_hosts_of(&d->environment, &hosts, NULL) != BFABRIC_OK || !read_git(d, &listing))
		return;
	for (size_t i = 0; i < hosts.count; i++)
		about_host(d, &listing, hosts.urls[i]);
}

static void about_file(struct bf_doctor *d, const char *path, const char *word,
	const char *delimiters, const char *advice)
{
	if (bf_file_mentions(path, word, delimiters))
		bf_found(d, BF_FOUND_WARNING, advice, "%s has a login for %s", path, word);
}

/* Passwords in plain files, which win over a helper or come from one. */
static void check_plain(struct bf_doctor *d)
{
	const char *host = d->environment.url.host, *config = getenv("XDG_CONFIG_HOME");
	BF_AUTO_FREE char *home = NULL;
	BF_AUTO_FREE char *netrc = NULL;
	BF_AUTO_FREE char *stored = NULL;
	BF_AUTO_FREE char *also = NULL;

	if (bf_home(&home, NULL) != BFABRIC_OK || asprintf(&netrc, "%s/.netrc", home) < 0 ||
		asprintf(&stored, "%s/.git-credentials", home) < 0)
		return;
	about_file(d, netrc, host, " \t\r\n",
		"remove that entry: git and curl send it instead of asking us");
	about_file(d, stored, host, "@/:\r\n",
		"remove that line: a token may have been stored there in plain text");
	if (config && *config == '/' ? asprintf(&also, "%s/git/credentials", config) < 0
				     : asprintf(&also, "%s/.config/git/credentials", home) < 0)
		also = NULL;
	if (also)
		about_file(d, also, host, "@/:\r\n",
			"remove that line: a token may have been stored there in plain text");
}

const struct bf_check bf_checks_git[] = {
	{.name = "helpers", .run = check_helpers, .needs_environment = true},
	{.name = "plain files", .run = check_plain, .needs_environment = true},
	{.name = NULL},
};
