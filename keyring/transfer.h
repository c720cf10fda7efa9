/*
 * transfer.h - secrets as they travel over the bus: encrypted with a key that only the service and
 * we know (Secret Service API, "Transfer of Secrets"), so that who watches the bus learns nothing.
 *
 * This is what we have libsecret for: key agreement, cipher, and memory that is not swapped out.
 * Everything else of it asks the person as it sees fit, and waits for the answer; we call the
 * service ourselves.
 */
#ifndef BF_TRANSFER_H
#define BF_TRANSFER_H

#include "bus.h"

struct bf_transfer {
	void *service; /* libsecret's */
};

#define BF_TRANSFER_INIT                                                                           \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_TRANSFER BF_CLEANUP(bf_transfer_release)
void bf_transfer_release(struct bf_transfer *transfer);

BF_MUST_USE enum bf_outcome bf_transfer_open(
	const struct bf_bus *bus, struct bf_transfer *ret_transfer, struct bf_answer *answer);

/* How secrets are encrypted; "plain": not at all, because the service cannot. Borrowed. */
const char *bf_transfer_algorithms(const struct bf_transfer *transfer);
/* The object path of the session. Borrowed. */
const char *bf_transfer_path(const struct bf_transfer *transfer);

/* (oayays), floating: the text as content type text/plain. */
GVariant *bf_transfer_seal(const struct bf_transfer *transfer, const char *text);
/* The bytes of an (oayays), appended. */
BF_MUST_USE enum bf_outcome bf_transfer_unseal(const struct bf_transfer *transfer, GVariant *sealed,
	struct bf_secret *ret_bytes, struct bf_answer *answer);

#endif
