/*
 * instance.h - the B-Fabric servers that have a short name, and the name of an environment for one
 * that has none.
 */
#ifndef BF_INSTANCE_H
#define BF_INSTANCE_H

#include "../libbfabric/base/url.h"

/*
 * What a person typed as BASE_URL: a URL as it is; a known name ("fgcz-prod") or the bare host of a
 * known instance becomes its URL. BAD_CALL for anything else, naming the known ones.
 */
BF_MUST_USE enum bfabric_status bf_instance_url(
	const char *typed, struct bf_url *ret, struct bfabric_error *err);

/* URL of a known name, NULL if it is none. A constant string. */
const char *bf_instance_known(const char *name);

/*
 * The name that an environment for this URL gets: the known one, else the host (and a port that is
 * not the default one) with every character but letters and digits replaced by '-'. Owned string.
 */
BF_MUST_USE enum bfabric_status bf_instance_name(
	const struct bf_url *url, char **ret_name, struct bfabric_error *err);

/* Is the port the scheme's own (80, 443)? */
bool bf_default_port(const struct bf_url *url);

/* scheme://host[:port], as git writes it in `credential.<url>`. Owned string. */
BF_MUST_USE enum bfabric_status bf_origin(
	const struct bf_url *url, char **ret_origin, struct bfabric_error *err);

#endif
