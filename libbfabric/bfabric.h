/*
 * bfabric.h - logins for B-Fabric, the laboratory information system.
 *
 * A program that talks to B-Fabric needs an access token that is valid now. This library finds the
 * environment in the configuration that bfabricPy also reads (~/.bfabricpy.yml), answers from the
 * token cache that bfabricPy also uses (~/.bfabric/tokens/), and refreshes the token when needed,
 * so that among any number of threads and processes exactly one request reaches the server.
 *
 *	struct bfabric_session *s = NULL;
 *	struct bfabric_token token = {0};
 *	struct bfabric_error err;
 *
 *	if (bfabric_session_open(NULL, &s, &err) != BFABRIC_OK ||
 *	    bfabric_session_token(s, 60, 0, &token, &err) != BFABRIC_OK)
 *		fprintf(stderr, "%s\n", err.text);
 *	... Authorization: Bearer <token.value> ...
 *	bfabric_token_clear(&token);
 *	bfabric_session_free(s);
 *
 * Rules of this interface
 *   - Every function that can fail returns a status; outputs (`ret_...`) are written on success
 *only.
 *   - `err` may be NULL; it belongs to the caller and is written on failure only. Its text is one
 *     line for a person, without newline, and never contains a secret.
 *   - Strings handed out belong to the caller where a `_clear` function exists, else to the object.
 *   - `_clear` and `_free` take NULL, and what is zeroed or already cleared.
 *   - The library never prints, logs, exits, or changes signal handlers or locale.
 *   - Deadlines are absolute, in milliseconds of CLOCK_BOOTTIME; 0 stands for 40 seconds from now.
 *     A refresh whose request has left is waited for all the same, up to 30 seconds, because its
 *     reply holds the only copy of the next refresh token.
 *   - Points in time (`expires_at`) are Unix seconds; durations are seconds.
 *   - A session may be shared by threads. It does not survive fork(): open a new one in the child.
 */
#ifndef BFABRIC_H
#define BFABRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define BFABRIC_API      __attribute__((visibility("default")))
#define BFABRIC_MUST_USE __attribute__((warn_unused_result))
#else
#define BFABRIC_API
#define BFABRIC_MUST_USE
#endif

/* What a caller does next decides which status it gets. */
enum bfabric_status {
	BFABRIC_OK = 0,
	BFABRIC_SYSTEM,        /* the machine: file, permission, space, process            exit 1 */
	BFABRIC_BAD_CONFIG,    /* the configuration: fix the named file, line and key      exit 1 */
	BFABRIC_BAD_REPLY,     /* a server, cache or program answered nonsense             exit 1 */
	BFABRIC_NO_MEMORY,     /*                                                          exit 1 */
	BFABRIC_UNSUPPORTED,   /* not possible with this login or this version             exit 1 */
	BFABRIC_BAD_CALL,      /* usage: wrong option or argument                          exit 2 */
	BFABRIC_NOT_LOGGED_IN, /* there is no login: log in                                exit 3 */
	BFABRIC_LOGIN_REQUIRED, /* the login lapsed, its refresh was refused: log in again  exit 4
				 */
	BFABRIC_DENIED,      /* a person or the server said no                           exit 4 */
	BFABRIC_RETRY_LATER, /* network or server trouble: the same call may work later  exit 5 */
	BFABRIC_TIMEOUT,     /* the deadline passed                                      exit 5 */
	BFABRIC_STORE_UNAVAILABLE, /* keyring locked, missing, denied or timed out             exit
				      6 */
	BFABRIC_LOCK_TIMEOUT, /* another process holds the lock for too long              exit 7 */
	BFABRIC_FORBIDDEN,    /* scope or policy does not allow it                        exit 8 */
	BFABRIC_CANCELLED,    /* interrupted                                            exit 130 */
	BFABRIC_REFUSED,      /* a web service did not do it; its words say why         exit 1 */
};

struct bfabric_error {
	enum bfabric_status status;
	char text[512];
};

