/*
 * policy.h - the inside of a session, shared by the files that make up the one policy:
 *
 *   session.c   the object and the public calls
 *   memory.c    the token in memory
 *   policy.c    who answers: cache, a sibling that is just refreshing, or this call itself
 *   state.c     what lies on disk under the lock, and which refresh token is the current one
 *   renew.c     spending a refresh token (or a client secret) once, and what a verdict leads to
 *   client_auth.c who the client is to the token endpoint
 *   static_token.c  tokens that are written down and not obtained
 *   own.c       a login in memory only, without files and siblings
 *   keep.c      a new token: saving and serving it
 *   save.c      record, cache, rescue copy
 *   apart.c     the refresh token in a store of its own (apart.h)
 *   settle.c    bringing files and store in order without the network (settle.h)
 *   outcome.c   the note in the lock file
 *   login_*.c   logging in (login.h, login_flow.h, login_save.h, login_undo.h, login_wait.h)
 *   trace.c     what -v shows
 *   api*.c      the web services (api.h), which use a session from outside
 */
#ifndef BF_POLICY_H
#define BF_POLICY_H

#include <pthread.h>
#include "local/cache.h"
#include "local/record.h"
#include "local/store.h"
#include "base/concat.h"
#include "base/lock.h"
#include "oauth/grant.h"
#include "session.h"

struct bf_http;

/* Milliseconds. */
#define BF_CALL_MS 40000 /* a call without deadline */
/* Longer than a request with a store before and after it, so that waiters share its outcome. */
#define BF_LOCK_MS    38000
#define BF_REQUEST_MS 30000
#define BF_PATIENCE_MS                                                                             \
	2000               /* a valid token is served after waiting this long for a fresher one    \
			    */
#define BF_SPEND_MS   2000 /* less time than this is not enough to spend a refresh token in */
#define BF_RECHECK_MS 1000 /* the token in memory is compared with the file this often */

#define BF_RESERVE ((size_t)64 << 10) /* bytes promised on disk before a token is spent */

struct bf_memory {
	pthread_mutex_t mutex;
	struct bf_token token;
	struct bf_file_info file;
	int64_t checked_ms;
	int64_t forced_at; /* own.c: as in the record */
	bool refused;      /* own.c: the last refresh was */
	bool valid;
};

struct bfabric_session {
	struct bf_environment env;
	const char *chosen_by;
	struct bf_paths paths; /* empty for methods without a cache */
	struct bf_store store; /* `file` for a login in memory */
	const struct bf_sys *sys;
	const struct bf_transport *seam;     /* instead of libcurl; never changes */
	const struct bfabric_cancel *cancel; /* NULL: nobody can */
	struct bf_http *http;                /* made when first needed, by the holder of `policy` */
	void (*trace)(void *data, const char *text); /* NULL: nobody listens */
	void *trace_data;
	bool stays;             /* see session.h */
	bool no_programs;       /* likewise: what is for the store waits */
	pthread_mutex_t policy; /* one thread at a time waits, refreshes, logs in */
	struct bf_memory memory;
	struct bf_record *own; /* a login in memory only; NULL: it lies in files, see `paths` */
};

/* Does this method keep tokens in the cache? */
bool bf_session_cached(const struct bfabric_session *s);

/* libcurl, set up as the environment says; the caller's. */
BF_MUST_USE enum bfabric_status bf_session_open_http(
	const struct bfabric_session *s, struct bf_http **ret, struct bfabric_error *err);

/* The transport, made on first use; the caller holds `policy`. */
BF_MUST_USE enum bfabric_status bf_session_transport(
	struct bfabric_session *s, struct bf_transport *ret, struct bfabric_error *err);

/* Sleep, or CANCELLED. */
BF_MUST_USE enum bfabric_status bf_session_sleep(
	const struct bfabric_session *s, int64_t ms, struct bfabric_error *err);

/* ---- trace.c ---- */

struct bf_call;
void bf_trace(const struct bfabric_session *s, const char *fmt, ...) BF_PRINTF(2, 3);
void bf_trace_cache(const struct bf_call *call);

/* How a trace calls a refresh token: the first digits of its SHA-256, "none" for none. */
struct bf_token_name {
	char text[9];
};
struct bf_token_name bf_token_name(const struct bf_secret *refresh);
/* perform, and tell how it went. */
BF_MUST_USE enum bfabric_status bf_trace_perform(const struct bfabric_session *s,
	const struct bf_transport *transport, const struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err);
