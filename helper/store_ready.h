/*
 * store_ready.h - the store of an environment (store.h) and its person: unlocked before anything is
 * asked of them, and told what it means that their secrets lie there.
 */
#ifndef BF_STORE_READY_H
#define BF_STORE_READY_H

#include "../libbfabric/local/store.h"
#include "terminal.h"

/*
 * Can secrets be kept there? One that is locked is unlocked by the person at the terminal or
 * display, who is told so first and has a minute; with nobody there, and where it does not help,
 * STORE_UNAVAILABLE. OK for files.
 */
BF_MUST_USE enum bfabric_status bf_store_make_ready(const struct bf_store *store,
	const struct bf_terminal *terminal, struct bfabric_error *err);

/* The same without a look first, and whether somebody seems to be there or not. */
BF_MUST_USE enum bfabric_status bf_store_ask_to_unlock(
	const struct bf_store *store, struct bfabric_error *err);

/*
 * Does it hold what its environment logs in with, or does the configuration? It is asked, for two
 * seconds at most; fails as bf_store_get.
 */
BF_MUST_USE enum bfabric_status bf_store_holds(const struct bf_environment *environment,
	const struct bf_store *store, bool *ret_holds, struct bfabric_error *err);

/* A paragraph on what bfabricPy does beside a store that it does not know; nothing for files. */
void bf_store_put_remark(
	const struct bf_store *store, enum bfabric_auth_method method, struct bf_secret *out);

/*
 * Secrets went from `old` to `now`: erase what `old` has, unless they are the same place. Where
 * that is not possible, a line in `told` says so.
 */
void bf_store_leave(const struct bf_store *old, const struct bf_store *now, struct bf_secret *told);

#endif