/* Exit code of a program that ends with this status (the comments above). */
BFABRIC_API int bfabric_status_exit_code(enum bfabric_status status);

/* "NOT_LOGGED_IN" for BFABRIC_NOT_LOGGED_IN; a constant string. */
BFABRIC_API const char *bfabric_status_name(enum bfabric_status status);

/* The deadline that lies `seconds` from now. */
BFABRIC_API int64_t bfabric_deadline_in(int64_t seconds);

/* ---- cancelling ------------------------------------------------------------------------------ */

/*
 * The wish to stop, from another thread or a signal handler: calls that wait end with CANCELLED at
 * once or, while a request is under way, within a second. A refresh whose request has left goes on
 * to its end all the same, for its reply holds the only copy of the next refresh token.
 * A wish is for good: make a new object for the next call. Free it after what uses it.
 */
struct bfabric_cancel;

BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_cancel_new(
	struct bfabric_cancel **ret_cancel, struct bfabric_error *err);
BFABRIC_API void bfabric_cancel_now(struct bfabric_cancel *cancel);  /* async-signal-safe */
BFABRIC_API void bfabric_cancel_free(struct bfabric_cancel *cancel); /* NULL is fine */

/* ---- sessions: one login of one environment ------------------------------------------------- */

struct bfabric_session;

/* Where to look. NULL members (or a NULL pointer) stand for the defaults. */
struct bfabric_options {
	const char *config_file; /* instead of ~/.bfabricpy.yml */
	const char *environment; /* instead of BFABRICPY_CONFIG_ENV, then GENERAL.default_config */
	struct bfabric_cancel *cancel; /* ends calls of the session; NULL: nothing does */
};

/* What a person needs for the device authorization grant (RFC 8628, section 3.2). */
struct bfabric_device_code {
	const char *user_code;
	const char *verification_uri;
	const char *verification_uri_complete; /* has the code in it; NULL: the server sent none */
	int64_t expires_in;                    /* seconds */
};

/* The person who takes part in a login; `data` is handed to each function. */
struct bfabric_ui {
	void *data;
	/* Device code: show it. Called once; needed for that login. */
	void (*show_code)(void *data, const struct bfabric_device_code *code);
	/*
	 * Browser: open this address, show it, or both. Called once; needed for that login. False:
	 * neither was possible, the login ends with UNSUPPORTED.
	 */
	bool (*open_url)(void *data, const char *url);
	/* Time passes: called about four times a second, with what is left. NULL: not wanted. */
	void (*waiting)(void *data, int64_t left_ms);
	/* Browser: one line to know while waiting, as that a pasted one is none. NULL: not wanted.
	 */
	void (*notice)(void *data, const char *text);
	/* So far this was the login of `before`, now it is that of `now`: go on? NULL: no. */
	bool (*other_subject)(void *data, const char *before, const char *now);
	/*
	 * Browser: a descriptor on which the person may paste, as a line, the address that the
	 * browser ended at. NULL: there is none.
	 */
	const int *paste_fd;
	/*
	 * Browser: an empty line came on paste_fd. True: the person wants to log in another way;
	 * this login ends with CANCELLED. NULL: empty lines mean nothing.
	 */
	bool (*empty_line)(void *data);
};

/*
 * Read the configuration and choose the environment. No network, and no login is needed yet.
 * Fails with BAD_CONFIG (text names file, line and key), NOT_LOGGED_IN (no configuration at all).
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_session_open(
	const struct bfabric_options *options, struct bfabric_session **ret_session,
	struct bfabric_error *err);
BFABRIC_API void bfabric_session_free(struct bfabric_session *session); /* NULL is fine */

struct bfabric_token {
	char *value; /* the access token, NUL-terminated; usually a JWT, never assume it */
	size_t length;
	char *scope;        /* granted scope, NULL when the server did not say */
	char *warning;      /* one line a person should see ("server unreachable, ..."), or NULL */
	int64_t expires_at; /* 0: not known (a personal access token) */
};

