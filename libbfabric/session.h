/*
 * session.h - one login of one environment, and the one policy that gets a token.
 *
 * The public half is in bfabric.h. This half is for the programs of this project: opening a session
 * for an environment that is not in the configuration yet, forcing a refresh, replacing the seams.
 */
#ifndef BF_SESSION_H
#define BF_SESSION_H

#include "base/http.h"
#include "base/sys.h"
#include "local/config.h"

/* Seams; NULL members stand for the real thing. Borrowed for the life of the session. */
struct bf_session_seams {
	const struct bf_sys *sys;
	const struct bf_transport *transport;
	struct bfabric_cancel *cancel;
	bool in_memory;  /* the login is kept in memory only: no file is read or written */
	bool in_runtime; /* the login stays in the runtime directory (local/paths.h) */
	/* Why the program of a store of its own is not run: what is for it waits as a rescue copy.
	 */
	const char *no_programs;
	/* The process stays until a request is answered, whatever its deadline says, so that little
	 * time is no reason not to begin one. */
	bool stays;
};

/* Takes `environment` over (it is left empty). `chosen_by` is a constant or NULL. */
BF_MUST_USE enum bfabric_status bf_session_new(struct bf_environment *environment,
	const char *chosen_by, const struct bf_session_seams *seams,
	struct bfabric_session **ret_session, struct bfabric_error *err);
void bf_session_freep(struct bfabric_session **session);
#define BF_AUTO_SESSION BF_CLEANUP(bf_session_freep)

const struct bf_environment *bf_session_environment(const struct bfabric_session *session);

/*
 * Tell what happens, a line at a time and without secrets: for -v. The function must be safe to
 * call from every thread that uses the session.
 */
void bf_session_trace_to(
	struct bfabric_session *session, void (*line)(void *data, const char *text), void *data);

/* bfabric_session_token, with the wish to refresh even a fresh token (--force-refresh). */
BF_MUST_USE enum bfabric_status bf_session_get(struct bfabric_session *session, int64_t min_ttl,
	bool force_refresh, int64_t deadline, struct bfabric_token *ret_token,
	struct bfabric_error *err);

#endif
