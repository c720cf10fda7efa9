#include "url.h"
#include "concat.h"
#include "url_host.h"

#include <stdlib.h>
#include <string.h>

#define URL_MAX 2048

/* A piece of the text that is being taken apart. */
struct span {
	const char *at;
	size_t len;
};

/* What may stand nowhere. The text itself is not quoted: it may hold a password. */
static enum bfabric_status check_characters(const char *text, struct bfabric_error *err)
{
	size_t len = strnlen(text, URL_MAX + 1);

	if (len == 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL is empty");
	if (len > URL_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL is too long");
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c <= ' ' || c == 0x7f)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the URL contains a space or control character");
		if (c > 0x7f)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the URL contains a character that is not ASCII (write "
				"an international name in its xn-- form)");
		if (c == '\\')
			return bf_fail(err, BFABRIC_BAD_CALL, "the URL contains a backslash");
		if (c == '?')
			return bf_fail(err, BFABRIC_BAD_CALL, "the URL has a query ('?')");
		if (c == '#')
			return bf_fail(err, BFABRIC_BAD_CALL, "the URL has a fragment ('#')");
	}
	return BFABRIC_OK;
}

/* ---- port ------------------------------------------------------------------------------------ */

/* Decimal, no sign, no leading zero, 1 to 65535; 0 when it is not. */
static unsigned parse_port(struct span in)
{
	unsigned port = 0;

	if (in.len == 0 || in.len > 5 || in.at[0] == '0')
		return 0;
	for (size_t i = 0; i < in.len; i++) {
		if (!bf_is_digit(in.at[i]))
			return 0;
		port = port * 10 + (unsigned)(in.at[i] - '0');
	}
	return port <= 65535 ? port : 0;
}

static unsigned default_port(const char *scheme)
{
	return strcmp(scheme, "https") == 0 ? 443 : 80;
}

/* `in`: what follows the host, "" or ":8443". */
static enum bfabric_status take_port(struct span in, struct bf_url *url, struct bfabric_error *err)
{
	url->port = default_port(url->scheme);
	if (in.len == 0)
		return BFABRIC_OK;
	url->port = parse_port((struct span){.at = in.at + 1, .len = in.len - 1});
	if (in.at[0] != ':' || url->port == 0)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL has a malformed port (1 to 65535)");
	url->explicit_default_port = url->port == default_port(url->scheme);
	return BFABRIC_OK;
}

/* "host", "host:port", "[v6]", "[v6]:port" */
static enum bfabric_status take_authority(
	struct span in, struct bf_url *url, struct bfabric_error *err)
{
	enum bfabric_status status = BFABRIC_OK;
	size_t host_len = 0;

	if (memchr(in.at, '@', in.len))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the URL has user information (before '@'), which does not "
			"belong there");
	if (in.len > 0 && in.at[0] == '[') {
		const char *end = memchr(in.at, ']', in.len);

		if (!end)
			return bf_fail(
				err, BFABRIC_BAD_CALL, "the URL has a malformed IPv6 address");
		host_len = (size_t)(end - in.at) + 1;
		status = bf_host_take_ipv6(in.at + 1, host_len - 2, &url->host, err);
	} else {
		const char *colon = memchr(in.at, ':', in.len);

		host_len = colon ? (size_t)(colon - in.at) : in.len;
		status = bf_host_take_name(in.at, host_len, &url->host, err);
	}
	if (status != BFABRIC_OK)
		return status;
	return take_port((struct span){in.at + host_len, in.len - host_len}, url, err);
}

/* ---- path ------------------------------------------------------------------------------------ */

static bool is_path_character(char c)
{
	return bf_is_alnum(c) || (c && strchr("-._~!$&'()*+,;=:@/", c));
}

/* "%41" -> 'A'; -1 when malformed. */
static int percent_value(const char *at)
{
	int high = bf_hex_value(at[1]);

	return high < 0 || bf_hex_value(at[2]) < 0 ? -1 : high * 16 + bf_hex_value(at[2]);
}

/* Is this segment "." or "..", in whatever spelling? */
static bool is_dot_segment(struct span segment)
{
	size_t dots = 0;

	for (size_t i = 0; i < segment.len; dots++) {
		if (segment.at[i] == '.')
			i += 1;
		else if (segment.at[i] == '%' && percent_value(segment.at + i) == '.')
			i += 3;
		else
			return false;
	}
	return dots == 1 || dots == 2;
}

static enum bfabric_status check_path(const char *path, struct bfabric_error *err)
{
	for (const char *c = path; *c; c++) {
		int value = *c == '%' ? percent_value(c) : 0;

		if (value < 0)
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the path of the URL has a malformed percent-encoding");
		if (*c == '%' && (value < ' ' || value == 0x7f || value == '/' || value == '\\'))
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the path of the URL encodes a slash, backslash or "
				"control character");
		if (*c != '%' && !is_path_character(*c))
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the path of the URL contains a character that must be "
				"percent-encoded");
	}
	for (const char *c = path; *c == '/';) {
		struct span segment = {
			.at = c + 1, .len = (size_t)(strchrnul(c + 1, '/') - (c + 1))};

		if (is_dot_segment(segment))
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the path of the URL has a dot segment ('.' or '..')");
		c += 1 + segment.len;
	}
	return BFABRIC_OK;
}

