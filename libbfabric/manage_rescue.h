/*
 * manage_rescue.h - the rescue file of manage.h: the reply of a registration endpoint as it came,
 * behind one line that says what it is about.
 *
 *	{"version":1,"kind":"update","environment":"CRON","base_url":"https://...",
 *	 "token":"<SHA-256>","secret":"<SHA-256>","store":null}
 *	{"client_id":...}
 *
 * `token` and `secret` are what the configuration (or the environment's store) held when the
 * request was sent: where it says something else later, and not what the reply says, somebody else
 * has been there since.
 */
#ifndef BF_MANAGE_RESCUE_H
#define BF_MANAGE_RESCUE_H

#include "base/file.h"
#include "base/hash.h"
#include "base/lock.h"
#include "base/sys.h"
#include "local/config.h"

enum bf_rescue_kind { BF_RESCUE_REGISTER, BF_RESCUE_CHANGE, BF_RESCUE_DELETE };

/* What the line says. Owned strings. */
struct bf_rescue_head {
	enum bf_rescue_kind kind;
	char *environment, *base_url;
	bool service; /* of a registration: the client has a service user */
	char *store;  /* of a registration: where its secrets are to lie; NULL: file */
	char token[BF_SHA256_HEX], secret[BF_SHA256_HEX];
};

void bf_rescue_head_release(struct bf_rescue_head *head);
#define BF_AUTO_RESCUE_HEAD BF_CLEANUP(bf_rescue_head_release)

/*
 * The digests of what `env` (NULL: a new environment) holds now; it was filled with what its store
 * holds (document.h).
 */
BF_MUST_USE enum bfabric_status bf_rescue_digest(const struct bf_environment *env,
	char token[BF_SHA256_HEX], char secret[BF_SHA256_HEX], struct bfabric_error *err);
void bf_rescue_digest_of(const struct bf_secret *value, char hex[BF_SHA256_HEX]);

/* Paths for an environment of a configuration file; ~/.bfabric is made. Owned strings. */
BF_MUST_USE enum bfabric_status bf_rescue_paths(const char *config_file, const char *environment,
	char **ret_file, char **ret_lock, struct bfabric_error *err);

/* Take the lock, waiting until `deadline`. LOCK_TIMEOUT, CANCELLED. */
BF_MUST_USE enum bfabric_status bf_rescue_lock(const char *path, const struct bf_sys *sys,
	const struct bfabric_cancel *cancel, int64_t deadline, struct bf_lock *ret_lock,
	struct bfabric_error *err);

/* A file that is going to be written: memory and space are there already. */
struct bf_rescue {
	struct bf_slot slot;
	struct bf_secret text;
};

#define BF_AUTO_RESCUE BF_CLEANUP(bf_rescue_release)
void bf_rescue_release(struct bf_rescue *rescue);

BF_MUST_USE enum bfabric_status bf_rescue_reserve(const char *path,
	const struct bf_rescue_head *head, struct bf_rescue *ret, struct bfabric_error *err);
/* `body` NULL: only the line. Allocates nothing that could fail. rescue->slot.committed tells. */
BF_MUST_USE enum bfabric_status bf_rescue_commit(
	struct bf_rescue *rescue, const struct bf_secret *body, struct bfabric_error *err);

/*
 * For those who hold the lock: also what a run that was killed was writing.
 * *ret_found false: there is none. BAD_REPLY: it cannot be understood; the text names it.
 */
BF_MUST_USE enum bfabric_status bf_rescue_read(const char *path, bool *ret_found,
	struct bf_rescue_head *ret_head, struct bf_secret *ret_body, struct bfabric_error *err);

/* For everybody else: looks at whole files only, and touches nothing. */
BF_MUST_USE enum bfabric_status bf_rescue_look(const char *path, bool *ret_found,
	struct bf_rescue_head *ret_head, struct bf_secret *ret_body, struct bfabric_error *err);
/* That of an environment. *ret_path: owned, NULL when there is none. */
BF_MUST_USE enum bfabric_status bf_rescue_pending(const char *config_file, const char *environment,
	char **ret_path, enum bf_rescue_kind *ret_kind, struct bfabric_error *err);

#endif