/* The same for who has to know whether it had left. */
BF_MUST_USE enum bfabric_status bf_trace_exchange(const struct bfabric_session *s,
	const struct bf_transport *transport, const struct bf_request *request,
	struct bf_reply *reply, bool *ret_sent, struct bfabric_error *err);

/* ---- memory.c ---- */

BF_MUST_USE enum bfabric_status bf_hand_out(const struct bf_secret *value, const char *scope,
	int64_t expires_at, struct bfabric_token *ret, struct bfabric_error *err);

/* True: answered, *ret_status says how. Compares with the file once a second (BF_RECHECK_MS). */
bool bf_memory_serve(struct bfabric_session *s, int64_t min_ttl, struct bfabric_token *ret,
	enum bfabric_status *ret_status, struct bfabric_error *err);
/* Keep the answer of a call if it is what the cache holds. Takes call->token over. */
void bf_memory_keep(struct bf_call *call);
void bf_session_forget(struct bfabric_session *s);

/* ---- static_token.c ---- */

#define BF_TOKEN_LOGIN "__oauth__" /* what B-Fabric's web services take as login beside a token */

/*
 * The token of a method that has no cache; `again`: also what the store has now. UNSUPPORTED: a
 * password; NOT_LOGGED_IN, STORE_UNAVAILABLE.
 */
BF_MUST_USE enum bfabric_status bf_static_token(struct bfabric_session *s, bool again,
	int64_t deadline, struct bfabric_token *ret, struct bfabric_error *err);
bool bf_password_is_token(const struct bf_environment *env);

/* ---- own.c ---- */

