/*
 * config.h - which B-Fabric, and how one logs in there: the configuration shared with bfabricPy.
 *
 * Three sources, read by bfabricPy's rules:
 *   - BFABRICPY_CONFIG_OVERRIDE, JSON in the environment: replaces the files entirely;
 *   - the user's file, ~/.bfabricpy.yml or --config-file;
 *   - the site's file (BF_SITE_CONFIG; BFABRIC_SITE_CONFIG through secure_getenv), root-owned, the
 *     same form without secrets: its environments exist for everybody, the user's win by name.
 *
 * Loading checks that the files are well-formed; an environment is checked when it is selected, so
 * that one broken entry does not take the others away. Scalars are strings: a plain scalar that
 * YAML 1.1 would retype where a string is meant (`client_id: 0123`, `login: on`) is refused with
 * "quote it". Limits: 1 MiB, 1,000 levels, 50,000 nodes. Every error names file, line and key.
 */
#ifndef BF_CONFIG_H
#define BF_CONFIG_H

#include "../base/url.h"

struct bf_config; /* the parsed files, or the override */

/* NULL config_file: the default place. Missing files are OK: such a config has no environment. */
BF_MUST_USE enum bfabric_status bf_config_load(
	const char *config_file, struct bf_config **ret, struct bfabric_error *err);
void bf_config_free(struct bf_config *config);
void bf_config_freep(struct bf_config **config);
#define BF_AUTO_CONFIG BF_CLEANUP(bf_config_freep)

enum bf_config_source { BF_FROM_USER, BF_FROM_SITE, BF_FROM_OVERRIDE };

/*
 * One environment, checked. Everything is owned; empty or NULL where not given. Of the credentials
 * only those of `method` are filled in. A logout takes the secret out and leaves auth_method: pat,
 * password and client_credentials can therefore come with an empty secret, which means logged out.
 * oauth and client_credentials always have a client_id.
 */
struct bf_environment {
	char *name;
	enum bf_config_source source;
	char *file;    /* file it is written in, or "BFABRICPY_CONFIG_OVERRIDE" */
	unsigned line; /* of its key, from 1; 0 for the override */
	struct bf_url url;
	enum bfabric_auth_method method;
	char *client_id;
	char *scope; /* the requested scope */
	char *login;
	struct bf_secret password;      /* password, or the token of `login: __oauth__` */
	struct bf_secret pat;           /* personal access token */
	struct bf_secret client_secret; /* inline; with oauth: of a confidential client */
	char *client_secret_file; /* libbfabric.client_secret_file, absolute ("~/" expanded) */
	/* RFC 7592, whatever the method: what manages the client. Not checked: see manage.h */
	struct bf_secret registration_access_token;
	char *registration_client_uri;
	/* further keys of the sub-mapping `libbfabric:`, ours */
	char *store;  /* "file" (default), "keyring" or an absolute path */
	char **hosts; /* exact host[:port], https: may also get this environment's token */
	size_t host_count;
	char *ca_file;
	char *proxy;
	int64_t min_ttl; /* seconds, default 60, 0..86400 */
	bool serve_pat;
	bool readable_by_others; /* the file holds secrets and others may read it */
};

void bf_environment_release(struct bf_environment *environment);
#define BF_AUTO_ENVIRONMENT BF_CLEANUP(bf_environment_release)

/* Has it a store of its own for its long-lived secrets (store.h), so that no file holds them? */
bool bf_environment_apart(const struct bf_environment *environment);

/*
 * A service without a secret: bfabricPy's logout takes that and leaves our cache, whose tokens are
 * not served any more. One with a store of its own has its secret there, and bfabricPy has nothing
 * to take; whether it is still there is found out by whoever needs it.
 */
bool bf_environment_disarmed(const struct bf_environment *environment);

/*
 * The environment called `name`; or, when NULL, BFABRICPY_CONFIG_ENV, then GENERAL.default_config
 * of the user's file, then of the site's, then the only environment there is if it comes from the
 * site. *ret_chosen_by (a constant, may be NULL) says which it was: "--env",
 * "BFABRICPY_CONFIG_ENV", "default_config", "BFABRICPY_CONFIG_OVERRIDE", "only environment".
 * NOT_LOGGED_IN: nothing is configured (text: how to log in); BAD_CONFIG otherwise, naming the
 * environments that exist.
 */
BF_MUST_USE enum bfabric_status bf_config_select(const struct bf_config *config, const char *name,
	const char **ret_chosen_by, struct bf_environment *ret, struct bfabric_error *err);

/* A request for a credential, as a helper received it. NULL: not given. */
struct bf_host_request {
	const char *environment; /* --env */
	const char *username;
	const char *protocol;
	const char *host; /* host or host:port */
};

