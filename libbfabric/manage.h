/*
 * manage.h - an OAuth client of one's own: registering it, and reading, changing and deleting it,
 * with everything the server says about it in the configuration before anything else happens.
 *
 * B-Fabric answers every update with a new client secret and a new registration access token, and
 * the old ones are void from then on; RFC 7592 allows that for a read, too. The reply holds the
 * only copy. So
 *   - before a request is sent, it is tried whether the configuration could be written, and space
 *     for the reply is promised on disk;
 *   - from the first byte until everything is saved INT, TERM, HUP and PIPE are held back;
 *   - the reply goes to disk as it came, before anybody looks into it, into a rescue file that only
 *     the user may read, ~/.bfabric/<h>.registration; then into the configuration, or the
 *     environment's store where it has one (store.h); then the rescue file is removed;
 *   - whoever finds a rescue file finishes what was begun, before doing anything else;
 *   - one process at a time manages a client: ~/.bfabric/<h>.registration.lock.
 * What is lost then is a reply that never came whole. h is the first 16 hexadecimal digits of
 * SHA-256 of the configuration file's path, NUL, the name of the environment.
 */
#ifndef BF_MANAGE_H
#define BF_MANAGE_H

#include "oauth/registration.h"
#include "session.h"

struct bf_manage_options {
	const char *config_file; /* NULL: the default place */
	const char *environment; /* NULL: the one in effect */
	const struct bf_session_seams *seams;
	int64_t deadline; /* CLOCK_BOOTTIME ms, for everything together; 0: 60 s from now */
	/* As bf_session_trace_to; NULL: nobody listens. */
	void (*trace)(void *data, const char *text);
	void *trace_data;
};

struct bf_manager; /* one environment and the client it is for, locked */

/*
 * Lock the environment, finish what an earlier run could not, and find out what manages its client.
 * STORE_UNAVAILABLE: that lies in a store of its own which does not answer; nothing was sent then.
 * UNSUPPORTED: there is no registration_access_token; BAD_CONFIG: registration_client_uri leads
 * away from base_url (the token is not sent there); FORBIDDEN: BFABRICPY_CONFIG_OVERRIDE;
 * LOCK_TIMEOUT, CANCELLED; BAD_REPLY: a rescue file that cannot be understood is in the way.
 */
BF_MUST_USE enum bfabric_status bf_manage_open(const struct bf_manage_options *options,
	struct bf_manager **ret, struct bfabric_error *err);
void bf_manage_free(struct bf_manager *manager);
void bf_manage_freep(struct bf_manager **manager);
#define BF_AUTO_MANAGER BF_CLEANUP(bf_manage_freep)

const struct bf_environment *bf_manage_environment(const struct bf_manager *manager);
/* As the server described it last; before a read only what the configuration says. */
const struct bf_client_registration *bf_manage_client(const struct bf_manager *manager);
/* Lines for a person: what was finished, what is odd. "" when there is nothing to say. */
const char *bf_manage_notes(const struct bf_manager *manager);

/*
 * GET (RFC 7592, section 2.1). Errors as bf_registration_accept and bf_config_write; the text names
 * the rescue file where secrets are in it and not in the configuration.
 */
BF_MUST_USE enum bfabric_status bf_manage_read(
	struct bf_manager *manager, struct bfabric_error *err);

/* GET, then PUT with the changes (section 2.2), which replaces the whole client. */
BF_MUST_USE enum bfabric_status bf_manage_update(struct bf_manager *manager,
	const struct bf_client_metadata *changes, struct bfabric_error *err);

/*
 * DELETE (section 2.3); then the tokens of the environment are removed here, and from the
 * configuration what was the client's: secret, registration_..., and where they are of an OAuth
 * login client_id, scope and auth_method, too, as bfabricPy does it. A client that an earlier call
 * may have deleted, and that the server does not know any more, is deleted.
 */
BF_MUST_USE enum bfabric_status bf_manage_delete(
	struct bf_manager *manager, struct bfabric_error *err);

/* ---- registering ----------------------------------------------------------------------------- */

struct bf_registering {
	struct bfabric_session *session; /* server, connection and trace */
	const struct bf_secret *token;   /* access token of an employee */
	const struct bf_client_metadata *metadata;
	const char *config_file; /* NULL: the default place */
	const char *save_env;    /* NULL: the caller keeps what is returned */
	const char *store;       /* of the environment `save_env`; NULL: the one it has, or file */
	bool overwrite;          /* replace the environment `save_env` if there is one */
	bool for_people;         /* that logs in people, also where there is a service user */
	int64_t deadline;        /* as above */
};

/*
 * Register a client (RFC 7591) at the session's server and write it into the configuration:
 * auth_method client_credentials when there is a service user, and none otherwise, which is read
 * as oauth; bfabricPy refuses to write an environment that says oauth and has a client secret, and
 * would lose the secrets of its next update by that.
 * Without save_env *ret_rescue is the file that holds the reply, to be removed (bf_file_remove)
 * when the caller has kept it elsewhere. `notes` gets lines for a person.
 * FORBIDDEN: the environment exists; BAD_CALL: a name that none can have; DENIED, FORBIDDEN: the
 * server's no; else as above.
 */
BF_MUST_USE enum bfabric_status bf_register(const struct bf_registering *registering,
	struct bf_client_registration *ret, char **ret_rescue, struct bf_secret *notes,
	struct bfabric_error *err);

#endif
