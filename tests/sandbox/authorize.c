/* SPDX-License-Identifier: MIT */
#include "authorize.h"

#include "endpoints.h"
#include "grants.h"
#include "reply.h"

#include <string.h>

#define CHALLENGE_LEN 43 /* base64url of a SHA-256 */

static const char *param(const struct sb_authorize *az, const char *name)
{
	return sb_params_get(az->params, name);
}

/* Before client and address are known to belong together nobody is redirected anywhere. */
static bool destination_known(struct sb_authorize *az)
{
	const char *id = param(az, "client_id");
	const char *wrong = NULL;

	az->redirect_uri = param(az, "redirect_uri");
	az->client = id ? sb_store_client(&az->rq->sb->store, id) : NULL;
	free(az->rq->log.client_id);
	az->rq->log.client_id = sb_strdup(id ? id : "");
	if (az->params->malformed || az->params->repeated)
		wrong = "The request is malformed.";
	else if (!az->client)
		wrong = "No program with this client_id is registered.";
	else if (!az->redirect_uri)
		wrong = "The request names no redirect_uri.";
	else if (!sb_client_redirects(az->client, az->redirect_uri))
		wrong = "The redirect_uri is none that this program is registered for.";
	if (!wrong)
		return true;
	az->rq->log.outcome = "error-page";
	sb_reply_page(&az->rq->reply, 400, "This login cannot go on", wrong);
	return false;
}

static bool challenge_is_good(const struct sb_authorize *az)
{
	const char *challenge = param(az, "code_challenge");
	const char *method = param(az, "code_challenge_method");

	return challenge && method && !strcmp(method, "S256") &&
	       strlen(challenge) == CHALLENGE_LEN &&
	       strspn(challenge, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789-_") == CHALLENGE_LEN;
}

static bool request_is_good(const struct sb_authorize *az)
{
	const char *type = param(az, "response_type");

	if (!type)
		sb_authorize_refuse(az, "invalid_request", "response_type is missing.");
	else if (strcmp(type, "code") != 0)
		sb_authorize_refuse(az, "unsupported_response_type", "Only code is supported.");
	else if (!sb_client_may(az->client, SB_GRANT_CODE))
		sb_authorize_refuse(az, "unauthorized_client", "Not with this client.");
	else if (!challenge_is_good(az))
		sb_authorize_refuse(
			az, "invalid_request", "A code_challenge with method S256 is required.");
	else if (!*az->scope)
		sb_authorize_refuse(az, "invalid_scope", "None of these scopes is granted.");
	else
		return true;
	return false;
}

/* The person has agreed; the settings may still have a reason to refuse. */
static void finish(const struct sb_authorize *az, const char *user)
{
	const struct sb_settings *set = &az->rq->sb->set;

	if (set->no_two_factor)
		sb_authorize_refuse(az, "access_denied",
			"Two-factor authentication is required. Please enrol a second factor in "
			"your B-Fabric profile first.");
	else if (*set->authorize_error)
		sb_authorize_refuse(az, set->authorize_error, set->authorize_error_text);
	else
		sb_authorize_approve(az, user);
}

static void sign_in(const struct sb_authorize *az)
{
	const char *user = param(az, "username");
	struct sb_browser *browser = sb_browser_sign_in(az->rq, user ? user : az->rq->sb->set.user);

	az->rq->log.outcome = "signed-in";
	if (browser)
		sb_authorize_consent_page(az, browser);
	else
		sb_authorize_refuse(az, "temporarily_unavailable", "Too many sessions.");
}

static void decide(const struct sb_authorize *az)
{
	struct sb_browser *browser = sb_browser_find(az->rq);
	const char *action = strcmp(az->rq->method, "POST") ? "" : param(az, "action");
	const struct sb_settings *set = &az->rq->sb->set;

	action = action ? action : "";
	if (set->auto_approve >= 0)
		finish(az, browser ? browser->user : set->user);
	else if (!strcmp(action, "sign-in"))
		sign_in(az);
	else if (!browser)
		sb_authorize_sign_in_page(az);
	else if (!strcmp(action, "deny"))
		sb_authorize_refuse(az, "access_denied", "The person said no.");
	else if (!strcmp(action, "approve") ||
		 (set->warm_session && json_object_get(browser->approved, az->client->id))) {
		json_object_set_new(browser->approved, az->client->id, json_true());
		finish(az, browser->user);
	} else {
		sb_authorize_consent_page(az, browser);
	}
}

static void answer(struct sb_request *rq)
{
	struct sb_authorize az = {
		.rq = rq, .params = strcmp(rq->method, "POST") ? &rq->query : &rq->form};

	if (!destination_known(&az))
		return;
	az.scope = sb_scope_grant(rq->sb, az.client, param(&az, "scope"));
	if (request_is_good(&az))
		decide(&az);
	free(az.scope);
}

void sb_handle_authorize(struct sb_request *rq)
{
	double delay;

	pthread_mutex_lock(&rq->sb->lock);
	delay = rq->sb->set.auto_approve;
	pthread_mutex_unlock(&rq->sb->lock);
	if (delay > 0 && !sb_pause(rq, delay)) {
		rq->reply.action = SB_CLOSE;
		return;
	}
	pthread_mutex_lock(&rq->sb->lock);
	answer(rq);
	pthread_mutex_unlock(&rq->sb->lock);
}