/* Make it a session whose login lives in memory only. */
BF_MUST_USE enum bfabric_status bf_own_begin(struct bfabric_session *s, struct bfabric_error *err);
void bf_own_end(struct bfabric_session *s);
/* What bf_call_look and bf_policy_token are for a login that lies in files. */
BF_MUST_USE enum bfabric_status bf_own_look(struct bf_call *call, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_own_token(struct bf_call *call, struct bfabric_error *err);
/* The record changed: show its token to those who look. The caller holds `policy`. */
BF_MUST_USE enum bfabric_status bf_own_publish(
	struct bfabric_session *s, struct bfabric_error *err);
void bf_own_reject(struct bfabric_session *s, const char *token);

/* Would a refresh because this token was refused go round in circles? `forced_at`: the last one. */
bool bf_reject_too_soon(const struct bf_token *token, int64_t forced_at, int64_t now);

/* ---- outcome.c ---- */

/* The note in the lock file: {"seq":7,"time":...,"status":"RETRY_LATER","text":"..."} */

struct bf_outcome {
	int64_t seq; /* grows with every outcome; 0: none yet */
	enum bfabric_status status;
	char text[512];
};

/* A note that is missing or damaged reads as seq 0. */
void bf_outcome_read(const struct bf_lock *lock, struct bf_outcome *ret);
/* The same for a lock that was not opened yet. */
void bf_outcome_peek(const struct bf_paths *paths, struct bf_outcome *ret);
/* Best effort: siblings who miss it ask for themselves. `err` is read when status is not OK. */
void bf_outcome_write(struct bf_lock *lock, const struct bf_sys *sys, enum bfabric_status status,
	const struct bfabric_error *err);

/* ---- policy.c ---- */

/* One call for a token. */
struct bf_call {
	struct bfabric_session *s;
	int64_t min_ttl;
	bool force;
	int64_t deadline;
	char seen[BF_SHA256_HEX]; /* of the access token in the cache when the call began; "" none
				   */
	int64_t seq;              /* of the outcome when the call began */
	struct bf_token cached;   /* the cache when last read; valid if `found` */
	struct bf_file_info file;
	bool found, rejected;
	struct bfabric_error damage; /* why the cache could not be read; status OK: it could */
	struct bf_token token;       /* the answer */
	char *warning;               /* owned */
};

void bf_call_release(struct bf_call *call);
#define BF_AUTO_CALL BF_CLEANUP(bf_call_release)

/* Runs the policy; on OK call->token is the answer. The caller holds s->policy. */
BF_MUST_USE enum bfabric_status bf_policy_token(struct bf_call *call, struct bfabric_error *err);

/* Note what the cache says before anything waits: what "since this call began" compares with. */
BF_MUST_USE enum bfabric_status bf_call_begin(struct bf_call *call, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_call_look(struct bf_call *call, struct bfabric_error *err);

/* May this token answer: fresh (or obtained since the call began and unexpired), and not refused?
 */
bool bf_call_accepts(const struct bf_call *call, const struct bf_token *token);
/* Is the cache's token at least not expired and not refused? */
bool bf_call_can_fall_back(const struct bf_call *call);

BF_MUST_USE enum bfabric_status bf_call_serve(
	struct bf_call *call, const struct bf_token *token, struct bfabric_error *err);
/* Trouble: the cache's token with a warning if it still can be used, else the trouble itself. */
BF_MUST_USE enum bfabric_status bf_call_fall_back(
	struct bf_call *call, enum bfabric_status status, struct bfabric_error *err);
/*
 * The same while holding the lock. What the store says is true for those who wait, too: one after
 * the other would wait for it as long as this call did.
 */
BF_MUST_USE enum bfabric_status bf_call_fall_back_all(struct bf_call *call, struct bf_lock *lock,
	enum bfabric_status status, struct bfabric_error *err);
void bf_call_warn(struct bf_call *call, const char *fmt, ...) BF_PRINTF(2, 3);

/* Check the home, make ~/.bfabric/tokens, open the lock. */
BF_MUST_USE enum bfabric_status bf_session_open_lock(
	struct bfabric_session *s, struct bf_lock *lock, struct bfabric_error *err);
/* Take the lock, waiting until `deadline` at most: for login and reject. */
BF_MUST_USE enum bfabric_status bf_session_lock(struct bfabric_session *s, struct bf_lock *lock,
	int64_t deadline, struct bfabric_error *err);
/* The same for one that is open, wherever it lies. LOCK_TIMEOUT, CANCELLED. */
BF_MUST_USE enum bfabric_status bf_session_await_lock(const struct bfabric_session *s,
	struct bf_lock *lock, int64_t deadline, struct bfabric_error *err);

/* ---- state.c ---- */

/* What is true under the lock. */
struct bf_state {
	struct bf_record record;
	bool rescued; /* the record is a rescue copy: it still has to be saved */
	bool learned; /* it knows of a token that was replaced, and the file does not yet */
};

#define BF_STATE_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_STATE BF_CLEANUP(bf_state_release)
void bf_state_release(struct bf_state *state);

/*
 * Record, or the rescue copy that continues it or waits to replace it (login_wait.h). A damaged
 * record counts as none.
 */
BF_MUST_USE enum bfabric_status bf_state_load(
	const struct bfabric_session *s, struct bf_state *ret, struct bfabric_error *err);

/*
 * Bring cache and record together: state->record.token becomes the current token.
 * NOT_LOGGED_IN: there is none. *ret_restore says that the cache is behind and should be written.
 */
BF_MUST_USE enum bfabric_status bf_state_reconcile(
	struct bf_call *call, struct bf_state *state, bool *ret_restore, struct bfabric_error *err);

/* bf_call_look, told in the trace: what the cache says directly before a token is sent. */
BF_MUST_USE enum bfabric_status bf_state_look_last(struct bf_call *call);

/*
 * The last look before a token is spent: did the cache change so that this would be wrong or
 * needless (a login, a refresh or a logout by bfabricPy)? Then reconcile again. A token that is
 * known to be spent does not count. Nothing stands between this look and the request but the
 * connection.
 */
bool bf_state_overtaken(struct bf_call *call, const struct bf_state *state);

/*
 * With the lock held, the cache's token answers: if it is one that bfabricPy put there, remember
 * that, so that the token it replaced is known as spent when it is written back. Best effort.
 */
void bf_state_note(struct bf_call *call);

/* Save what was learned while no new token was; best effort. */
void bf_state_keep(const struct bf_call *call, struct bf_state *state);

/*
 * The current token into the cache, a rescue copy into the record, and a refresh token that should
 * lie in the store into that (before it is taken out of the files); from then on the current
 * token is what the call falls back to, also when saving fails.
 */
BF_MUST_USE enum bfabric_status bf_state_mend(
	struct bf_call *call, struct bf_state *state, struct bfabric_error *err);

/* A new login id: 16 random bytes in hexadecimal, owned. */
BF_MUST_USE enum bfabric_status bf_new_login_id(
	const struct bf_sys *sys, char **ret, struct bfabric_error *err);

/* ---- save.c ---- */

/* The promise that record and cache can be written. */
struct bf_save {
	struct bf_slot record, cache;
	bool apart; /* both are written without the refresh token, which lies in the store */
};

#define BF_SAVE_INIT                                                                               \
	{                                                                                          \
		.record = BF_SLOT_INIT, .cache = BF_SLOT_INIT                                      \
	}
#define BF_AUTO_SAVE BF_CLEANUP(bf_save_release)
void bf_save_release(struct bf_save *save);

BF_MUST_USE enum bfabric_status bf_save_reserve(
	struct bfabric_session *s, struct bf_save *save, struct bfabric_error *err);

/*
 * The refresh token into the store, where the session has one. Where that fails a rescue copy holds
 * it, whose path is in *ret_rescue; NULL: not even that was possible. Comes before bf_save_commit,
 * so that what is cut off in between is found in the store.
 */
BF_MUST_USE enum bfabric_status bf_save_apart(struct bfabric_session *s,
	const struct bf_record *record, const char **ret_rescue, struct bfabric_error *err);

/*
 * Record, then cache. OK when the record was written, because the next run mends the cache from it.
 * When only the cache was (save->cache.committed tells), the login is there, but nobody remembers
 * what was spent for it.
 */
BF_MUST_USE enum bfabric_status bf_save_commit(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err);

/* Only the record, into the space that was promised for it. */
BF_MUST_USE enum bfabric_status bf_save_commit_record(
	struct bf_save *save, const struct bf_record *record, struct bfabric_error *err);

/* The new token cannot be saved where it belongs: put it where the next run looks for it. */
BF_MUST_USE enum bfabric_status bf_save_rescue(struct bfabric_session *s,
	const struct bf_record *record, const char **ret_path, struct bfabric_error *err);
/* Remove rescue copies; best effort, an old one no longer continues anything. */
void bf_save_forget_rescue(struct bfabric_session *s);

/* Only the record, or only the cache; best effort where the caller can go on without. */
BF_MUST_USE enum bfabric_status bf_save_record(
	struct bfabric_session *s, const struct bf_record *record, struct bfabric_error *err);
BF_MUST_USE enum bfabric_status bf_save_cache(
	struct bfabric_session *s, const struct bf_token *token, struct bfabric_error *err);

/* ---- keep.c ---- */

/*
 * Save and serve record->token, which the server just issued. A logout or login by bfabricPy during
 * the request wins: NOT_LOGGED_IN, or the token of that login.
 */
BF_MUST_USE enum bfabric_status bf_keep(struct bf_call *call, struct bf_record *record,
	struct bf_save *save, struct bfabric_error *err);

/* ---- client_auth.c ---- */

/*
 * client_secret, or the content of client_secret_file, or what the environment's store holds;
 * empty: a public client. `store` NULL: it is not asked. NOT_LOGGED_IN: a service whose store has
 * none.
 */
BF_MUST_USE enum bfabric_status bf_client_secret(const struct bf_environment *env,
	const struct bf_store *store, struct bf_secret *ret, struct bfabric_error *err);
/* The forms of client authentication to try, best first; returns how many. */
size_t bf_client_auth_forms(const char *known, bool has_secret, enum bf_client_auth ret_forms[2]);

/*
 * Whether the form was refused and not what it carried, which is not spent then. Some servers find
 * an empty secret malformed, which is invalid_request (RFC 6749, section 5.2), rather than wrong.
 */
bool bf_client_auth_refused(enum bf_client_auth form, enum bf_token_verdict verdict);

/* A token goes to its base URL's origin and nowhere else, whatever a file says. NULL is fine. */
bool bf_endpoint_usable(const struct bf_environment *env, const char *text);

/* ---- renew.c ---- */

/*
 * Refresh (or fetch anew, for a service) under the lock; on OK call->token is the answer.
 * *ret_overtaken: nothing was sent, because bfabricPy was faster (bf_state_overtaken).
 */
BF_MUST_USE enum bfabric_status bf_renew(struct bf_call *call, struct bf_lock *lock,
	struct bf_state *state, bool *ret_overtaken, struct bfabric_error *err);

/* Client credentials without lock or space: fetch, serve, keep nothing. */
BF_MUST_USE enum bfabric_status bf_renew_uncached(struct bf_call *call, struct bfabric_error *err);
/* Renew what `record` holds and serve it; nothing is written. */
BF_MUST_USE enum bfabric_status bf_renew_unsaved(
	struct bf_call *call, struct bf_record *record, struct bfabric_error *err);

#endif
