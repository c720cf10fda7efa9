/*
 * webapp.h - the inside of registering a web application (bfabric.h), for who keeps the secrets of
 * its client in another way: the application is checked first, the client is registered by the
 * caller, the application is saved.
 */
#ifndef BF_WEBAPP_H
#define BF_WEBAPP_H

#include "api.h"

/*
 * Everything that can be known before something is registered: the service takes such a record, and
 * the application that is to be changed is there. Errors as bfabric_save; BAD_CALL: it is not
 * there.
 */
BF_MUST_USE enum bfabric_status bf_webapp_check(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline, struct bfabric_error *err);

/*
 * Save the application of the OAuth client with this number; *ret is the record, owned. The text of
 * a failure says that there is a client now and what finishes the application.
 */
BF_MUST_USE enum bfabric_status bf_webapp_save(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, const char *client_id, int64_t number,
	int64_t deadline, json_t **ret, struct bfabric_error *err);

#endif
