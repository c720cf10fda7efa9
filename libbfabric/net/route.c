/* route.c - see route.h. */
#include "route.h"
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

struct variable {
	const char *value, *name;
};

/* The first of some variables that is set to something; both NULL if none is. */
static struct variable first_of(const char *const *names)
{
	for (; *names; names++) {
		const char *value = secure_getenv(*names);

		if (value && *value)
			return (struct variable){value, *names};
	}
	return (struct variable){NULL, NULL};
}

static void choose_certificates(const char *ca_file, bool ignore, struct bf_route *route)
{
	struct variable file = {NULL, NULL}, dir = {NULL, NULL};

	if (ca_file) {
		file = (struct variable){ca_file, "ca_file"};
	} else if (!ignore) {
		file = first_of((const char *const[]){"SSL_CERT_FILE", NULL});
		dir = first_of((const char *const[]){"SSL_CERT_DIR", NULL});
		if (!file.value && !dir.value)
			file = first_of((const char *const[]){"CURL_CA_BUNDLE", NULL});
	}
	route->ca_file = file.value;
	route->ca_dir = dir.value;
	route->ca_source = file.name ? file.name : dir.name;
}

static void choose_proxy(
	const char *proxy, bool ignore, const struct bf_url *url, struct bf_route *route)
{
	struct variable found = {NULL, NULL};

	if (strcmp(url->scheme, "https") != 0)
		return;
	if (proxy) {
		route->proxy = proxy;
		route->proxy_source = *proxy ? "proxy" : NULL;
		return;
	}
	if (ignore || url->loopback)
		return;
	found = first_of((const char *const[]){
		"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", NULL});
	if (!found.value)
		return;
	route->proxy = found.value;
	route->proxy_source = found.name;
	found = first_of((const char *const[]){"no_proxy", "NO_PROXY", NULL});
	if (found.value)
		route->no_proxy = found.value;
}

void bf_route_choose(const char *ca_file, const char *proxy, bool ignore_environment,
	const struct bf_url *url, struct bf_route *ret)
{
	bool ignore = ignore_environment || getauxval(AT_SECURE) != 0;

	*ret = (struct bf_route){.proxy = "", .no_proxy = ""};
	choose_certificates(ca_file, ignore, ret);
	choose_proxy(proxy, ignore, url, ret);
}

#define SCHEME_CHARS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-."

/* Where the host begins: after scheme and user information; '@' and '/' may be in a password. */
static const char *authority(const char *proxy, size_t *ret_scheme_len, size_t *ret_len)
{
	size_t scheme = strspn(proxy, SCHEME_CHARS);
	const char *host = NULL, *at = NULL;

	scheme = strncmp(proxy + scheme, "://", 3) == 0 ? scheme + 3 : 0;
	host = proxy + scheme;
	at = strrchr(host, '@');
	*ret_scheme_len = scheme;
	if (at)
		host = at + 1;
	*ret_len = strcspn(host, "/?#");
	return host;
}

void bf_route_show_proxy(const struct bf_route *route, char *dst, size_t size)
{
	BF_AUTO_SECRET struct bf_secret shown = BF_SECRET_INIT;
	size_t scheme_len = 0, len = 0;
	const char *host = authority(route->proxy, &scheme_len, &len);

	bf_secret_put(&shown, route->proxy, scheme_len);
	bf_secret_put(&shown, host, len);
	bf_show(dst, size, bf_secret_reveal(&shown), shown.failed ? 0 : shown.len);
}

bool bf_route_names_proxy(const struct bf_route *route, const char *text)
{
	size_t scheme_len = 0, len = 0;
	const char *host = authority(route->proxy, &scheme_len, &len);

	if (*host == '[')
		len = strcspn(++host, "]"); /* libcurl names an IPv6 address without brackets */
	else
		len = strcspn(host, ":/?#");
	return len > 0 && memmem(text, strlen(text), host, len) != NULL;
}

static const char *store(const struct bf_route *route)
{
	return route->ca_file ? route->ca_file : route->ca_dir;
}

enum bfabric_status bf_route_fail_store(const struct bf_route *route, struct bfabric_error *err)
{
	if (!store(route))
		return bf_fail(err, BFABRIC_BAD_CONFIG, "cannot use this system's certificates");
	return bf_fail(err, BFABRIC_BAD_CONFIG,
		"cannot use the certificates in %s (from %s): missing, unreadable or not PEM",
		store(route), route->ca_source);
}

/*
 * What to do comes last and must not be cut off. A person who trusts the server names its
 * authority; for the one who does not, the reason is enough.
 */
enum bfabric_status bf_route_fail_trust(const struct bf_route *route, const char *host,
	const char *reason, struct bfabric_error *err)
{
	if (!store(route))
		return bf_fail(err, BFABRIC_BAD_CONFIG,
			"the certificate of %.100s is not trusted by this system: %.100s; if it is "
			"the right server, name its authority's certificate in 'libbfabric: "
			"ca_file' of the environment, or before a first login in SSL_CERT_FILE",
			host, reason);
	return bf_fail(err, BFABRIC_BAD_CONFIG,
		"the certificate of %.80s is not trusted by %.140s (from %s): %.90s; if it is the "
		"right server, add its authority's certificate there or name another file in "
		"'libbfabric: ca_file'",
		host, store(route), route->ca_source, reason);
}

enum bfabric_status bf_route_fail_proxy(const struct bf_route *route, enum bfabric_status status,
	const char *host, const char *reason, struct bfabric_error *err)
{
	char proxy[200];

	bf_route_show_proxy(route, proxy, sizeof(proxy));
	return bf_fail(err, status, "cannot reach %s through the proxy %s (from %s): %s", host,
		proxy, route->proxy_source, reason);
}
