/*
 * client.h - the inside of the public clients, and of the calls that need a server but no login.
 */
#ifndef BF_CLIENT_H
#define BF_CLIENT_H

#include <jansson.h>
#include <pthread.h>
#include "login_flow.h"
#include "oauth/launch.h"

#define BF_CLIENT_IDLE 4

struct bfabric {
	struct bfabric_session *session;
	pthread_mutex_t mutex;                /* of what follows; held for looking only */
	json_t *descriptions;                 /* endpoint -> its WSDL; entries are for good */
	struct bf_http *idle[BF_CLIENT_IDLE]; /* connections that nobody uses now; or NULL */
};

/* Takes `session` over, also when it fails. */
BF_MUST_USE enum bfabric_status bf_client_new(
	struct bfabric_session *session, struct bfabric **ret, struct bfabric_error *err);

/*
 * The environment of a login that is in no configuration: what bfabric_login and bfabric_server
 * say, copied. `name` NULL: one that is kept in memory, called after its URL in messages.
 */
BF_MUST_USE enum bfabric_status bf_client_environment(const struct bfabric_server *server,
	const char *name, enum bfabric_auth_method method, struct bf_environment *ret,
	struct bfabric_error *err);

/* A session of the environment that the login describes. */
BF_MUST_USE enum bfabric_status bf_client_session(const struct bfabric_login *login,
	enum bfabric_auth_method method, struct bfabric_session **ret, struct bfabric_error *err);

/* ---- calls without a login ---- */

/* A server to ask; `deadline` 0: 40 seconds. Zero it; release it. */
struct bf_server_call {
	struct bfabric_session *session; /* of nobody */
	struct bf_login_flow flow;
};

#define BF_AUTO_SERVER_CALL BF_CLEANUP(bf_server_call_release)
void bf_server_call_release(struct bf_server_call *call);
BF_MUST_USE enum bfabric_status bf_server_call_begin(struct bf_server_call *call,
	const struct bfabric_server *server, int64_t deadline, struct bfabric_error *err);
/* The same, and its endpoints in call->flow.endpoints. */
BF_MUST_USE enum bfabric_status bf_server_call_discover(struct bf_server_call *call,
	const struct bfabric_server *server, int64_t deadline, struct bfabric_error *err);

/* ---- operations.c ---- */

/*
 * How this client authenticates; `secret` receives its secret and must outlive `ret`. BAD_CALL: it
 * has no id.
 */
BF_MUST_USE enum bfabric_status bf_client_params(const struct bfabric_credentials *credentials,
	struct bf_secret *secret, struct bf_grant_params *ret, struct bfabric_error *err);
/* A token that a program handed over. BAD_CALL: there is none. */
BF_MUST_USE enum bfabric_status bf_token_argument(
	const char *token, struct bf_secret *ret, struct bfabric_error *err);

/* bfabric_register_client over a connection that knows the endpoints. */
BF_MUST_USE enum bfabric_status bf_register_at(struct bf_login_flow *flow,
	const struct bf_secret *token, const struct bfabric_client_metadata *metadata,
	struct bfabric_registration *ret, struct bfabric_error *err);

/* ---- url_token.c ---- */

/* The JWT in what a browser brought: an address or the token itself. BAD_CALL: there is none. */
BF_MUST_USE enum bfabric_status bf_launch_jwt(
	const char *text, struct bf_secret *ret, struct bfabric_error *err);

/* ---- claims.c ---- */

/* From a JSON object, which is only read; its types are checked (BAD_REPLY). */
BF_MUST_USE enum bfabric_status bf_claims_from_json(
	json_t *object, struct bfabric_claims *ret, struct bfabric_error *err);

/* Verify with the server's keys; discovers if those have to be fetched. UNSUPPORTED: no JWT. */
BF_MUST_USE enum bfabric_status bf_claims_verify(struct bf_login_flow *flow,
	const struct bf_secret *token, const struct bfabric_expected *expected,
	struct bfabric_claims *ret, struct bfabric_error *err);

/* DENIED: not active. */
BF_MUST_USE enum bfabric_status bf_claims_introspect(struct bf_login_flow *flow,
	const struct bf_grant_params *client, const struct bf_secret *token,
	struct bfabric_claims *ret, struct bfabric_error *err);

#endif
