#include "instance.h"
#include "nearest.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct instance {
	const char *name, *host, *url;
} instances[] = {
	{"fgcz-prod", "fgcz-bfabric.uzh.ch", "https://fgcz-bfabric.uzh.ch/bfabric"},
	{"fgcz-test", "fgcz-bfabric-test.uzh.ch", "https://fgcz-bfabric-test.uzh.ch/bfabric"},
	{"fgcz-demo", "fgcz-bfabric-demo.uzh.ch", "https://fgcz-bfabric-demo.uzh.ch/bfabric"},
	{"trace", "trace.fgcz.uzh.ch", "https://trace.fgcz.uzh.ch/bfabric"},
};
#define INSTANCES (sizeof(instances) / sizeof(instances[0]))

const char *bf_instance_known(const char *name)
{
	for (size_t i = 0; i < INSTANCES; i++)
		if (strcmp(instances[i].name, name) == 0)
			return instances[i].url;
	return NULL;
}

static enum bfabric_status fail_unknown(const char *typed, struct bfabric_error *err)
{
	struct bf_nearest nearest = BF_NEAREST_INIT(typed, strlen(typed));

	for (size_t i = 0; i < INSTANCES; i++) {
		bf_nearest_try(&nearest, instances[i].name);
		bf_nearest_try(&nearest, instances[i].host);
	}
	return bf_fail(err, BFABRIC_BAD_CALL,
		"\"%.100s\" is no URL (https://HOST/bfabric) and none of the known "
		"instances: fgcz-prod, fgcz-test, fgcz-demo, trace%s%s%s",
		typed, nearest.best ? "; did you mean " : "", nearest.best ? nearest.best : "",
		nearest.best ? "?" : "");
}

enum bfabric_status bf_instance_url(
	const char *typed, struct bf_url *ret, struct bfabric_error *err)
{
	const char *url = strstr(typed, "://") ? typed : bf_instance_known(typed);

	for (size_t i = 0; i < INSTANCES && !url; i++)
		if (strcasecmp(instances[i].host, typed) == 0)
			url = instances[i].url;
	if (!url)
		return fail_unknown(typed, err);
	if (bf_url_parse(url, ret, err) != BFABRIC_OK)
		return bf_fail_context(err, BFABRIC_BAD_CALL, "%.100s", url);
	return BFABRIC_OK;
}

bool bf_default_port(const struct bf_url *url)
{
	return url->port == (strcmp(url->scheme, "https") == 0 ? 443 : 80);
}

enum bfabric_status bf_instance_name(
	const struct bf_url *url, char **ret_name, struct bfabric_error *err)
{
	char port[16] = "";
	char *name = NULL;

	for (size_t i = 0; i < INSTANCES; i++)
		if (strcmp(instances[i].url, url->text) == 0)
			name = strdup(instances[i].name);
	if (!name) {
		size_t start = strspn(url->host, "[:"), len = strcspn(url->host + start, "]");

		if (!bf_default_port(url))
			snprintf(port, sizeof(port), "-%u", url->port);
		if (asprintf(&name, "%.*s%s", (int)len, url->host + start, port) < 0)
			return bf_fail_nomem(err);
	}
	if (!name)
		return bf_fail_nomem(err);
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c))
			*c = '-';
	*ret_name = name;
	return BFABRIC_OK;
}

enum bfabric_status bf_origin(
	const struct bf_url *url, char **ret_origin, struct bfabric_error *err)
{
	char port[16] = "";

	if (!bf_default_port(url))
		snprintf(port, sizeof(port), ":%u", url->port);
	if (asprintf(ret_origin, "%s://%s%s", url->scheme, url->host, port) < 0) {
		*ret_origin = NULL;
		return bf_fail_nomem(err);
	}
	return BFABRIC_OK;
}
