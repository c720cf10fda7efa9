/*
 * logout.h - the end of a login: told to the server, then removed from this machine.
 *
 * The server comes first, because afterwards nobody knows what to tell it; but whatever it answers,
 * the login is removed here. So the result of telling it is no error: it is reported, one line a
 * token, and a person hears what may still be valid and until when.
 *
 * All of it happens under the lock of the login: a process that is just refreshing comes first, and
 * what it obtained is revoked too; one that waits finds nobody logged in. bfabricPy takes no lock:
 * of a refresh that it makes at the same moment, the server has revoked the family of tokens.
 */
#ifndef BF_LOGOUT_H
#define BF_LOGOUT_H

#include "session.h"

/* What became of a token at the server (RFC 7009). All but the first two may still be valid. */
enum bf_revoked {
	BF_REVOKED_NONE = 0,    /* there was none, or it had expired: nothing to revoke */
	BF_REVOKED_DONE,        /* the server says that it is not valid now */
	BF_REVOKED_UNSUPPORTED, /* the server does not revoke, or not tokens of this kind */
	BF_REVOKED_UNREACHABLE, /* no answer, or trouble at the server */
	BF_REVOKED_REFUSED,     /* the server said no, or we have nothing to say who we are */
};

struct bf_logout_token {
	enum bf_revoked revoked;
	int64_t expires_at; /* Unix seconds, 0: not known (a refresh token never says) */
	char text[256];     /* why it was not revoked, for a person; "" when it was */
};

struct bf_logout_result {
	bool was_there; /* there was something to remove */
	struct bf_logout_token refresh, access;
	char left[400]; /* what lies in the store still, and why; "" when nothing does */
};

enum bf_logout_kind {
	BF_LOGOUT_KEEP = 0,    /* of the record stays what tells a spent token when it comes back */
	BF_LOGOUT_FORGET,      /* nothing stays: the environment itself is going to be removed */
	BF_LOGOUT_CLIENT_GONE, /* the same without the server, for which the client is deleted */
};

/*
 * Log out of the session's environment: revoke the refresh token, then the access token, then
 * remove cache, record, rescue copies, marks, and what is in a store of its own: the refresh token,
 * or the whole document where nothing is to stay. The configuration is the caller's affair: what
 * has its secret there (pat, password, client secret) has nothing else here, and the answer is OK.
 * `deadline` (CLOCK_BOOTTIME ms; 0: 45 s from now) is for the lock and the server together; the
 * server gets ten seconds of it at most.
 * CANCELLED, LOCK_TIMEOUT, UNSUPPORTED (a later version wrote the record), NO_MEMORY: nothing was
 * changed. A wish to stop that comes after the first revocation was sent ends only the asking.
 * SYSTEM: a file could not be removed, text says which; the others are gone.
 */
BF_MUST_USE enum bfabric_status bf_logout(struct bfabric_session *session, enum bf_logout_kind kind,
	int64_t deadline, struct bf_logout_result *ret, struct bfabric_error *err);

/* Could somebody who has a token of this logout still use it? */
bool bf_logout_leaves_valid(const struct bf_logout_result *result);

#endif