/*
 * Which environment answers a host: --env if it matches the host, else none; then a username that
 * equals an environment's name ("__oauth__" counts as absent, any other name: none); then
 * BFABRICPY_CONFIG_ENV, then the default, each skipped when it does not match; then the only one
 * that matches. A match is scheme and host:port of base_url (bf_url_serves), or an entry of
 * `hosts`. OK with *ret_matched false: not ours, stay silent; several match: the same, and `err`'s
 * text (set although the status is OK) is one line that names --env; else err->text is "".
 * Environments that are broken and could not match by their base_url never disturb.
 */
BF_MUST_USE enum bfabric_status bf_config_match(const struct bf_config *config,
	const struct bf_host_request *request, bool *ret_matched, struct bf_environment *ret,
	struct bfabric_error *err);

/* ---- listing --------------------------------------------------------------------------------- */

size_t bf_config_count(const struct bf_config *config);
const char *bf_config_name(const struct bf_config *config, size_t index);
enum bf_config_source bf_config_source(const struct bf_config *config, size_t index);
const char *bf_config_default(const struct bf_config *config);   /* NULL: none */
const char *bf_config_user_file(const struct bf_config *config); /* "" under the override */

/* ---- writing --------------------------------------------------------------------------------- */

/*
 * One key of an environment: base_url, auth_method, client_id, scope, login, password, pat,
 * client_secret, registration_access_token, registration_client_uri, job_notification_emails, or
 * one of ours as "libbfabric.store" (client_secret_file, ca_file, proxy, min_ttl, serve_pat).
 * Strings are borrowed.
 */
struct bf_config_value {
	const char *key;
	const char *text; /* NULL or empty: the key goes away */
};

enum bf_set_default {
	BF_DEFAULT_IF_FIRST, /* a login (auth_method or client_id) while there is no default */
	BF_DEFAULT_YES,
	BF_DEFAULT_NO,
};

/*
 * What is to become of one environment. Keys that are not named stay as they are.
 *
 *	log out:   {.name = "A", .values = (struct bf_config_value[]){{"pat", NULL}}, .value_count =
 *1} activate:  {.name = "A", .set_default = BF_DEFAULT_YES} remove:    {.name = "A", .remove =
 *true}; a default_config that names it goes too
 *
 * An environment that is missing is made, if base_url is among the values. One that only the
 * site's file has gets an entry of its own in the user's file, with all that the site's says:
 * bfabricPy does not read the site's file, and an entry hides the site's one as a whole.
 */
struct bf_config_change {
	const char *name;
	const struct bf_config_value *values;
	size_t value_count;
	bool remove;
	enum bf_set_default set_default;
};

/*
 * A login replaces all of these as a whole: what is NULL goes away, so that no secret outlives the
 * method it belonged to. (base_url NULL stays: every environment has one.)
 */
struct bf_config_login {
	const char *base_url, *auth_method, *client_id, *scope, *login, *password, *pat;
	const char *client_secret, *registration_access_token, *registration_client_uri;
	const char *client_secret_file;
};

#define BF_CONFIG_LOGIN_VALUES 11

/* The values of a change for a login; returns their number. */
size_t bf_config_login_values(
	const struct bf_config_login *login, struct bf_config_value values[BF_CONFIG_LOGIN_VALUES]);

/*
 * Could the change be written? The same checks and errors as bf_config_write, before a person is
 * sent through a login that could not be recorded. A secret that is not known yet may be stood for
 * by any text that would be accepted in its place.
 */
BF_MUST_USE enum bfabric_status bf_config_check_write(
	const char *config_file, const struct bf_config_change *change, struct bfabric_error *err);

/*
 * Change one environment in the user's file (NULL: the default place), which is created when
 * missing. Every byte that need not change is kept (yaml_edit.h); the result is parsed and compared
 * before it replaces the file, and nothing is written that says what the file says already; 0600;
 * a symbolic link to a file of ours is kept and its target written; guarded by
 * ~/.bfabric/config.lock. Nothing is written that would make bfabricPy reject the file: other
 * methods than it knows, a password that is not 32 characters, reserved names.
 *
 * UNSUPPORTED: the file has a form that cannot be edited safely (text: why, and what to write by
 * hand, with placeholders for secrets); BAD_CALL: a value, key or name that cannot be written, or
 * an environment that does not exist; BAD_CONFIG: the file is malformed, or the environment would
 * be; FORBIDDEN: BFABRICPY_CONFIG_OVERRIDE is set, or the environment to be removed is the site's;
 * LOCK_TIMEOUT; SYSTEM: sudo with the user's HOME, ...
 */
BF_MUST_USE enum bfabric_status bf_config_write(
	const char *config_file, const struct bf_config_change *change, struct bfabric_error *err);

#endif
