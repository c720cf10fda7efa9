/*
 * Clients that log in themselves.
 */
#include "client.h"

#include <string.h>

#include "login.h"
#include "oauth/reply.h"

/* Is a login there that needs nobody? Trouble with the network is the next token's affair. */
static bool usable(struct bfabric_session *s, const struct bfabric_login *login)
{
	struct bfabric_token token = {0};
	enum bfabric_status status;

	if (login->force || !login->environment)
		return false;
	status = bfabric_session_token(s, /* min_ttl= */ -1, login->deadline, &token, NULL);
	bfabric_token_clear(&token);
	return status == BFABRIC_OK;
}

enum bfabric_status bfabric_connect_oauth(
	const struct bfabric_login *login, struct bfabric **ret_client, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *s = NULL;
	struct bfabric_token token = {0};
	enum bfabric_status status;

	if (!login->client_id || !login->client_secret || !*login->client_secret)
		return bf_fail(
			err, BFABRIC_BAD_CALL, "client credentials are a client id and its secret");
	status = bf_client_session(login, BFABRIC_AUTH_CLIENT_CREDENTIALS, &s, err);
	if (status == BFABRIC_OK)
		status = bf_session_get(
			s, /* min_ttl= */ -1, login->force, login->deadline, &token, err);
	bfabric_token_clear(&token);
	return status == BFABRIC_OK ? bf_client_new(BF_TAKE(s), ret_client, err) : status;
}

enum bfabric_status bfabric_connect_device_code(const struct bfabric_login *login,
	const struct bfabric_ui *ui, struct bfabric **ret_client, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *s = NULL;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	enum bfabric_status status;

	if (!ui || !ui->show_code)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"a login by device code needs a way to show the code (ui->show_code)");
	status = bf_client_session(login, BFABRIC_AUTH_OAUTH, &s, err);
	if (status == BFABRIC_OK && !usable(s, login))
		status = bf_login_device(s, ui, login->deadline, &result, err);
	return status == BFABRIC_OK ? bf_client_new(BF_TAKE(s), ret_client, err) : status;
}

enum bfabric_status bfabric_connect_pkce(const struct bfabric_login *login,
	const struct bfabric_ui *ui, struct bfabric **ret_client, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *s = NULL;
	BF_AUTO_LOGIN_RESULT struct bf_login_result result = {0};
	enum bfabric_status status;

	if (!ui || !ui->open_url)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"a login by browser needs a way to open it (ui->open_url)");
	status = bf_client_session(login, BFABRIC_AUTH_OAUTH, &s, err);
	if (status == BFABRIC_OK && !usable(s, login))
		status = bf_login_browser(s, ui, login->port, login->deadline, &result, err);
	return status == BFABRIC_OK ? bf_client_new(BF_TAKE(s), ret_client, err) : status;
}

enum bfabric_status bfabric_connect_pat(const struct bfabric_server *server, const char *pat,
	struct bfabric **ret_client, struct bfabric_error *err)
{
	BF_AUTO_SESSION struct bfabric_session *s = NULL;
	BF_AUTO_ENVIRONMENT struct bf_environment env = {0};
	struct bf_session_seams seams = {.cancel = server->cancel};
	enum bfabric_status status;

	if (!pat || !*pat || !bf_printable(pat, '!'))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"a personal access token is printable ASCII without spaces");
	status = bf_client_environment(server, /* name= */ NULL, BFABRIC_AUTH_PAT, &env, err);
	if (status != BFABRIC_OK)
		return status;
	bf_secret_puts(&env.pat, pat);
	if (env.pat.failed)
		return bf_fail_nomem(err);
	status = bf_session_new(&env, "the program", &seams, &s, err);
	return status == BFABRIC_OK ? bf_client_new(BF_TAKE(s), ret_client, err) : status;
}
