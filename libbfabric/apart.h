/*
 * apart.h - the refresh token of a login whose environment has a store of its own (store.h).
 *
 * Session record and cache have none then, so every refresh reads it there and writes its successor
 * there; whatever else the document holds is kept. All but bf_apart_ready is called with the lock
 * of the login held, so that nobody else changes the document between reading and writing, and asks
 * nobody anything.
 */
#ifndef BF_APART_H
#define BF_APART_H

#include "policy.h"

/* Does this session's refresh token lie in a store of its own? */
bool bf_session_apart(const struct bfabric_session *s);

/*
 * With the lock of the login held: is the session's store still that of its environment? One that
 * was opened before the login moved (store_move.h) would put it back, into a place that is about to
 * be emptied. BAD_CONFIG: it is not; a session that is opened now knows better.
 */
BF_MUST_USE enum bfabric_status bf_apart_current(
	const struct bfabric_session *s, struct bfabric_error *err);

/*
 * Before a person is sent through a login: could it be kept there? One that is locked is unlocked
 * by them, after ui->notice said so; without that function, and where it does not help,
 * STORE_UNAVAILABLE. Without the lock of the login.
 */
BF_MUST_USE enum bfabric_status bf_apart_ready(struct bfabric_session *s,
	const struct bfabric_ui *ui, int64_t deadline, struct bfabric_error *err);

/* Is the refresh token to be had from the store: not here, not known as spent? */
bool bf_apart_expected(const struct bfabric_session *s, const struct bf_record *record);

/*
 * If so, the refresh token into record->token. One that the record does not know (another program
 * put it there, or our own record was lost) is taken unless it is spent. *ret_client_secret (NULL:
 * nobody wants it) is the client's, if it lies there too. STORE_UNAVAILABLE: no answer, or it is
 * gone from there.
 */
BF_MUST_USE enum bfabric_status bf_apart_fetch(const struct bfabric_session *s,
	struct bf_record *record, struct bf_secret *ret_client_secret, struct bfabric_error *err);

/* record->token.refresh into the store, unless it lies there already. Nobody can cancel it. */
BF_MUST_USE enum bfabric_status bf_apart_put(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err);

/*
 * The same for one that was found in the files. It does not replace its own successor, which was
 * saved when we were cut off, but becomes that; one that is spent goes nowhere.
 */
BF_MUST_USE enum bfabric_status bf_apart_move(
	struct bfabric_session *s, struct bf_record *record, struct bfabric_error *err);

/*
 * The whole document before a login replaces the refresh token in it, and back again where that
 * login could not be saved after all. Best effort: `ret` stays empty without an answer.
 */
void bf_apart_remember(const struct bfabric_session *s, struct bf_stored *ret, bool *ret_known);
void bf_apart_put_back(const struct bfabric_session *s, const struct bf_stored *before);

/* What a logout has to revoke: empty if there is none. */
BF_MUST_USE enum bfabric_status bf_apart_peek(
	struct bfabric_session *s, struct bf_secret *ret_refresh, struct bfabric_error *err);

/* Take the refresh token out of the store; `all`: the whole document. Nobody can cancel it. */
BF_MUST_USE enum bfabric_status bf_apart_drop(
	struct bfabric_session *s, bool all, struct bfabric_error *err);

#endif
