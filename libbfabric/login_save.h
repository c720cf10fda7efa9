/*
 * login_save.h - what every login flow shares: the check beforehand and the saving afterwards.
 */
#ifndef BF_LOGIN_SAVE_H
#define BF_LOGIN_SAVE_H

#include "login.h"
#include "policy.h"

/* What a flow brought; borrowed. */
struct bf_login_grant {
	json_t *reply;                   /* of the token endpoint, accepted by bf_token_accept */
	const char *token_endpoint;      /* where refreshes go */
	const char *revocation_endpoint; /* NULL: the server names none */
	enum bf_client_auth client_auth;
	const char *session; /* record.h; NULL: of no session of the machine */
};

/*
 * Could a login be saved now? Checked before a person is asked for anything: method, store (which
 * they may unlock, see apart.h), home, folder, lock, space, a record that a newer version wrote.
 * For the lock it waits at most BF_LOCK_MS, and not past the deadline (CLOCK_BOOTTIME ms; 0: none).
 */
BF_MUST_USE enum bfabric_status bf_login_prepare(struct bfabric_session *session,
	const struct bfabric_ui *ui, int64_t deadline, struct bfabric_error *err);

/* The record of a new login; what it replaces is remembered as spent. Takes `token` over. */
BF_MUST_USE enum bfabric_status bf_login_record(struct bfabric_session *session,
	struct bf_record *record, const struct bf_login_grant *grant, struct bf_token *token,
	struct bfabric_error *err);

/* As bf_login_save; but what is not kept is the caller's to give back. */
BF_MUST_USE enum bfabric_status bf_login_keep(struct bfabric_session *session,
	const struct bfabric_ui *ui, const struct bf_login_grant *grant,
	struct bf_login_result *ret, struct bfabric_error *err);

/* Of a record: subject, scope and expiry, as a result. */
BF_MUST_USE enum bfabric_status bf_login_describe(
	const struct bf_record *record, struct bf_login_result *ret, struct bfabric_error *err);

/*
 * Confirms another subject with the person, then writes record and cache. A login that is not kept
 * is given back (login_undo.h), and the error says whether that worked.
 */
BF_MUST_USE enum bfabric_status bf_login_save(struct bfabric_session *session,
	const struct bfabric_ui *ui, const struct bf_login_grant *grant,
	struct bf_login_result *ret, struct bfabric_error *err);

#endif