/*
 * A valid access token (or the personal access token), refreshed when it has less than `min_ttl`
 * seconds left; -1 stands for the environment's setting (60). A token that lives shorter than five
 * times `min_ttl` is refreshed in the last fifth of its life instead.
 * `ret_token` is the caller's: bfabric_token_clear erases and frees it.
 * Fails with NOT_LOGGED_IN, LOGIN_REQUIRED, RETRY_LATER, LOCK_TIMEOUT, TIMEOUT, SYSTEM, BAD_CONFIG;
 * STORE_UNAVAILABLE when the keyring that has the login is locked, missing or does not answer;
 * UNSUPPORTED for an environment with login and password: see bfabric_session_auth.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_session_token(
	struct bfabric_session *session, int64_t min_ttl, int64_t deadline,
	struct bfabric_token *ret_token, struct bfabric_error *err);
BFABRIC_API void bfabric_token_clear(struct bfabric_token *token);

/* What B-Fabric's web services take as login and password. */
struct bfabric_auth {
	char *login;    /* "__oauth__" for a token, else the login name */
	char *password; /* the access token, the personal access token, or the password */
};

BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_session_auth(
	struct bfabric_session *session, int64_t min_ttl, int64_t deadline,
	struct bfabric_auth *ret_auth, struct bfabric_error *err);
BFABRIC_API void bfabric_auth_clear(struct bfabric_auth *auth);

/*
 * A server refused this token (401). The next bfabric_session_token refreshes, unless the token is
 * younger than 30 seconds or one was refreshed for this reason within the last minute: a 401 for
 * lack of permission must not rotate tokens for ever. OK also where there is nothing to refresh.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_session_reject(
	struct bfabric_session *session, const char *token, struct bfabric_error *err);

/* ---- status ---------------------------------------------------------------------------------- */

enum bfabric_auth_method {
	BFABRIC_AUTH_NONE = 0,
	BFABRIC_AUTH_OAUTH,
	BFABRIC_AUTH_CLIENT_CREDENTIALS,
	BFABRIC_AUTH_PAT,
	BFABRIC_AUTH_PASSWORD,
};

/* "oauth", "client_credentials", "pat", "password", "none"; a constant string. */
BFABRIC_API const char *bfabric_auth_method_name(enum bfabric_auth_method method);

enum bfabric_token_state {
	BFABRIC_TOKEN_NONE = 0, /* nothing is cached */
	BFABRIC_TOKEN_FRESH,    /* will be served as it is */
	BFABRIC_TOKEN_STALE,    /* will be refreshed before it is served */
	BFABRIC_TOKEN_EXPIRED,
	BFABRIC_TOKEN_REJECTED, /* a server refused it */
	BFABRIC_TOKEN_STATIC,   /* personal access token or password: no expiry is known */
};

/* "none", "fresh", "stale", "expired", "rejected", "static"; a constant string. */
BFABRIC_API const char *bfabric_token_state_name(enum bfabric_token_state state);

/* All strings belong to the object; NULL where there is nothing to say. Contains no secret. */
struct bfabric_session_status {
	char *environment;
	char *chosen_by; /* why this one: "--env", "BFABRICPY_CONFIG_ENV", "default_config", ... */
	char *config_file;    /* file that defines it, or "BFABRICPY_CONFIG_OVERRIDE" */
	unsigned config_line; /* of the environment's key, from 1; 0 without file */
	char *base_url;
	enum bfabric_auth_method method;
	char *client_id;
	char *scope_requested;
	char *scope_granted;
	char *subject; /* who one is; for a service, the account it acts as */
	enum bfabric_token_state token_state;
	int64_t expires_at;  /* 0: unknown */
	bool can_refresh;    /* a refresh token or client secret is at hand */
	bool login_required; /* the last refresh was refused */
	char *store; /* what holds the secret: "file", "config", "memory", "keyring", or a program
		      */
	char *secret_path; /* the file that it lies in; NULL: in none */
	char *cache_path;
	char *warnings; /* lines ended by '\n': permissions, rescue copies, ...; NULL if none */
};

