/*
 * login_plan.h - what a login is going to do, decided before anybody is asked to open a browser:
 * which environment, which server, client and scope, and what will be written.
 */
#ifndef BF_LOGIN_PLAN_H
#define BF_LOGIN_PLAN_H

#include "../libbfabric/local/store.h"
#include "options.h"
#include "terminal.h"

struct bf_login_plan {
	struct bf_environment environment; /* checked, complete, method oauth */
	char *recorded_url; /* the environment's URL in the configuration when it differs, or NULL
			     */
	struct bf_store recorded; /* where its secrets have been so far; `type` NULL: it is new */
};

#define BF_AUTO_LOGIN_PLAN BF_CLEANUP(bf_login_plan_release)
void bf_login_plan_release(struct bf_login_plan *plan);

/*
 * From the command line, the configuration and, for a scope that nobody named, the person.
 *   BASE_URL given: the environment of --env, else the active one if it is at this URL, else one
 *   named after the instance. Not given: the active environment (or --env), whose URL, client and
 *   scope are used again; a known name in --env stands for its URL.
 * The store is that of --store, else the environment's.
 * BAD_CALL: something is missing or malformed; the text says what to give.
 */
BF_MUST_USE enum bfabric_status bf_login_plan_make(const struct bf_command_line *call,
	const struct bf_terminal *terminal, struct bf_login_plan *ret, struct bfabric_error *err);

/*
 * The same without client and scope, for a login that has none. The environment has line 0 if it is
 * not in the configuration yet.
 */
BF_MUST_USE enum bfabric_status bf_login_plan_where(
	const struct bf_command_line *call, struct bf_login_plan *ret, struct bfabric_error *err);

#endif
