/*
 * A URL, and a request that may look like it. Input: three lines, the URL, a protocol, a host with
 * or without port. What is accepted is canonical, serves itself, and serves nothing that is not
 * spelled like it.
 */
#include "fuzz.h"

#include "libbfabric/base/ascii.h"
#include "libbfabric/base/url.h"

#include <stdio.h>
#include <string.h>

static bool equal_but_case(const char *text, const char *lower)
{
	return strlen(text) == strlen(lower) && bf_starts_with(text, lower);
}

static void check_canonical(const struct bf_url *url)
{
	BF_AUTO_URL struct bf_url again = BF_URL_INIT;

	FUZZ_MUST(bf_url_parse(url->text, &again, NULL) == BFABRIC_OK);
	FUZZ_MUST(strcmp(url->text, again.text) == 0 && strcmp(url->path, again.path) == 0);
	FUZZ_MUST(bf_url_same_origin(url, &again) && !again.explicit_default_port);
	FUZZ_MUST(url->port >= 1 && url->port <= 65535);
	FUZZ_MUST(strcmp(url->scheme, "https") == 0 || url->loopback);
	for (const char *c = url->text; *c; c++)
		FUZZ_MUST(*c > ' ' && *c < 0x7f && !strchr("\\?#", *c));
	for (const char *c = url->host; *c; c++)
		FUZZ_MUST(bf_lower(*c) == *c && !strchr("@/%", *c));
	FUZZ_MUST(!*url->path || url->path[strlen(url->path) - 1] != '/');
	FUZZ_MUST(!strstr(url->path, "/../") && !strstr(url->path, "/./"));
}

static void check_requests(const struct bf_url *url, const char *protocol, const char *hostport)
{
	char with_port[512];
	const bool standard = url->port == (strcmp(url->scheme, "https") == 0 ? 443 : 80);

	snprintf(with_port, sizeof(with_port), "%s:%u", url->host, url->port);
	FUZZ_MUST(bf_url_serves(url, url->scheme, with_port));
	FUZZ_MUST(bf_url_serves(url, url->scheme, url->host) == standard);
	if (bf_url_serves(url, protocol, hostport))
		FUZZ_MUST(equal_but_case(protocol, url->scheme) &&
			  (equal_but_case(hostport, with_port) ||
				  (standard && equal_but_case(hostport, url->host))));
}

/* Cuts the next line off, as a string. */
static char *next_line(char **rest)
{
	char *line = *rest;
	char *lf = strchr(line, '\n');

	*rest = lf ? lf + 1 : line + strlen(line);
	if (lf)
		*lf = '\0';
	return line;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_FREE char *text = strndup((const char *)data, size);
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	struct bfabric_error err = {0};
	char *rest = text;
	const char *first = next_line(&rest);
	const char *protocol = next_line(&rest);
	const char *hostport = next_line(&rest);
	enum bfabric_status status = bf_url_parse(first, &url, &err);

	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_BAD_CALL);
	if (status != BFABRIC_OK) {
		FUZZ_MUST(err.status == status && err.text[0] && !url.text);
		return 0;
	}
	check_canonical(&url);
	check_requests(&url, protocol, hostport);
	return 0;
}
