/*
 * A client: one login of one B-Fabric.
 */
#include "client.h"

#include <stdlib.h>
#include <string.h>

#include "net/http.h"

void bfabric_free(struct bfabric *client)
{
	if (!client)
		return;
	for (size_t i = 0; i < BF_CLIENT_IDLE; i++)
		bf_http_free(client->idle[i]);
	json_decref(client->descriptions);
	pthread_mutex_destroy(&client->mutex);
	bfabric_session_free(client->session);
	free(client);
}

struct bfabric_session *bfabric_session(struct bfabric *client)
{
	return client->session;
}

enum bfabric_status bf_client_new(
	struct bfabric_session *session, struct bfabric **ret, struct bfabric_error *err)
{
	struct bfabric *client = calloc(1, sizeof(*client));

	if (!client) {
		bfabric_session_free(session);
		return bf_fail_nomem(err);
	}
	pthread_mutex_init(&client->mutex, NULL);
	client->session = session;
	*ret = client;
	return BFABRIC_OK;
}

enum bfabric_status bfabric_connect(const struct bfabric_options *options,
	struct bfabric **ret_client, struct bfabric_error *err)
{
	struct bfabric_session *session = NULL;
	enum bfabric_status status = bfabric_session_open(options, &session, err);

	return status == BFABRIC_OK ? bf_client_new(session, ret_client, err) : status;
}

enum bfabric_status bf_client_environment(const struct bfabric_server *server, const char *name,
	enum bfabric_auth_method method, struct bf_environment *ret, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {.method = method, .min_ttl = 60};
	enum bfabric_status status;

	if (!server->base_url)
		return bf_fail(err, BFABRIC_BAD_CALL, "no base URL is given");
	status = bf_url_parse(server->base_url, &env.url, err);
	if (status != BFABRIC_OK)
		return bf_fail_context(err, status, "base URL");
	if (!bf_copy_string(&env.name, name ? name : env.url.text) ||
		!bf_copy_string(&env.file, "the program") ||
		!bf_copy_string(&env.ca_file, server->ca_file) ||
		!bf_copy_string(&env.proxy, server->proxy))
		return bf_fail_nomem(err);
	*ret = env;
	env = (struct bf_environment){0};
	return BFABRIC_OK;
}

static enum bfabric_status fill_client(
	const struct bfabric_login *login, struct bf_environment *env, struct bfabric_error *err)
{
	if (login->client_id && !*login->client_id)
		return bf_fail(err, BFABRIC_BAD_CALL, "the client id is empty");
	if (!bf_copy_string(&env->client_id, login->client_id ? login->client_id : "CLI") ||
		!bf_copy_string(&env->scope, login->scope))
		return bf_fail_nomem(err);
	bf_secret_puts(&env->client_secret, login->client_secret ? login->client_secret : "");
	return env->client_secret.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

enum bfabric_status bf_client_session(const struct bfabric_login *login,
	enum bfabric_auth_method method, struct bfabric_session **ret, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_session_seams seams = {
		.cancel = login->server.cancel, .in_memory = !login->environment};
	enum bfabric_status status =
		bf_client_environment(&login->server, login->environment, method, &env, err);

	if (status == BFABRIC_OK)
		status = fill_client(login, &env, err);
	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "the program", &seams, ret, err);
	return status;
}

/* ---- calls without a login ------------------------------------------------------------------- */

void bf_server_call_release(struct bf_server_call *call)
{
	bf_login_flow_release(&call->flow);
	bfabric_session_free(call->session);
}

enum bfabric_status bf_server_call_begin(struct bf_server_call *call,
	const struct bfabric_server *server, int64_t deadline, struct bfabric_error *err)
{
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_session_seams seams = {.cancel = server->cancel};
	enum bfabric_status status =
		bf_client_environment(server, /* name= */ NULL, BFABRIC_AUTH_NONE, &env, err);

	if (status == BFABRIC_OK)
		status = bf_session_new(&env, "the program", &seams, &call->session, err);
	if (status == BFABRIC_OK)
		status = bf_login_connect(&call->flow, call->session, deadline, BF_CALL_MS, err);
	return status;
}

enum bfabric_status bf_server_call_discover(struct bf_server_call *call,
	const struct bfabric_server *server, int64_t deadline, struct bfabric_error *err)
{
	enum bfabric_status status = bf_server_call_begin(call, server, deadline, err);

	return status == BFABRIC_OK ? bf_login_discover(&call->flow, err) : status;
}