/* Looks at the files only: no network, nothing is changed. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_session_status(
	struct bfabric_session *session, struct bfabric_session_status *ret_status,
	struct bfabric_error *err);
BFABRIC_API void bfabric_session_status_clear(struct bfabric_session_status *status);

/* Path of the token cache of this session; "" where the method has none. Belongs to the session. */
BFABRIC_API const char *bfabric_session_cache_path(const struct bfabric_session *session);

/*
 * Path of the token cache for these three, below the home directory: the place that bfabricPy
 * computes too. `base_url` may be written in any equivalent form. Free with free().
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_token_cache_path(const char *base_url,
	const char *client_id, const char *environment, char **ret_path, struct bfabric_error *err);

/* ---- clients: connecting ------------------------------------------------------------------- */

/*
 * A client of one B-Fabric, with one login. Its session gives tokens, or login and password for the
 * web services; it belongs to the client.
 */
struct bfabric;

BFABRIC_API void bfabric_free(struct bfabric *client); /* NULL is fine */
BFABRIC_API struct bfabric_session *bfabric_session(struct bfabric *client);

/*
 * The environment that the configuration names, whatever its auth_method: bfabric_session_open as a
 * client. No network.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_connect(
	const struct bfabric_options *options, struct bfabric **ret_client,
	struct bfabric_error *err);

/* Which server, and how to reach it. NULL members stand for what is said beside them. */
struct bfabric_server {
	const char *base_url;          /* "https://HOST/bfabric"; must be given */
	const char *ca_file;           /* the system's certificates, or SSL_CERT_FILE */
	const char *proxy;             /* as the environment says; "": none */
	struct bfabric_cancel *cancel; /* nobody cancels */
};

/* What a login needs to know; all borrowed. */
struct bfabric_login {
	struct bfabric_server server;
	const char *client_id;     /* NULL: "CLI", the public client that every B-Fabric has */
	const char *client_secret; /* NULL: a public client */
	const char *scope;         /* NULL: what the server gives by itself */
	/*
	 * The login is kept in the token cache of an environment of this name, where bfabricPy
	 * finds it too, and a login that is there and can be used needs no person. NULL: it is kept
	 * in memory only and ends with the client.
	 */
	const char *environment;
	bool force;       /* log in even though a usable login is there */
	unsigned port;    /* browser: port of the loopback listener; 0: any */
	int64_t deadline; /* 0: 120 s for a browser, 600 s for a device code, 40 s for the rest */
};

/*
 * Client credentials (RFC 6749, section 4.4): a service with a secret. Fetches a first token, so
 * that a wrong secret is noticed here.
 * These five fail as bfabric_session_token does; with DENIED when the person or the server says no;
 * with CANCELLED; with UNSUPPORTED where `ui` lacks what the flow needs.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_connect_oauth(
	const struct bfabric_login *login, struct bfabric **ret_client, struct bfabric_error *err);

/* Authorization code with PKCE (RFC 7636) in the person's browser (RFC 8252). */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_connect_pkce(
	const struct bfabric_login *login, const struct bfabric_ui *ui, struct bfabric **ret_client,
	struct bfabric_error *err);

/* Device authorization grant (RFC 8628): a code that is entered on any device. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_connect_device_code(
	const struct bfabric_login *login, const struct bfabric_ui *ui, struct bfabric **ret_client,
	struct bfabric_error *err);

/* A personal access token. It is not checked here: the server says what it is worth. No network. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_connect_pat(
	const struct bfabric_server *server, const char *pat, struct bfabric **ret_client,
	struct bfabric_error *err);

/* ---- tokens of others ------------------------------------------------------------------------ */

/* What a token says. Strings are owned, NULL where it says nothing. */
struct bfabric_claims {
	char *subject;   /* the login name */
	char *client_id; /* who asked for it */
	char *issuer;
	char *scope;
	char *email, *name;
	char **groups; /* group_count names */
	size_t group_count;
	int64_t expires_at; /* Unix seconds; 0: not said */
	/* A launch token: where in B-Fabric the person came from. 0: not said. */
	int64_t entity_id, application_id, job_id;
	char *entity_class; /* "Workunit", "Dataset", ... */
	char *json;         /* all claims, an object */
};

