/*
 * document.h - the secrets that an environment keeps in a store of its own (store.h) and that no
 * refresh replaces: personal access token, client secret, registration token. (The refresh token in
 * the same document is apart.h's.)
 *
 * Opened, a document is locked as its environment's login is, so that nothing that a refresh writes
 * at the same time is lost:
 *
 *	BF_AUTO_DOCUMENT struct bf_document document = BF_DOCUMENT_INIT;
 *	status = bf_document_open(env, NULL, &with, &document, err);
 *	if (status == BFABRIC_OK)
 *		(change document.stored)
 *	if (status == BFABRIC_OK)
 *		status = bf_document_save(&document, err);
 */
#ifndef BF_DOCUMENT_H
#define BF_DOCUMENT_H

#include "base/lock.h"
#include "local/store.h"

/* What a call has of the world around it. Borrowed. */
struct bf_document_call {
	const struct bf_sys *sys;
	const struct bfabric_cancel *cancel; /* NULL: nobody can */
	int64_t deadline; /* CLOCK_BOOTTIME ms, for the lock; 0: as long as a refresh may take */
};

struct bf_document {
	struct bf_store store;
	struct bf_lock lock;
	struct bf_stored stored;
	bool found; /* there was one */
};

#define BF_DOCUMENT_INIT                                                                           \
	{                                                                                          \
		.lock = BF_LOCK_INIT                                                               \
	}
#define BF_AUTO_DOCUMENT BF_CLEANUP(bf_document_release)
void bf_document_release(struct bf_document *document);

/*
 * Take the lock, where the environment has one, and read the document. `store` as in bf_store_open.
 * With store `file` there is nothing to open: bf_store_apart(&ret->store) is false, and there is no
 * document to be saved.
 */
BF_MUST_USE enum bfabric_status bf_document_open(const struct bf_environment *environment,
	const char *store, const struct bf_document_call *call, struct bf_document *ret,
	struct bfabric_error *err);

BF_MUST_USE enum bfabric_status bf_document_save(
	struct bf_document *document, struct bfabric_error *err);

/* Replace a secret of it; NULL or empty: there is none from now on. */
BF_MUST_USE enum bfabric_status bf_document_set(
	struct bf_secret *secret, const struct bf_secret *value, struct bfabric_error *err);

/* What the configuration says of an environment's store. */
enum bf_document_use { BF_DOCUMENT_USED, BF_DOCUMENT_NOT_USED, BF_DOCUMENT_UNKNOWN };

/*
 * Is this store the one that the configuration names for its environment? For those whose change of
 * the configuration failed: it may be in place all the same.
 */
enum bf_document_use bf_document_used(
	const char *config_file, const char *environment, const char *store);

/*
 * Fill in what the environment's document holds and the configuration does not, as if it was
 * written there. Not the client secret where there is a client_secret_file.
 */
BF_MUST_USE enum bfabric_status bf_document_fill(struct bf_environment *environment,
	const struct bf_document_call *call, struct bfabric_error *err);

#endif
