#include "git_helpers.h"
#include "faces.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* One record of the listing. */
struct entry {
	const char *origin, *key, *value;
};

static bool next(const char *listing, size_t len, size_t *at, char **ret_key, struct entry *ret)
{
	const char *feed = NULL;

	if (*at >= len)
		return false;
	ret->origin = listing + *at;
	*at += strlen(ret->origin) + 1;
	if (*at >= len)
		return false;
	ret->key = listing + *at;
	*at += strlen(ret->key) + 1;
	feed = strchr(ret->key, '\n');
	ret->value = feed ? feed + 1 : "";
	*ret_key = strndup(ret->key, feed ? (size_t)(feed - ret->key) : strlen(ret->key));
	return *ret_key != NULL;
}

/* Host names with one '*' for one label (git-config(1), http.<url>.*). */
static bool host_matches(const char *pattern, size_t len, const char *host, size_t host_len)
{
	const char *dot = memchr(host, '.', host_len);
	size_t label = dot ? (size_t)(dot - host) : host_len;

	if (len > 1 && pattern[0] == '*' && pattern[1] == '.' && dot)
		return host_matches(pattern + 2, len - 2, dot + 1, host_len - label - 1);
	return len == host_len && strncasecmp(pattern, host, len) == 0;
}

/* Does the section's URL (`len` bytes) apply to every path of `url`? */
static bool url_matches(const char *pattern, size_t len, const char *url)
{
	const char *mark = strstr(url, "://"), *at = NULL;
	size_t scheme = mark ? (size_t)(mark - url) + 3 : 0;
	const char *host = pattern + scheme, *end = pattern + len;

	if (len <= scheme || strncasecmp(pattern, url, scheme) != 0)
		return false;
	at = memchr(host, '@', (size_t)(end - host));
	if (at)
		host = at + 1; /* for one user of the host: still a place where it is handed out */
	while (end > host && end[-1] == '/')
		end--;
	return host_matches(host, (size_t)(end - host), url + scheme, strlen(url + scheme));
}

/* "section.name", or "section.URL.name" with a URL for `url`? */
static bool key_is(const char *key, const char *section, const char *name, const char *url)
{
	size_t first = strlen(section), last = strlen(name), len = strlen(key);

	if (len < first + 1 + last || strncasecmp(key, section, first) != 0 || key[first] != '.' ||
		strcasecmp(key + len - last, name) != 0 || key[len - last - 1] != '.')
		return false;
	return len == first + 1 + last || url_matches(key + first + 1, len - first - last - 2, url);
}

size_t bf_git_helpers_for(const char *listing, size_t len, const char *url,
	struct bf_git_helper ret[BF_GIT_HELPERS_MAX])
{
	size_t count = 0, at = 0;
	struct entry entry = {0};
	char *key = NULL;

	while (next(listing, len, &at, &key, &entry)) {
		if (key_is(key, "credential", "helper", url)) {
			if (!*entry.value)
				count = 0;
			else if (count < BF_GIT_HELPERS_MAX)
				ret[count++] = (struct bf_git_helper){entry.value, entry.origin};
		}
		free(key);
	}
	return count;
}

/* Its words up to the first that is not plain: options of a shell function do not count. */
bool bf_git_helper_is_ours(const char *value)
{
	const char *name = BF_GIT_PROGRAM, *found = strstr(value, name);
	size_t len = strcspn(value, " \t");

	if (strncmp(value, "bfabric", 7) == 0 && (!value[7] || value[7] == ' '))
		return true; /* git puts "git-credential-" before it */
	return found && (size_t)(found - value) + strlen(name) <= len && *value != '!';
}

const char *bf_git_header_for(const char *listing, size_t len, const char *url)
{
	const char *where = NULL;
	struct entry entry = {0};
	char *key = NULL;
	size_t at = 0;

	while (next(listing, len, &at, &key, &entry)) {
		if (key_is(key, "http", "extraheader", url)) {
			if (!*entry.value)
				where = NULL;
			else if (strncasecmp(entry.value, "authorization:", 14) == 0)
				where = entry.origin;
		}
		free(key);
	}
	return where;
}
