/* SPDX-License-Identifier: MIT */
/* Who calls a web service, and whether that may be done. */
#include "soap.h"

#include "grants.h"
#include "reply.h"

#include <string.h>

#define REFUSED "Invalid login or password. Could not login."

/* The account of that login, if it may be used. */
static const json_t *account(const struct sandbox *sb, const char *login)
{
	const json_t *users = sb_soap_records(&sb->soap, sb_service_find("user"));

	for (size_t i = 0; i < json_array_size(users); i++) {
		const json_t *user = json_array_get(users, i);
		const char *name = json_string_value(json_object_get(user, "login"));

		if (name && !strcmp(name, login))
			return user;
	}
	return NULL;
}

static bool by_token(struct sb_request *rq, struct sb_call *call, const char *value)
{
	call->token = sb_store_find(&rq->sb->store, SB_ACCESS, value);
	sb_token_id(value, rq->log.access_token_id);
	rq->log.client_auth = "token";
	if (call->token)
		rq->log.family = call->token->family->number;
	if (!call->token || !sb_token_alive(call->token, sb_now(rq->sb)))
		return false;
	call->user = sb_strdup(call->token->user);
	rq->log.user = sb_strdup(call->user);
	return true;
}

static bool by_password(
	struct sb_request *rq, struct sb_call *call, const char *login, const char *password)
{
	rq->log.client_auth = "password";
	if (!account(rq->sb, login) || strcmp(password, rq->sb->set.ws_password) != 0)
		return false;
	call->user = sb_strdup(login);
	rq->log.user = sb_strdup(login);
	return true;
}

static bool refuse(struct sb_request *rq, const struct sb_call *call, const char *outcome,
	const char *errorreport)
{
	sb_return_error(rq, call->operation->name, errorreport);
	rq->log.outcome = outcome;
	return false;
}

/* A password may do everything, a token what its scope says. */
static bool scope_allows(const struct sb_call *call)
{
	const char *needed = call->operation->scope;

	if (!call->token || sb_scope_has(call->token->scope, needed, strlen(needed)))
		return true;
	return !strcmp(needed, "api:read") &&
	       sb_scope_has(call->token->scope, "api:write", strlen("api:write"));
}

static bool check_scope(struct sb_request *rq, const struct sb_call *call)
{
	struct sb_text text SB_AUTOTEXT = {0};

	if (scope_allows(call))
		return true;
	sb_text_printf(&text, "Insufficient scope: %s needs %s.", call->operation->name,
		call->operation->scope);
	return refuse(rq, call, "insufficient_scope", text.data);
}

static bool check_permission(struct sb_request *rq, const struct sb_call *call)
{
	struct sb_text text SB_AUTOTEXT = {0};
	const char *guests = rq->sb->set.guests;

	if (!sb_scope_has(guests, call->user, strlen(call->user)))
		return true;
	sb_text_printf(&text,
		"Invalid login: only admins, application managers and feeders can use this web "
		"service. %s",
		call->user);
	return refuse(rq, call, "forbidden", text.data);
}

bool sb_call_admit(struct sb_request *rq, struct sb_call *call)
{
	SB_AUTOFREE char *login = sb_xml_text(sb_xml_child(call->parameters, "login"));
	SB_AUTOFREE char *password = sb_xml_text(sb_xml_child(call->parameters, "password"));
	bool known;

	if (!login || !*login || !password || !*password)
		return refuse(rq, call, "no_login", NULL);
	known = !strcmp(login, "__oauth__") ? by_token(rq, call, password)
					    : by_password(rq, call, login, password);
	if (!known)
		return refuse(rq, call, "unauthorized", REFUSED);
	return check_scope(rq, call) && check_permission(rq, call);
}
