/*
 * store_private.h - what the parts of a store share: which kinds there are (store.c), how a program
 * is asked (store_exec.c), what its answer means (store_reply.c), and whether it may be run at all
 * (store_program.c).
 */
#ifndef BF_STORE_PRIVATE_H
#define BF_STORE_PRIVATE_H

#include "../base/child.h"
#include "store.h"

/* The two kinds that are a program. */
extern const struct bf_store_type bf_store_keyring;
extern const struct bf_store_type bf_store_helper;

/*
 * It is an executable file, of root or us, and nobody else can change it or put another one in its
 * place: not the file, not the link to it, not a folder above. STORE_UNAVAILABLE: the path, what is
 * wrong, and what to do.
 */
BF_MUST_USE enum bfabric_status bf_store_check_program(
	const struct bf_store *store, struct bfabric_error *err);

/* ---- the answer ------------------------------------------------------------------------------ */

enum bf_store_verdict {
	BF_STORE_SAYS_OK,
	BF_STORE_SAYS_NOT_FOUND,
	BF_STORE_SAYS_LOCKED,
	BF_STORE_SAYS_NO_SERVICE,
	BF_STORE_SAYS_DENIED,
	BF_STORE_SAYS_TIMEOUT,
	BF_STORE_SAYS_ERROR,
	BF_STORE_SAYS_NOTHING, /* it did not tell, and how it ended is not known either */
};

#define BF_STORE_MESSAGE_SIZE 200

struct bf_store_reply {
	enum bf_store_verdict verdict;
	struct bf_secret password;           /* empty: none was sent */
	char message[BF_STORE_MESSAGE_SIZE]; /* fit to be shown; "": none */
};

void bf_store_reply_release(struct bf_store_reply *reply);
#define BF_AUTO_STORE_REPLY BF_CLEANUP(bf_store_reply_release)

/*
 * What a program printed and how it ended. `tells`: it is ours, which always says `status=`; of
 * others an exit code that is not 0 is an error. BAD_REPLY: this is not the format of credential
 * helpers.
 */
BF_MUST_USE enum bfabric_status bf_store_reply_parse(const struct bf_secret *output,
	const struct bf_child_end *end, bool tells, struct bf_store_reply *ret,
	struct bfabric_error *err);

#endif