static enum bfabric_status take_path(const char *in, struct bf_url *url, struct bfabric_error *err)
{
	size_t len = strlen(in);
	enum bfabric_status status = check_path(in, err);

	if (status != BFABRIC_OK)
		return status;
	while (len > 0 && in[len - 1] == '/')
		len--;
	url->path = strndup(in, len);
	return url->path ? BFABRIC_OK : bf_fail_nomem(err);
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool is_loopback(const char *host)
{
	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	       (bf_starts_with(host, "127.") && bf_host_is_ipv4(host));
}

static enum bfabric_status compose(struct bf_url *url, struct bfabric_error *err)
{
	const bool usual = url->port == default_port(url->scheme);
	char port[BF_DECIMAL_SIZE];

	url->text = bf_concat(url->scheme, "://", url->host, usual ? "" : ":",
		usual ? "" : bf_decimal(url->port, port), url->path, NULL);
	return url->text ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status take_scheme(
	const char **text, struct bf_url *url, struct bfabric_error *err)
{
	const char *scheme = bf_starts_with(*text, "https://")  ? "https"
			     : bf_starts_with(*text, "http://") ? "http"
								: NULL;

	if (!scheme)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL does not begin with https://");
	*text += strlen(scheme) + 3;
	url->scheme = strdup(scheme);
	return url->scheme ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_url_parse(const char *text, struct bf_url *ret, struct bfabric_error *err)
{
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	enum bfabric_status status = check_characters(text, err);
	size_t authority = 0;

	if (status == BFABRIC_OK)
		status = take_scheme(&text, &url, err);
	if (status != BFABRIC_OK)
		return status;
	authority = (size_t)(strchrnul(text, '/') - text);
	status = take_authority((struct span){text, authority}, &url, err);
	if (status == BFABRIC_OK)
		status = take_path(text + authority, &url, err);
	if (status == BFABRIC_OK)
		status = compose(&url, err);
	if (status != BFABRIC_OK)
		return status;
	url.loopback = is_loopback(url.host);
	if (strcmp(url.scheme, "http") == 0 && !url.loopback)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the URL must begin with https:// (http is for this machine only)");
	bf_url_release(ret);
	*ret = url;
	url = (struct bf_url)BF_URL_INIT;
	return BFABRIC_OK;
}

void bf_url_release(struct bf_url *url)
{
	free(url->text);
	free(url->scheme);
	free(url->host);
	free(url->path);
	*url = (struct bf_url)BF_URL_INIT;
}

bool bf_url_same_origin(const struct bf_url *a, const struct bf_url *b)
{
	return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 &&
	       a->port == b->port;
}

bool bf_url_serves(const struct bf_url *url, const char *protocol, const char *hostport)
{
	const size_t host_len = strlen(url->host);
	const char *rest = NULL;

	if (!bf_starts_with(protocol, url->scheme) || strlen(protocol) != strlen(url->scheme) ||
		!bf_starts_with(hostport, url->host))
		return false;
	rest = hostport + host_len;
	if (!*rest)
		return url->port == default_port(url->scheme);
	return *rest == ':' &&
	       parse_port((struct span){rest + 1, strnlen(rest + 1, 6)}) == url->port;
}

void bf_form_encode(struct bf_secret *out, const char *text, size_t len)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (bf_is_alnum(text[i]) || (c && strchr("*-._", c))) {
			bf_secret_putc(out, text[i]);
		} else if (c == ' ') {
			bf_secret_putc(out, '+');
		} else {
			bf_secret_putc(out, '%');
			bf_secret_putc(out, digits[c >> 4]);
			bf_secret_putc(out, digits[c & 15]);
		}
	}
}

/* A bare value that ends in '=' looks like a name; names of parameters are short. */
#define NAME_MAX_SHOWN 32

void bf_url_show(char *dst, size_t size, const char *url)
{
	BF_AUTO_SECRET struct bf_secret kept = BF_SECRET_INIT;
	size_t run = strcspn(url, "?#");

	bf_secret_put(&kept, url, run);
	for (url += run; *url; url += run) {
		size_t name = 1 + strcspn(url + 1, "=&#");

		if (url[name] != '=' || name > NAME_MAX_SHOWN)
			name = 1;
		else
			name++;
		run = 1 + strcspn(url + 1, "&#");
		bf_secret_put(&kept, url, name);
		if (run > name)
			bf_secret_puts(&kept, "[...]");
	}
	bf_show(dst, size, bf_secret_reveal(&kept), kept.failed ? 0 : kept.len);
}
