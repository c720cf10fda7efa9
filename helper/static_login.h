/*
 * static_login.h - what the logins have in common whose secret is written down and not obtained: a
 * personal access token, the secret of a service. Which environment it is for, what it replaces
 * there, and the configuration.
 */
#ifndef BF_STATIC_LOGIN_H
#define BF_STATIC_LOGIN_H

#include "login_plan.h"

struct bfabric_cancel;

struct bf_static_login {
	struct bf_login_plan plan;
	bool exists;    /* the environment is in the configuration already */
	bool replaces;  /* and what is kept for its login there is another server's or method's */
	bool continues; /* it is for the same server, method and client */
	struct bf_store store; /* where its secrets are going to lie */
	bool put;              /* they do; the configuration may not say so yet */
};

#define BF_AUTO_STATIC_LOGIN BF_CLEANUP(bf_static_login_release)
void bf_static_login_release(struct bf_static_login *login);

/*
 * Find the environment, and ask the person if it would get another server or method; without a
 * terminal that is FORBIDDEN. `client_id` NULL: the method has none.
 */
BF_MUST_USE enum bfabric_status bf_static_login_plan(const struct bf_command_line *call,
	enum bfabric_auth_method method, const char *client_id, const struct bf_terminal *terminal,
	struct bf_static_login *ret, struct bfabric_error *err);

/*
 * Open the store that `environment`, which is as it is going to be, says; a locked one is unlocked,
 * before a person is asked for the secret, and so is the one that it replaces, if that is possible.
 */
BF_MUST_USE enum bfabric_status bf_static_login_ready(struct bf_static_login *login,
	const struct bf_environment *environment, struct bfabric_cancel *cancel,
	const struct bf_terminal *terminal, struct bfabric_error *err);

/*
 * Where what registered the client is kept so far (registration_access_token), if it is the same
 * client: it outlives a login. Empty: nowhere, or in a store that is left and does not answer.
 */
BF_MUST_USE enum bfabric_status bf_static_login_recall(const struct bf_static_login *login,
	const struct bf_environment *environment, struct bf_secret *ret, struct bfabric_error *err);

/*
 * Right before the change is written: check that it can be, then end the login that it replaces.
 */
BF_MUST_USE enum bfabric_status bf_static_login_clear(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, const struct bf_static_login *login,
	const struct bf_config_change *change, struct bf_secret *told, struct bfabric_error *err);

/* All that the environment's document is to hold; NULL or empty: not that. */
struct bf_static_secrets {
	const struct bf_secret *pat, *client_secret, *registration_access_token;
};

/* The value that says so in the configuration, if it has to be written: how many, 0 or 1. */
size_t bf_static_login_value(const struct bf_static_login *login, struct bf_config_value *ret);

/* Into the store; nothing happens where that is `file`. */
BF_MUST_USE enum bfabric_status bf_static_login_put(struct bf_static_login *login,
	const struct bf_environment *environment, const struct bf_static_secrets *secrets,
	struct bfabric_error *err);

/*
 * The configuration, and then out of the store that held the secrets so far. Where it cannot be
 * written, what was put into the store is taken out again, unless it is what the environment uses
 * already; the text says where the secret is.
 */
BF_MUST_USE enum bfabric_status bf_static_login_write(const struct bf_command_line *call,
	const struct bf_static_login *login, const struct bf_config_change *change,
	struct bf_secret *told, struct bfabric_error *err);

#endif