BFABRIC_API void bfabric_claims_clear(struct bfabric_claims *claims);

/*
 * A web application is opened as `https://app.example.org/?jwt=TOKEN`: read what the launch token
 * says. NOT verified, which is enough for finding out which server to ask and no more. `token` may
 * be that whole address. DENIED: it is none, or damaged.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_parse_url_token(
	const char *token, struct bfabric_claims *ret_claims, struct bfabric_error *err);

/* What a token must say to be believed; NULL members are not looked at. */
struct bfabric_expected {
	const char *audience; /* NULL: "bfabric-api" */
	const char *client_id;
	const char *subject;
};

/*
 * Verify a JWT (RFC 7519) with the keys that the server publishes: signature, issuer, audience,
 * validity. The keys are kept for a day in ~/.bfabric/jwks. `expected` may be NULL.
 * DENIED: not to be believed, text says why. UNSUPPORTED: it is no JWT; use bfabric_introspect.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_verify_jwt(
	const struct bfabric_server *server, const char *token,
	const struct bfabric_expected *expected, int64_t deadline,
	struct bfabric_claims *ret_claims, struct bfabric_error *err);

/* bfabric_parse_url_token that verifies. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_verify_url_token(
	const struct bfabric_server *server, const char *token,
	const struct bfabric_expected *expected, int64_t deadline,
	struct bfabric_claims *ret_claims, struct bfabric_error *err);

/*
 * The client of the person who opened a web application: exchanges the launch token (RFC 8693) with
 * login->client_id and client_secret, and verifies what came (an opaque token is introspected).
 * login->environment NULL, as a web application has many users, keeps it in memory only.
 * `token` as in bfabric_parse_url_token. `ret_claims` may be NULL.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_from_url_token(
	const struct bfabric_login *login, const char *token, struct bfabric **ret_client,
	struct bfabric_claims *ret_claims, struct bfabric_error *err);

/* A client and its secret, for what asks for both. client_secret NULL: a public client. */
struct bfabric_credentials {
	const char *client_id;
	const char *client_secret;
};

/* Ask the server what a token is worth (RFC 7662). DENIED: it is not, or no longer, valid. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_introspect(
	const struct bfabric_server *server, const struct bfabric_credentials *credentials,
	const char *token, int64_t deadline, struct bfabric_claims *ret_claims,
	struct bfabric_error *err);

/*
 * Tell the server that a token, access or refresh, is no longer wanted (RFC 7009). OK: it is not
 * valid any more. Otherwise it may be, until it expires; UNSUPPORTED: the server cannot revoke.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_revoke(const struct bfabric_server *server,
	const struct bfabric_credentials *credentials, const char *token, int64_t deadline,
	struct bfabric_error *err);

/* ---- registering a client ---------------------------------------------------------------------
 */

/* What it is to be (RFC 7591, section 2); all borrowed, lists end with NULL. */
struct bfabric_client_metadata {
	const char *client_name;
	const char *const *redirect_uris;
	/* NULL: token exchange, refresh_token, authorization_code; client_credentials with a
	 * service user */
	const char *const *grant_types;
	const char *scope;              /* NULL: what the server gives */
	const char *service_user_login; /* whom client credentials act as; NULL: nobody */
};

/* What was registered: it holds the only copy of its secrets. */
struct bfabric_registration {
	char *client_id;
	char *client_secret;              /* NULL: a public client */
	int64_t client_secret_expires_at; /* Unix seconds; 0: never, or not said */
	char *registration_access_token;  /* manages it (RFC 7592); NULL: it cannot be managed */
	char *registration_client_uri;
	int64_t id;  /* B-Fabric's number of it, an application's `oauthclientid`; 0: not said */
	char *scope; /* granted */
};

BFABRIC_API void bfabric_registration_clear(struct bfabric_registration *registration);

