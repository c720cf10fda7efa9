/*
 * A web application at work: the person who opened it, and the service behind it.
 */
#include "client.h"

#include <string.h>

void bfabric_webapp_clear(struct bfabric_webapp *webapp)
{
	if (!webapp)
		return;
	bfabric_free(webapp->user);
	bfabric_free(webapp->service);
	bfabric_claims_clear(&webapp->context);
	*webapp = (struct bfabric_webapp){0};
}

/* The cache of a token is told by server, client and environment: only the last one differs. */
static enum bfabric_status check(
	const struct bfabric_webapp_login *login, const char *token, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret jwt = BF_SECRET_INIT;

	if (login->user_environment && login->service_environment &&
		strcmp(login->user_environment, login->service_environment) == 0)
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the user and the service cannot both be kept in the environment %.80s: "
			"each would get the token of the other",
			login->user_environment);
	return bf_launch_jwt(token, &jwt, err);
}

/* The service first: what fails afterwards leaves nothing of a person behind. */
static enum bfabric_status log_in(const struct bfabric_webapp_login *login, const char *token,
	struct bfabric_webapp *webapp, struct bfabric_error *err)
{
	struct bfabric_login one = {.server = login->server,
		.client_id = login->client_id,
		.client_secret = login->client_secret,
		.scope = login->scope,
		.environment = login->service_environment,
		.deadline = login->deadline};
	enum bfabric_status status = bfabric_connect_oauth(&one, &webapp->service, err);

	if (status != BFABRIC_OK)
		return bf_fail_context(err, status, "the service of the web application");
	one.scope = NULL; /* the launch token says what the person may do */
	one.environment = login->user_environment;
	return bfabric_from_url_token(&one, token, &webapp->user, &webapp->context, err);
}

enum bfabric_status bfabric_webapp_open(const struct bfabric_webapp_login *login,
	const char *launch_token, struct bfabric_webapp *ret_webapp, struct bfabric_error *err)
{
	struct bfabric_error own = {0};
	struct bfabric_webapp webapp = {0};
	enum bfabric_status status;

	if (!err)
		err = &own;
	status = check(login, launch_token, err);
	if (status == BFABRIC_OK)
		status = log_in(login, launch_token, &webapp, err);
	if (status == BFABRIC_OK)
		*ret_webapp = webapp;
	else
		bfabric_webapp_clear(&webapp);
	return status;
}
