/* html.c - see net/html.h. */
#include "html.h"
#include "../base/ascii.h"
#include <string.h>

#define TITLE_MAX 120

/* Part of a text that need not end with NUL. */
struct span {
	const char *at, *end;
};

static bool begins(struct span s, const char *lower)
{
	for (; *lower; s.at++, lower++)
		if (s.at == s.end || bf_lower(*s.at) != *lower)
			return false;
	return true;
}

/* From the next `lower` on; empty when there is none. */
static struct span from(struct span s, const char *lower)
{
	while (s.at < s.end && !begins(s, lower))
		s.at++;
	return s;
}

static struct span behind(struct span s, const char *lower)
{
	s = from(s, lower);
	if (s.at < s.end)
		s.at += strlen(lower);
	return s;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.at < s.end && is_space(*s.at))
		s.at++;
	while (s.at < s.end && is_space(s.end[-1]))
		s.end--;
	return s;
}

bool bf_html_is(const char *bytes, size_t len)
{
	struct span s = {bytes, bytes + len};

	if (begins(s, "\xef\xbb\xbf"))
		s.at += 3;
	for (s = trim(s); s.at < s.end; s = trim(s)) {
		if (begins(s, "<?"))
			s = behind(s, "?>");
		else if (begins(s, "<!--"))
			s = behind(s, "-->");
		else
			return begins(s, "<!doctype html") || begins(s, "<html");
	}
	return false;
}

/* The text between <title> and </title>. */
static struct span find_title(struct span page)
{
	struct span title = behind(behind(page, "<title"), ">");

	title.end = from(title, "</title").at;
	return trim(title);
}

enum bfabric_status bf_html_fail(const char *bytes, size_t len, struct bfabric_error *err)
{
	const struct span title = find_title((struct span){bytes, bytes + len});
	char shown[TITLE_MAX];

	bf_show(shown, sizeof(shown), title.at, (size_t)(title.end - title.at));
	if (!*shown)
		return bf_fail(err, BFABRIC_BAD_REPLY, "an HTML page instead of XML");
	return bf_fail(err, BFABRIC_BAD_REPLY, "an HTML page instead of XML: \"%s\"", shown);
}