/* `access_token`: of an employee. FORBIDDEN, DENIED: the server's words say why. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_register_client(
	const struct bfabric_server *server, const char *access_token,
	const struct bfabric_client_metadata *metadata, int64_t deadline,
	struct bfabric_registration *ret_registration, struct bfabric_error *err);

/* ---- web services ------------------------------------------------------------------------------
 *
 * B-Fabric's data: each endpoint ("sample", "workunit", ...) can be read, and most can be saved and
 * deleted. Records are values of the jansson library (jansson.h, json_decref): objects with sorted
 * keys, whose scalars are what the service's description says (strings, mostly), with an array
 * where an element is repeated. A request carries a token that is valid when it leaves; one that
 * the server calls invalid is rejected and refreshed, and a read is asked once more. What saves or
 * deletes is never sent twice.
 *
 * A client may be shared by threads, as its session may: each call has a connection of its own, and
 * a callback may use the client, too. The description of an endpoint is fetched once per client.
 *
 * They fail as bfabric_session_token does, and with
 *   REFUSED    the service did not do it: "Query was not successful: ..."
 *   FORBIDDEN  the scope of the login is too small, or the person may not; the text says what is
 *              needed
 *   LOGIN_REQUIRED, DENIED  the server does not take the token, or login and password; an empty
 *              answer is DENIED, too
 *   BAD_CALL   no such endpoint, method or field (checked with the service's description first,
 *              because the server ignores a field that it does not know, and returns everything)
 *   RETRY_LATER  also 404 for an endpoint that every B-Fabric has: it is being restarted
 *   BAD_REPLY  the answer is none
 * Where the answer to what saves or deletes is lost, the text says that nobody knows whether it was
 * done.
 */
struct json_t;

/* What to read. Zero it: the first 100 records of all. All borrowed. */
struct bfabric_read {
	/*
	 * An object: field names, each with a value or an array of alternatives; strings may have
	 * the wildcards '%' and '_'. NULL: no condition. An empty array has no alternative:
	 * nothing is found. The server takes 100 values; more ids than that (`id`) are asked for in
	 * several requests, more of anything else is BAD_CALL.
	 */
	const struct json_t *query;
	int64_t max_results; /* 0: 100; -1: all */
	int64_t offset;      /* how many to leave out at the start */
	bool ids_only;       /* records have nothing but id and classname */
	bool no_check;       /* do not compare the query with the service's description */
	/* 0: 120 seconds for each page, in which the callback's own time counts, too. */
	int64_t deadline;
	/* Called after each page: records so far, and of how many at most. NULL: not wanted. */
	void (*progress)(void *data, int64_t records, int64_t of);
	void *data;
};

/*
 * Calls `record` for each record, in the server's order (descending id), and holds one at a time.
 * The value is the library's: json_incref what is kept. False ends reading with OK. Where a later
 * page fails, the records before it have been handed out, and the text says how many those were.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_read_each(struct bfabric *client,
	const char *endpoint, const struct bfabric_read *read,
	bool (*record)(void *data, struct json_t *record), void *data, struct bfabric_error *err);

/* All at once: an array. `read` may be NULL. */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_read(struct bfabric *client,
	const char *endpoint, const struct bfabric_read *read, struct json_t **ret_records,
	struct bfabric_error *err);

/* Is there a record whose `key` is `value` and that fits `query` (NULL: no further condition)? */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_exists(struct bfabric *client,
	const char *endpoint, const char *key, const char *value, const struct json_t *query,
	bool *ret_exists, struct bfabric_error *err);

/* How to save or delete. Zero it, or pass NULL. */
struct bfabric_write {
	const char *method; /* of saving; NULL: "save"; "checkandinsert", "changestatus", ... */
	bool no_check;      /* as in bfabric_read */
	/*
	 * There is no transaction: of several records some may be saved and others not. True: the
	 * call is OK and such a record has the member "errorreport". False: it is REFUSED, and the
	 * text names all that failed.
	 */
	bool keep_errors;
	int64_t deadline; /* 0: 120 seconds */
};

