/*
 * url.h - the base URL of a B-Fabric, canonical, and who may receive its token.
 *
 * Accepted (a subset of RFC 3986): http or https, a host name in ASCII letters, digits, '-', '.',
 * '_', an IPv4 address in four decimal numbers, or an IPv6 address in brackets; an optional port; a
 * path. Refused: user information, query, fragment, backslash, control or non-ASCII characters,
 * white space, dot segments (also percent-encoded), a percent-encoded slash, backslash or control
 * character, an empty host, empty labels and a trailing dot, labels that begin or end with '-',
 * IPv4 in any other spelling (127.1, 0x7f.1), a port of 0, above 65535 or with leading zeros. http
 * is for loopback only (127.0.0.0/8, [::1], localhost).
 *
 * Canonical: scheme and host in lower case, default port dropped, trailing slashes dropped. That is
 * what bfabricPy's URL type makes of it before the token cache path is computed from it.
 */
#ifndef BF_URL_H
#define BF_URL_H

#include "secret.h"

struct bf_url {
	char *text;    /* canonical, without trailing slash */
	char *scheme;  /* "https" or "http" */
	char *host;    /* lower case; IPv6 in brackets */
	char *path;    /* "" or "/bfabric" */
	unsigned port; /* the effective port */
	bool loopback;
	bool explicit_default_port; /* it said ":443" (https) or ":80" (http) */
};

#define BF_URL_INIT                                                                                \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_URL BF_CLEANUP(bf_url_release)

/*
 * BAD_CALL with the reason; the caller adds file, line and key. The reason does not quote the URL,
 * which may hold a password.
 */
BF_MUST_USE enum bfabric_status bf_url_parse(
	const char *text, struct bf_url *ret, struct bfabric_error *err);
void bf_url_release(struct bf_url *url);

/* Do scheme, host and effective port agree? (RFC 6454, section 5) */
bool bf_url_same_origin(const struct bf_url *a, const struct bf_url *b);

/*
 * Does a request for `protocol` ("https") and `hostport` ("host" or "host:port", as git sends it)
 * go to this URL's origin? Compared literally after lower-casing: a look-alike is a stranger.
 */
bool bf_url_serves(const struct bf_url *url, const char *protocol, const char *hostport);

/*
 * A URL for a person or a log, cut to `size`: what stands in its query and fragment may be a secret
 * (`jwt=`, `token=`, `code=`), so that of both only the names are shown: "?token=[...]".
 */
void bf_url_show(char *dst, size_t size, const char *url);

/* Percent-encode as application/x-www-form-urlencoded (space is '+'; RFC 6749, appendix B). */
void bf_form_encode(struct bf_secret *out, const char *text, size_t len);

#endif
