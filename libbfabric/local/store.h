/*
 * store.h - where the long-lived secrets of an environment lie: `store:` of its configuration.
 *
 *	file (default)   in our own files: session record, cache, configuration
 *	keyring          in the desktop's secret store, by our program bfabric-keyring
 *	/a/program       wherever any credential helper in git's manner keeps them
 *
 * All but `file` lie apart: refresh token, personal access token, client secret and registration
 * token of an environment are one document (stored.h) there, and our files have none of them. The
 * program is started for each operation and is asked as git asks a helper (gitcredentials(7)):
 *
 *	protocol=bfabric            so that git, which asks for https, is never given it
 *	host=HOST[:PORT]            of base_url
 *	path=CLIENT_ID              left out where there is none
 *	username=ENVIRONMENT
 *	base_url=URL                for bfabric-keyring; others ignore both
 *	timeout=MILLISECONDS        what is left for the answer
 *	password=DOCUMENT           when storing
 *
 * bfabric-keyring answers with `status=` and `message=`, which count more than its exit code,
 * because a host that ignores SIGCHLD never learns that. Of others an answer without a password
 * means "not found" and an exit code that is not 0 a failure; where the exit code is not to be had,
 * what was changed is read back.
 *
 * Every operation takes at most BF_STORE_MS, never asks a person anything (bf_store_unlock does),
 * and fails with STORE_UNAVAILABLE: what is wrong, and the command that helps; besides with
 * NO_MEMORY and, except while it changes something, CANCELLED. A program is run only when nobody
 * but root and us can write to it, to a link on the way to it, or to the folders above, and never
 * because BFABRICPY_CONFIG_OVERRIDE says so.
 */
#ifndef BF_STORE_H
#define BF_STORE_H

#include "../base/cancel.h"
#include "../base/sys.h"
#include "config.h"
#include "stored.h"

#define BF_STORE_MS  2000  /* an operation, milliseconds */
#define BF_UNLOCK_MS 60000 /* a person types a password */

enum bf_store_state {
	BF_STORE_READY,
	BF_STORE_LOCKED,      /* a person can unlock it: bf_store_unlock */
	BF_STORE_UNAVAILABLE, /* no bus, no service, denied, timed out, ... */
};

struct bf_store;

/* A kind of store: one row of the table in store.c. */
struct bf_store_type {
	const char *name; /* "file", "keyring"; NULL: an absolute path */
	bool apart;       /* the rest is NULL unless it is */
	/* *ret_found false: there is none. */
	enum bfabric_status (*get)(const struct bf_store *store, int64_t deadline, bool *ret_found,
		struct bf_secret *ret_line, struct bfabric_error *err);
	enum bfabric_status (*put)(const struct bf_store *store, int64_t deadline,
		const struct bf_secret *line, struct bfabric_error *err);
	enum bfabric_status (*erase)(
		const struct bf_store *store, int64_t deadline, struct bfabric_error *err);
	enum bf_store_state (*probe)(
		const struct bf_store *store, int64_t deadline, struct bfabric_error *err);
	enum bfabric_status (*unlock)(/* NULL: it has no lock */
		const struct bf_store *store, int64_t deadline, struct bfabric_error *err);
};

/* The place of one environment's secrets. */
struct bf_store {
	const struct bf_store_type *type;
	char *program; /* absolute path; NULL: file */
	char *host, *client_id, *environment, *base_url;
	const char *refused;                 /* why the program must not be run; NULL: it may */
	const struct bf_sys *sys;            /* borrowed, as is: */
	const struct bfabric_cancel *cancel; /* NULL: nobody can */
};

#define BF_STORE_INIT                                                                              \
	{                                                                                          \
		0                                                                                  \
	}
#define BF_AUTO_STORE BF_CLEANUP(bf_store_release)
void bf_store_release(struct bf_store *store);

/*
 * `name`: "file", "keyring" or an absolute path; NULL: what the environment says. Nothing is run
 * and no file is looked at. BAD_CALL: none of these, or the environment's names cannot be told to a
 * program (a line break).
 */
BF_MUST_USE enum bfabric_status bf_store_open(const struct bf_environment *environment,
	const char *name, const struct bf_sys *sys, const struct bfabric_cancel *cancel,
	struct bf_store *ret, struct bfabric_error *err);

bool bf_store_apart(const struct bf_store *store);
const char *bf_store_name(const struct bf_store *store); /* "file", "keyring", or the path */
/* The same in a sentence: "files", "the keyring", or the path. */
const char *bf_store_place(const struct bf_store *store);

/*
 * The document of this environment. *ret_found false: there is none, *ret is as after _INIT.
 * `deadline` (CLOCK_BOOTTIME ms, 0: none) shortens BF_STORE_MS. Damaged or of a later version: also
 * STORE_UNAVAILABLE.
 */
BF_MUST_USE enum bfabric_status bf_store_get(const struct bf_store *store, int64_t deadline,
	bool *ret_found, struct bf_stored *ret, struct bfabric_error *err);

/*
 * Replace it; one that is blank (stored.h) is erased. Whoever changes a document reads it first
 * and holds the environment's lock from there to here, where it has one.
 * BAD_CALL: it is larger than a store takes (BF_STORED_MAX), or a secret in it is no printable text
 * in UTF-8.
 */
BF_MUST_USE enum bfabric_status bf_store_put(const struct bf_store *store, int64_t deadline,
	const struct bf_stored *stored, struct bfabric_error *err);

/* OK also when there was none. */
BF_MUST_USE enum bfabric_status bf_store_erase(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err);

/*
 * Could it be used now? `err` gets one line that says what is wrong, and the command that helps
 * (or CANCELLED, NO_MEMORY); READY leaves it alone. Of another program than ours only that it may
 * be run is known.
 */
enum bf_store_state bf_store_probe(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err);

/*
 * Ask the person to unlock it, by the dialogue of their desktop: at most BF_UNLOCK_MS. Never with a
 * lock of ours held. STORE_UNAVAILABLE: dismissed, timed out, nobody there to show a dialogue.
 */
BF_MUST_USE enum bfabric_status bf_store_unlock(
	const struct bf_store *store, int64_t deadline, struct bfabric_error *err);

#endif
