/*
 * status_store.h - what `auth status` says about the store that an environment's secrets are in.
 */
#ifndef BF_STATUS_STORE_H
#define BF_STATUS_STORE_H

#include "../libbfabric/local/store.h"

struct bfabric_session_status;

/* What the store answered; `asked` false: nobody asked, or the secrets are in files. */
struct bf_status_store {
	bool asked;
	enum bf_store_state state;
	bool lacks;        /* READY, and it has nothing to log in with */
	char message[512]; /* what is wrong; "": nothing */
};

/* Ask it, for two seconds at most; nothing for files. */
void bf_status_ask_store(const struct bf_environment *environment,
	const struct bfabric_session_status *status, struct bf_status_store *ret);

/*
 * STORE_UNAVAILABLE: a token could only be had with what is in the store, and that cannot be used
 * now, or is gone. A token that is still good needs no store. NOT_LOGGED_IN: what never is anywhere
 * else is not there.
 */
BF_MUST_USE enum bfabric_status bf_status_require_store(const struct bfabric_session_status *status,
	const struct bf_status_store *store, struct bfabric_error *err);

/* "ready", "locked", "unavailable"; a constant. NULL: nobody asked. */
const char *bf_status_store_name(const struct bf_status_store *store);

/* Where the long-lived secret lies, in words: "the keyring (locked)". False: there is none. */
bool bf_status_store_words(const struct bfabric_session_status *status,
	const struct bf_status_store *store, char *buf, size_t size);

/* What bfabricPy does beside it; NULL: nothing to say. */
const char *bf_status_store_remark(const struct bfabric_session_status *status);

#endif
