#include "doctor.h"
#include "../libbfabric/base/sys.h"
#include "../libbfabric/net/http.h"
#include "../libbfabric/net/route.h"
#include "../libbfabric/oauth/discovery.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CERTIFICATE_S (14 * 86400)
#define SKEW_WARNING  30  /* seconds */
#define SKEW_ERROR    300 /* here a token counts as one of the future */

static void check_proxy(struct bf_doctor *d)
{
	struct bf_route route = {0};
	char shown[300];

	bf_route_choose(d->environment.ca_file, d->environment.proxy, d->no_variables,
		&d->environment.url, &route);
	if (!route.proxy_source) {
		bf_found(d, BF_FOUND_OK, NULL, "none is used");
		return;
	}
	bf_route_show_proxy(&route, shown, sizeof(shown));
	bf_found(d, BF_FOUND_OK, NULL, "%s, from %s%s%s", shown, route.proxy_source,
		*route.no_proxy ? "; direct: " : "", route.no_proxy);
}

static void check_authorities(struct bf_doctor *d)
{
	struct bf_route route = {0};
	const char *path = NULL;

	bf_route_choose(d->environment.ca_file, d->environment.proxy, d->no_variables,
		&d->environment.url, &route);
	path = route.ca_file ? route.ca_file : route.ca_dir;
	if (!path)
		bf_found(d, BF_FOUND_OK, NULL, "the system's");
	else if (route.ca_file && access(path, R_OK) != 0)
		bf_found(d, BF_FOUND_ERROR, "name a file with certificates (PEM), or none",
			"%s, from %s: %m", path, route.ca_source);
	else
		bf_found(d, BF_FOUND_OK, NULL, "%s, from %s", path, route.ca_source);
}

static void tell_chain(struct bf_doctor *d, const struct bf_reply *reply)
{
	const int64_t now = bf_wall(&bf_sys_real);

	d->check = "certificate";
	if (strcmp(d->environment.url.scheme, "http") == 0)
		bf_found(d, BF_FOUND_OK, NULL, "none: http to this machine itself");
	for (size_t i = 0; i < reply->chain_count; i++) {
		const struct bf_certificate *one = &reply->chain[i];
		int64_t left = one->not_after - now;
		bool soon = one->not_after && left < CERTIFICATE_S;

		bf_found(d, soon ? BF_FOUND_WARNING : BF_FOUND_OK,
			soon ? "tell the server's administrators" : NULL,
			"%s; issued by %s; %" PRId64 " days left", one->subject, one->issuer,
			one->not_after ? left / 86400 : 0);
	}
}

static void tell_clock(struct bf_doctor *d, const struct bf_reply *reply)
{
	int64_t skew = bf_wall(&bf_sys_real) - reply->date;
	int64_t size = skew < 0 ? -skew : skew;

	d->check = "clock";
	if (!reply->date)
		bf_found(d, BF_FOUND_OK, NULL, "the server does not say what time it is");
	else if (size <= SKEW_WARNING)
		bf_found(d, BF_FOUND_OK, NULL, "agrees with the server's");
	else
		bf_found(d, size > SKEW_ERROR ? BF_FOUND_ERROR : BF_FOUND_WARNING,
			"set this machine's clock: timedatectl set-ntp true",
			"%" PRId64 " seconds %s the server's", size,
			skew < 0 ? "behind" : "ahead of");
}

static void tell_discovery(struct bf_doctor *d, const struct bf_reply *reply)
{
	BF_AUTO_ENDPOINTS struct bf_endpoints endpoints = {0};
	struct bfabric_error err = {0};
	bool found = false;
	enum bfabric_status status =
		bf_discovery_accept(&d->environment.url, reply, &found, &endpoints, &err);

	d->check = "discovery";
	if (status == BFABRIC_RETRY_LATER)
		bf_found(d, BF_FOUND_ERROR, "try again in a few minutes", "%s", err.text);
	else if (status != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR,
			"check base_url; if it is right, tell the server's administrators: no "
			"login is possible like this",
			"%s", err.text);
	else if (!found)
		bf_found(d, BF_FOUND_WARNING,
			"check base_url; during a redeploy wait a few minutes",
			"HTTP %ld, no document: B-Fabric's usual addresses are used",
			reply->status);
	else
		bf_found(d, BF_FOUND_OK, NULL, "HTTP %ld, all addresses on the server itself%s",
			reply->status, endpoints.can_revoke ? "" : "; it cannot revoke tokens");
}

static const char *advice_for(enum bfabric_status status)
{
	return status == BFABRIC_BAD_CONFIG
		       ? "if a lab's own authority signed it, name its certificate in ca_file"
		       : "check the network, the name in base_url, VPN and proxy";
}

static void http_freep(struct bf_http **http)
{
	bf_http_free(*http);
}

static void check_reach(struct bf_doctor *d)
{
	const struct bf_environment *env = &d->environment;
	struct bf_http_options options = {.ca_file = env->ca_file,
		.proxy = env->proxy,
		.ignore_environment = d->no_variables};
	BF_CLEANUP(http_freep) struct bf_http *http = NULL;
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	struct bf_transport transport;
	struct bfabric_error err = {0};
	bool sent = false;
	enum bfabric_status status = bf_http_new(&options, &http, &err);

	if (status == BFABRIC_OK)
		status = bf_discovery_build(&env->url, &request, &err);
	if (status == BFABRIC_OK) {
		request.deadline = d->deadline;
		request.wants_chain = true;
		transport = bf_http_transport(http);
		status = transport.perform(transport.data, &request, &reply, &sent, &err);
	}
	if (status != BFABRIC_OK) {
		bf_found(d, BF_FOUND_ERROR, advice_for(status), "%s", err.text);
		return;
	}
	bf_found(d, BF_FOUND_OK, NULL, "%s answers", env->url.host);
	tell_chain(d, &reply);
	tell_discovery(d, &reply);
	tell_clock(d, &reply);
}

const struct bf_check bf_checks_server[] = {
	{.name = "proxy", .run = check_proxy, .needs_environment = true},
	{.name = "certificate authorities", .run = check_authorities, .needs_environment = true},
	/* also certificate, discovery, clock: one request tells them all */
	{.name = "reachable", .run = check_reach, .network = true, .needs_environment = true},
	{.name = NULL},
};
