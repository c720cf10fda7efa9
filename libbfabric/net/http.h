/*
 * net/http.h - struct bf_transport on libcurl; the only file that includes curl.
 *
 * Limits per request: connect 10 s, whole 30 s (whole_max_ms) or the request's deadline, reply 1
 * MiB (body_max), headers 64 KiB; no redirect is followed; http and https only, http to loopback
 * only; certificates are always verified, TLS 1.2 at least. A request that spends a token gets a
 * connection of its own (curl resends a POST that failed on a reused connection).
 *
 * Certificates: `ca_file`, else SSL_CERT_FILE, SSL_CERT_DIR, CURL_CA_BUNDLE (secure_getenv), else
 * the system's. Proxies: `proxy`, else the environment as curl reads it (https_proxy, no_proxy,
 * ...), else none; loopback never goes through a proxy of the environment, and http never through
 * any: it would read the token. A program with more privileges than its caller (AT_SECURE) ignores
 * the environment. A TLS, proxy or name error names the certificate file, the proxy or the host
 * that caused it.
 *
 * *ret_sent turns true when the connection stands, just before the first byte of the request is
 * written: not when a connection, a handshake or a proxy's tunnel was refused.
 *
 * A reply shorter than its length is none. One without a length that ends early cannot be told from
 * a whole one (libcurl does not insist on TLS's farewell): JSON notices by itself.
 */
#ifndef BF_NET_HTTP_H
#define BF_NET_HTTP_H

#include "../base/http.h"

struct bf_http;

struct bf_http_options {
	const char *ca_file;     /* copied; NULL: see above */
	const char *proxy;       /* copied; NULL: see above; "": none */
	bool ignore_environment; /* neither proxies nor certificates from environment variables */
};

BF_MUST_USE enum bfabric_status bf_http_new(
	const struct bf_http_options *options, struct bf_http **ret, struct bfabric_error *err);
void bf_http_free(struct bf_http *http);

/* Valid as long as `http`. Not for two threads at once. */
struct bf_transport bf_http_transport(struct bf_http *http);

#endif
