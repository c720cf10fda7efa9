#include "url_host.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOST_MAX  253
#define LABEL_MAX 63

/* One label of a name, not NUL-terminated. */
struct span {
	const char *at;
	size_t len;
};

/* Would a URL parser or inet_aton(3) take a name with this last label for an IPv4 address? */
static bool looks_like_number(struct span label)
{
	size_t i = 0;

	if (label.len >= 2 && label.at[0] == '0' && bf_lower(label.at[1]) == 'x') {
		for (i = 2; i < label.len && bf_hex_value(label.at[i]) >= 0; i++)
			;
		return i == label.len;
	}
	for (i = 0; i < label.len && bf_is_digit(label.at[i]); i++)
		;
	return i == label.len;
}

static enum bfabric_status check_label(struct span label, struct bfabric_error *err)
{
	if (label.len == 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the host of the URL has an empty label or a trailing dot");
	if (label.len > LABEL_MAX)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "the host of the URL has a label that is too long");
	if (label.at[0] == '-' || label.at[label.len - 1] == '-')
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the host of the URL has a label with '-' at its edge");
	for (size_t i = 0; i < label.len; i++)
		if (!bf_is_alnum(label.at[i]) && label.at[i] != '-' && label.at[i] != '_')
			return bf_fail(err, BFABRIC_BAD_CALL,
				"the host of the URL contains a character that no host "
				"name has");
	return BFABRIC_OK;
}

/* Up to 255, without leading zeros; false if there is none. */
static bool take_byte(const char **text)
{
	const char *first = *text;
	unsigned number = 0;

	while (number <= 255 && **text >= '0' && **text <= '9')
		number = number * 10 + (unsigned)(*(*text)++ - '0');
	return number <= 255 && *text > first && (*first != '0' || *text == first + 1);
}

/* As inet_pton(3) sees it, which is a page of libc that the hot path would need for this alone. */
bool bf_host_is_ipv4(const char *host)
{
	for (int i = 0; i < 4; i++)
		if ((i > 0 && *host++ != '.') || !take_byte(&host))
			return false;
	return *host == '\0';
}

static enum bfabric_status check_name(const char *host, struct bfabric_error *err)
{
	struct span label = {.at = host, .len = 0};
	enum bfabric_status status = BFABRIC_OK;

	if (!*host)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL has no host");
	if (strlen(host) > HOST_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "the host of the URL is too long");
	for (;;) {
		label.len = (size_t)(strchrnul(label.at, '.') - label.at);
		status = check_label(label, err);
		if (status != BFABRIC_OK)
			return status;
		if (!label.at[label.len])
			break;
		label.at += label.len + 1;
	}
	if (looks_like_number(label) && !bf_host_is_ipv4(host))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the host of the URL is a number, but not an IPv4 address in its "
			"usual form (four decimal numbers)");
	return BFABRIC_OK;
}

/* The one spelling of RFC 5952 without dotted decimals, as URL parsers write it. */
static void print_ipv6(const unsigned char address[16], char ret[48])
{
	unsigned group[8];
	int best = -1, best_len = 1;
	char *out = ret;

	for (int i = 0; i < 8; i++)
		group[i] = (unsigned)address[2 * i] << 8 | address[2 * i + 1];
	for (int i = 0, run = 0; i < 8; i++) {
		run = group[i] ? 0 : run + 1;
		if (run > best_len) {
			best_len = run;
			best = i - run + 1;
		}
	}
	*out++ = '[';
	for (int i = 0; i < 8; i++) {
		if (i == best) {
			*out++ = ':';
			*out++ = ':';
			i += best_len - 1;
			continue;
		}
		if (i > 0 && out[-1] != ':')
			*out++ = ':';
		out += snprintf(out, 5, "%x", group[i]);
	}
	*out++ = ']';
	*out = '\0';
}

enum bfabric_status bf_host_take_ipv6(
	const char *in, size_t len, char **ret_host, struct bfabric_error *err)
{
	char text[48] = "";
	unsigned char address[16];

	if (len >= sizeof(text))
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL has a malformed IPv6 address");
	memcpy(text, in, len);
	if (inet_pton(AF_INET6, text, address) != 1)
		return bf_fail(err, BFABRIC_BAD_CALL, "the URL has a malformed IPv6 address");
	print_ipv6(address, text);
	*ret_host = strdup(text);
	return *ret_host ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_host_take_name(
	const char *in, size_t len, char **ret_host, struct bfabric_error *err)
{
	BF_AUTO_FREE char *host = strndup(in, len);
	enum bfabric_status status = BFABRIC_OK;

	if (!host)
		return bf_fail_nomem(err);
	for (char *c = host; *c; c++)
		*c = bf_lower(*c);
	status = check_name(host, err);
	if (status == BFABRIC_OK)
		*ret_host = BF_TAKE(host);
	return status;
}
