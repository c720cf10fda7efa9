/* callback.c - see callback.h. */
#include "callback.h"
#include "../base/ascii.h"
#include <stdio.h>
#include <string.h>

/* A piece of the bytes; nothing is copied until it is known to be ours. */
struct span {
	const char *at;
	size_t len;
};

static bool span_is(struct span s, const char *text)
{
	return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}

static bool span_begins(struct span s, const char *text)
{
	return s.len >= strlen(text) && memcmp(s.at, text, strlen(text)) == 0;
}

static struct span skip(struct span s, size_t n)
{
	return (struct span){s.at + n, s.len - n};
}

/* Cut the part up to `c` off, and `c` itself. */
static struct span cut(struct span *rest, char c)
{
	const char *end = memchr(rest->at, c, rest->len);
	struct span part = {rest->at, end ? (size_t)(end - rest->at) : rest->len};

	*rest = skip(*rest, part.len + (end ? 1 : 0));
	return part;
}

/* Without any of `characters` at either end. */
static struct span strip(struct span s, const char *characters)
{
	while (s.len && strchr(characters, s.at[0]) && s.at[0])
		s = skip(s, 1);
	while (s.len && strchr(characters, s.at[s.len - 1]) && s.at[s.len - 1])
		s.len--;
	return s;
}

static bool visible(struct span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.at[i] <= ' ' || s.at[i] >= 0x7f)
			return false;
	return true;
}

static void authority(const struct bf_callback_place *place, char text[64])
{
	(void)snprintf(text, 64, "%s:%u", place->host, place->port); /* fits: 47 and 10 digits */
}

/* Browsers leave the scheme's own port out. */
static bool is_our_authority(const struct bf_callback_place *place, struct span host)
{
	char text[64];

	authority(place, text);
	return span_is(host, text) || (place->port == 80 && span_is(host, place->host));
}

/* "/callback", with or without a query. */
static bool read_target(struct span target, struct bf_secret *ret_query)
{
	struct span path = cut(&target, '?');

	if (!span_is(path, BF_CALLBACK_PATH) || !visible(target))
		return false;
	bf_secret_put(ret_query, target.at, target.len);
	return true;
}

/* GET target HTTP/1.x */
static bool read_request_line(struct span line, struct bf_secret *ret_query)
{
	struct span method = cut(&line, ' ');
	struct span target = cut(&line, ' ');

	return span_is(method, "GET") && line.len == strlen("HTTP/1.x") &&
	       span_begins(line, "HTTP/1.") && bf_is_digit(line.at[7]) &&
	       read_target(target, ret_query);
}

static bool is_host(struct span name)
{
	return name.len == 4 && bf_starts_with(name.at, "host");
}

/* Headers, each ended by CRLF: exactly one Host, which is ours (RFC 9112, section 3.2). */
static bool read_headers(const struct bf_callback_place *place, struct span rest)
{
	unsigned hosts = 0;

	while (rest.len) {
		struct span line = cut(&rest, '\n');
		struct span name;

		if (!line.len || line.at[line.len - 1] != '\r')
			return false;
		line.len--;
		if (memchr(line.at, '\r', line.len) || memchr(line.at, '\0', line.len))
			return false;
		if (!memchr(line.at, ':', line.len))
			return false;
		name = cut(&line, ':');
		if (!name.len || !visible(name))
			return false;
		if (is_host(name) && (++hosts > 1 || !is_our_authority(place, strip(line, " \t"))))
			return false;
	}
	return hosts == 1;
}

enum bf_callback_verdict bf_callback_request(const struct bf_callback_place *place,
	const char *bytes, size_t len, struct bf_secret *ret_query)
{
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;
	const char *end = len ? memmem(bytes, len, "\r\n\r\n", 4) : NULL;
	struct span rest, line;

	if (!end)
		return len < BF_CALLBACK_MAX ? BF_CALLBACK_MORE : BF_CALLBACK_FOREIGN;
	rest = (struct span){bytes, (size_t)(end - bytes) + 2};
	if (rest.len > BF_CALLBACK_MAX)
		return BF_CALLBACK_FOREIGN;
	line = cut(&rest, '\n');
	if (!line.len || line.at[--line.len] != '\r')
		return BF_CALLBACK_FOREIGN;
	if (!read_request_line(line, &query) || !read_headers(place, rest))
		return BF_CALLBACK_FOREIGN;
	bf_secret_put_secret(ret_query, &query);
	return BF_CALLBACK_OURS;
}

enum bf_callback_verdict bf_callback_pasted(const struct bf_callback_place *place, const char *line,
	size_t len, struct bf_secret *ret_query)
{
	struct span url = strip((struct span){line, len}, " \t\r\n\"'<>");

	if (len > BF_CALLBACK_MAX || !span_begins(url, "http://"))
		return BF_CALLBACK_FOREIGN;
	url = skip(url, strlen("http://"));
	url = cut(&url, '#');
	for (size_t i = 0; i < url.len; i++)
		if (url.at[i] == '/')
			return is_our_authority(place, (struct span){url.at, i}) &&
					       read_target(skip(url, i), ret_query)
				       ? BF_CALLBACK_OURS
				       : BF_CALLBACK_FOREIGN;
	return BF_CALLBACK_FOREIGN;
}

void bf_callback_uri(const struct bf_callback_place *place, struct bf_secret *ret)
{
	char text[64];

	authority(place, text);
	bf_secret_printf(ret, "http://%s" BF_CALLBACK_PATH, text);
}
