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
	bool exists;   /* the environment is in the configuration already */
	bool replaces; /* and what is kept for its login there is another server's or method's */
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
 * Right before the change is written: check that it can be, then end the login that it replaces.
 */
BF_MUST_USE enum bfabric_status bf_static_login_clear(const struct bf_command_line *call,
	struct bfabric_cancel *cancel, const struct bf_static_login *login,
	const struct bf_config_change *change, struct bf_secret *told, struct bfabric_error *err);

#endif
