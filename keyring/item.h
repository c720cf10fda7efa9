/*
 * item.h - one item of the secret service: its attributes, reading and writing its secret.
 *
 * Ours has the attributes
 *
 *	xdg:schema=org.freedesktop.Secret.Generic
 *	service=bfabric         username=ENVIRONMENT        so that Python's `keyring get` finds it
 *	base_url=URL            client_id=ID                the latter only where there is one
 *
 * and git's, as git-credential-libsecret gives them,
 *
 *	xdg:schema=org.git.Password
 *	protocol, server        user, port, object          where there are such
 *
 * A service may add attributes of its own (KeePassXC does): they are compared as a subset.
 */
#ifndef BF_ITEM_H
#define BF_ITEM_H

#include "bus.h"
#include "request.h"
#include "transfer.h"

struct bf_item {
	char *path;
	char *user;       /* git's attribute; NULL: none */
	uint64_t changed; /* Unix seconds */
	bool exact;       /* has the attributes that we would give it, and perhaps more */
	size_t further;   /* attributes besides ours */
};

/* NOT_FOUND, LOCKED: it was deleted or locked meanwhile. Of these, only OK changes *ret_secret. */
BF_MUST_USE enum bf_outcome bf_item_read(const struct bf_bus *bus,
	const struct bf_transfer *transfer, const struct bf_item *item,
	struct bf_secret *ret_secret, struct bf_answer *answer);
BF_MUST_USE enum bf_outcome bf_item_write(const struct bf_bus *bus,
	const struct bf_transfer *transfer, const struct bf_item *item, const char *secret,
	struct bf_answer *answer);

/* A new one in a collection; *ret_path is to be freed with g_free. */
BF_MUST_USE enum bf_outcome bf_item_create(const struct bf_bus *bus,
	const struct bf_transfer *transfer, const char *collection,
	const struct bf_request *request, const char *secret, char **ret_path,
	struct bf_answer *answer);

/* OK also when it is gone already. */
BF_MUST_USE enum bf_outcome bf_item_delete(
	const struct bf_bus *bus, const char *path, struct bf_answer *answer);

#endif
