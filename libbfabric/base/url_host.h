/*
 * url_host.h - the host of a URL: refuse what two programs could read as two hosts, and write what
 * is left in one way. url.h says what is accepted; only url.c uses this.
 */
#ifndef BF_URL_HOST_H
#define BF_URL_HOST_H

#include "ascii.h"
#include "error.h"

/* A name or IPv4 address in lower case. Owned string; BAD_CALL with the reason. */
BF_MUST_USE enum bfabric_status bf_host_take_name(
	const char *in, size_t len, char **ret_host, struct bfabric_error *err);

/* What stands between the brackets; *ret_host has them again: "[::1]" (RFC 5952). */
BF_MUST_USE enum bfabric_status bf_host_take_ipv6(
	const char *in, size_t len, char **ret_host, struct bfabric_error *err);

/* Four decimal numbers without leading zeros. */
BF_MUST_USE bool bf_host_is_ipv4(const char *host);

#endif