/*
 * Create (without id) or change (with id) one object or an array of them. `ret_records`, an array
 * in the order of the input, says what the server made of them; it may be NULL. An empty array is
 * answered without a request.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_save(struct bfabric *client,
	const char *endpoint, const struct json_t *objects, const struct bfabric_write *write,
	struct json_t **ret_records, struct bfabric_error *err);

/*
 * As bfabric_save, for ids. Records of the answer have "id", and "deletionreport" where it is
 * deleted, else "errorreport".
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_delete(struct bfabric *client,
	const char *endpoint, const int64_t *ids, size_t count, const struct bfabric_write *write,
	struct json_t **ret_records, struct bfabric_error *err);

/*
 * What the service's description (WSDL) says, an object:
 *   "namespace"   of its messages
 *   "operations"  name -> { "in": type, "out": type }
 *   "types"       name -> array of { "name", "type", "attribute", "min", "many" } in their order;
 *                 `type` is a key of "types" or a type of XML Schema ("string", "long", ...)
 * It is fetched once per client and endpoint, in the default time where `deadline` is 0.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_inspect(struct bfabric *client,
	const char *endpoint, int64_t deadline, struct json_t **ret_description,
	struct bfabric_error *err);

/* ---- web applications --------------------------------------------------------------------------
 *
 * A web application of B-Fabric has two logins: that of the person who opened it, and its own.
 */

struct bfabric_webapp {
	struct bfabric *user;          /* what the person may do */
	struct bfabric *service;       /* what the service user of its registration may do */
	struct bfabric_claims context; /* who came, and from where in B-Fabric; verified */
};

/* All borrowed. */
struct bfabric_webapp_login {
	struct bfabric_server server;
	const char *client_id; /* of the registration */
	const char *client_secret;
	const char *scope; /* of the service; NULL: what the server gives by itself */
	/*
	 * The environments in whose token caches the two logins are kept (bfabric_login); NULL: in
	 * memory. They cannot be the same. A web application has many users: where they are kept,
	 * each has an environment of their own, else one would go on with the login of another.
	 */
	const char *user_environment;
	const char *service_environment;
	int64_t deadline; /* 0: 40 seconds for each of the two */
};

/*
 * Both clients and the context, from the address that the web application was opened at, or the
 * launch token alone (bfabric_from_url_token, bfabric_connect_oauth: they say how it fails). The
 * service logs in first; where the launch token is refused then, nothing of the person is left.
 * Release with bfabric_webapp_clear.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_webapp_open(
	const struct bfabric_webapp_login *login, const char *launch_token,
	struct bfabric_webapp *ret_webapp, struct bfabric_error *err);
BFABRIC_API void bfabric_webapp_clear(struct bfabric_webapp *webapp);

/* What a web application is to be; zero it. All borrowed. */
struct bfabric_webapp_metadata {
	const char *name;
	const char *web_url;            /* where it is opened; the client's redirect URI, too */
	const char *scope;              /* as in bfabric_client_metadata, */
	const char *service_user_login; /* with these two */
	const char *const *grant_types;
	const char *description; /* NULL: none */
	int64_t application_id;  /* the application to change; 0: a new one */
	int64_t technology_id;   /* 0: none */
	bool hidden;             /* only its supervisor sees it */
};

/*
 * Register an OAuth client (bfabric_register_client, with the client's own token, of an employee)
 * and save the application that belongs to it, whose record is *ret_application (may be NULL).
 * Names and the application are looked at first, so that hardly anything fails halfway. What fails
 * after the client was registered fills *ret_registration all the same, whose client_id is NULL
 * otherwise: it is the only copy of its secrets. Zero it before, clear it after.
 */
BFABRIC_API BFABRIC_MUST_USE enum bfabric_status bfabric_register_webapp(struct bfabric *client,
	const struct bfabric_webapp_metadata *webapp, int64_t deadline,
	struct bfabric_registration *ret_registration, struct json_t **ret_application,
	struct bfabric_error *err);

#ifdef __cplusplus
}
#endif
#endif
