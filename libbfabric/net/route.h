/*
 * net/route.h - which certificates and which proxy a request uses, and what to call them.
 *
 * Decided here and not left to libcurl, for two reasons: libcurl as distributions build it ignores
 * SSL_CERT_FILE, SSL_CERT_DIR and CURL_CA_BUNDLE (the curl program reads them, the library does
 * not), and an error that names the proxy or the file that caused it must know which one was in
 * use.
 */
#ifndef BF_NET_ROUTE_H
#define BF_NET_ROUTE_H

#include "../base/url.h"

struct bf_route {
	/* Borrowed from the options or the environment. Both NULL: the system's certificates. */
	const char *ca_file;
	const char *ca_dir;    /* may be a list with colons */
	const char *ca_source; /* "ca_file", "SSL_CERT_FILE", ..., NULL: the system's */

	const char *proxy;        /* "" for none; may contain a password */
	const char *proxy_source; /* "proxy", "https_proxy", ..., NULL: none */
	const char *no_proxy;     /* hosts that are reached directly, "" for none */
};

/*
 * `ca_file` and `proxy` as in struct bf_http_options. An empty variable counts as unset. A program
 * with more privileges than its caller reads no variable at all. http never uses a proxy: it is for
 * loopback, and a proxy would read the token.
 */
void bf_route_choose(const char *ca_file, const char *proxy, bool ignore_environment,
	const struct bf_url *url, struct bf_route *ret);

/* The proxy without user name and password, cleaned, for a person: "http://proxy.lab:3128". */
void bf_route_show_proxy(const struct bf_route *route, char *dst, size_t size);

/* Does `text` (an error of libcurl's) name the proxy's host? */
bool bf_route_names_proxy(const struct bf_route *route, const char *text);

/* BAD_CONFIG: the certificates could not be read. Names the file or folder and who chose it. */
enum bfabric_status bf_route_fail_store(const struct bf_route *route, struct bfabric_error *err);

/* BAD_CONFIG: `host`'s certificate was not accepted. Says which key or file to mend. */
enum bfabric_status bf_route_fail_trust(const struct bf_route *route, const char *host,
	const char *reason, struct bfabric_error *err);

/* `status`: the proxy did not let us through to `host`. */
enum bfabric_status bf_route_fail_proxy(const struct bf_route *route, enum bfabric_status status,
	const char *host, const char *reason, struct bfabric_error *err);

#endif
