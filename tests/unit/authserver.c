#include "authserver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "libbfabric/base/base64.h"

struct authserver *authserver_new(const struct bf_sys *sys)
{
	struct authserver *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t shared;

	if (s == MAP_FAILED)
		abort();
	pthread_mutexattr_init(&shared);
	pthread_mutexattr_setpshared(&shared, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&s->mutex, &shared);
	pthread_mutexattr_destroy(&shared);
	s->sys = sys;
	s->rotates = s->detects_reuse = s->says_expires_in = true;
	s->lifetime = 28800;
	strcpy(s->scope, "api:read");
	return s;
}

void authserver_free(struct authserver *server)
{
	pthread_mutex_destroy(&server->mutex);
	munmap(server, sizeof(*server));
}

void authserver_trouble_set(struct authserver *server, enum authserver_trouble trouble, int count)
{
	server->trouble = trouble;
	server->trouble_left = count;
}

/* ---- tokens ---------------------------------------------------------------------------------- */

static char *make_jwt(struct authserver *s, const char *subject)
{
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	char payload[256];
	int n = snprintf(payload, sizeof(payload),
		"{\"sub\":\"%s\",\"aud\":\"bfabric-api\",\"jti\":\"%u\",\"exp\":%lld}", subject,
		s->serial, (long long)(bf_wall(s->sys) + s->lifetime));

	bf_base64url_encode(&text, "{\"alg\":\"RS256\"}", 15);
	bf_secret_putc(&text, '.');
	bf_base64url_encode(&text, payload, (size_t)n);
	bf_secret_puts(&text, ".c2ln");
	return strdup(bf_secret_reveal(&text));
}

static char *make_access(struct authserver *s, const char *subject)
{
	char *text = NULL;

	s->serial++;
	if (!s->opaque)
		return make_jwt(s, subject);
	return asprintf(&text, "opaque-%u", s->serial) < 0 ? NULL : text;
}

static const char *mint_refresh(struct authserver *s, unsigned family)
{
	struct authserver_token *token;

	if (s->token_count == AUTHSERVER_TOKENS)
		abort();
	token = &s->tokens[s->token_count++];
	snprintf(token->value, sizeof(token->value), "RT%u.%zu", family, s->token_count);
	token->family = family;
	return token->value;
}

/* `refresh` may be NULL. */
static json_t *make_reply(struct authserver *s, const char *subject, const char *refresh)
{
	char *access = make_access(s, *s->subject ? s->subject : subject);
	json_t *reply = json_pack("{s:s, s:s, s:s}", "access_token", access, "token_type", "Bearer",
		"scope", s->scope);

	free(access);
	if (refresh)
		json_object_set_new(reply, "refresh_token", json_string(refresh));
	if (s->says_expires_in)
		json_object_set_new(reply, "expires_in", json_integer(s->lifetime));
	s->issued++;
	return reply;
}

static json_t *log_in(struct authserver *s, const char *subject)
{
	unsigned family = s->families++;

	if (family >= sizeof(s->revoked))
		abort();
	snprintf(s->owner[family], sizeof(s->owner[family]), "%s", subject);
	return make_reply(s, subject, mint_refresh(s, family));
}

static struct authserver_token *find_token(struct authserver *s, const char *value)
{
	for (size_t i = 0; i < s->token_count; i++)
		if (strcmp(s->tokens[i].value, value) == 0)
			return &s->tokens[i];
	return NULL;
}

static json_t *refresh_with(struct authserver *s, const char *value)
{
	struct authserver_token *token = find_token(s, value);

	if (token && token->used && s->rotates) {
		s->reuses++;
		if (s->detects_reuse)
			s->revoked[token->family] = true;
	}
	if (!token || s->revoked[token->family] || (token->used && s->rotates)) {
		s->refused++;
		return NULL;
	}
	if (s->rotates) {
		token->used = true;
		value = mint_refresh(s, token->family);
	}
	return make_reply(s, s->owner[token->family], value);
}

json_t *authserver_login(struct authserver *server, const char *subject)
{
	json_t *reply;

	pthread_mutex_lock(&server->mutex);
	reply = log_in(server, subject);
	pthread_mutex_unlock(&server->mutex);
	return reply;
}

json_t *authserver_refresh(struct authserver *server, const char *refresh_token)
{
	json_t *reply;

	pthread_mutex_lock(&server->mutex);
	reply = refresh_with(server, refresh_token);
	pthread_mutex_unlock(&server->mutex);
	return reply;
}

bool authserver_takes(struct authserver *server, const char *refresh_token)
{
	const struct authserver_token *token;
	bool takes;

	pthread_mutex_lock(&server->mutex);
	token = find_token(server, refresh_token);
	takes = token && !server->revoked[token->family] && (!token->used || !server->rotates);
	pthread_mutex_unlock(&server->mutex);
	return takes;
}

/* ---- requests -------------------------------------------------------------------------------- */

static enum bfabric_status say(
	struct bf_reply *reply, long status, const char *type, const char *body)
{
	reply->status = status;
	reply->retry_after = -1;
	snprintf(reply->content_type, sizeof(reply->content_type), "%s", type);
	bf_secret_puts(&reply->body, body);
	return BFABRIC_OK;
}

static enum bfabric_status say_json(struct bf_reply *reply, long status, json_t *json)
{
	char *text = json_dumps(json, 0);

	say(reply, status, "application/json", text);
	free(text);
	json_decref(json);
	return BFABRIC_OK;
}

static enum bfabric_status say_error(struct bf_reply *reply, long status, const char *error)
{
	return say_json(reply, status, json_pack("{s:s}", "error", error));
}

/* The value of a form field that needs no decoding; false when it is missing. */
static bool field(const char *body, const char *name, char *ret, size_t size)
{
	size_t n = strlen(name);

	for (const char *p = body; p; p = strchr(p, '&')) {
		p += *p == '&';
		if (strncmp(p, name, n) == 0 && p[n] == '=') {
			snprintf(ret, size, "%.*s", (int)strcspn(p + n + 1, "&"), p + n + 1);
			return true;
		}
	}
	return false;
}

static bool right_basic(const struct authserver *s, const char *secret)
{
	BF_AUTO_SECRET struct bf_secret expected = BF_SECRET_INIT;
	char pair[80];

	snprintf(pair, sizeof(pair), "CLI:%s", secret);
	bf_secret_puts(&expected, "Basic ");
	bf_base64_encode(&expected, pair, strlen(pair));
	return strcmp(s->last_authorization, bf_secret_reveal(&expected)) == 0;
}

static bool right_client(const struct authserver *s)
{
	char id[64] = "";
	bool body = field(s->last_body, "client_id", id, sizeof(id)) && strcmp(id, "CLI") == 0 &&
		    !*s->last_authorization;

	switch (s->form) {
	case FORM_EITHER:
		return body || right_basic(s, "");
	case FORM_EMPTY_BASIC:
		return right_basic(s, "");
	case FORM_BODY:
		return body;
	case FORM_SECRET:
		return right_basic(s, s->secret);
	}
	return false;
}

static enum bfabric_status poll_device(struct authserver *s, struct bf_reply *reply)
{
	s->polls++;
	if (s->deny)
		return say_error(reply, 400, "access_denied");
	if (s->slow_down_once) {
		s->slow_down_once = false;
		return say_error(reply, 400, "slow_down");
	}
	if (s->approve_after-- > 0)
		return say_error(reply, 400, "authorization_pending");
	return say_json(reply, 200, log_in(s, "alice"));
}

static enum bfabric_status answer_token(struct authserver *s, struct bf_reply *reply)
{
	char grant[96] = "", token[64] = "";
	json_t *tokens;

	field(s->last_body, "grant_type", grant, sizeof(grant));
	if (strstr(grant, "device_code"))
		return poll_device(s, reply);
	if (!right_client(s)) {
		s->client_refused++;
		return say_error(reply, s->refusal ? 400 : 401, s->refusal ?: "invalid_client");
	}
	if (strcmp(grant, "client_credentials") == 0)
		return say_json(reply, 200,
			make_reply(s, "service", s->service_rt ? mint_refresh(s, 0) : NULL));
	if (strcmp(grant, "authorization_code") == 0 && strstr(s->last_body, "code=good&"))
		return say_json(reply, 200, log_in(s, "alice"));
	field(s->last_body, "refresh_token", token, sizeof(token));
	tokens = s->trouble == TROUBLE_REFUSE && s->trouble_left != 0 ? NULL
								      : refresh_with(s, token);
	return tokens ? say_json(reply, 200, tokens) : say_error(reply, 400, "invalid_grant");
}

/* RFC 7009; a token that is not known counts as revoked (section 2.2). */
static enum bfabric_status answer_revocation(struct authserver *s, struct bf_reply *reply)
{
	char text[64] = "";
	struct authserver_token *token;

	s->revocations++;
	if (s->revoke_status)
		return say(reply, s->revoke_status, "text/html", "<html>no</html>");
	if (!right_client(s)) {
		s->client_refused++;
		return say_error(reply, 401, "invalid_client");
	}
	field(s->last_body, "token", text, sizeof(text));
	token = find_token(s, text);
	if (token) {
		s->revoked[token->family] = true;
		s->revoked_refresh++;
		return say(reply, 200, "", "");
	}
	if (s->revokes_refresh_only)
		return say_error(reply, 400, "unsupported_token_type");
	s->revoked_access++;
	return say(reply, 200, "", "");
}

static json_t *discovery_document(const struct authserver *s)
{
	json_t *document = json_pack("{s:s, s:s, s:[s]}", "issuer", "https://bfabric.test/bfabric",
		"token_endpoint", "https://bfabric.test/bfabric/rest/oauth/token",
		"token_endpoint_auth_methods_supported", "none");

	if (s->names_revocation)
		json_object_set_new(document, "revocation_endpoint",
			json_string("https://bfabric.test/elsewhere/revoke"));
	return document;
}

static enum bfabric_status answer_discovery(struct authserver *s, struct bf_reply *reply)
{
	s->gets++;
	if (!s->discovers)
		return say(reply, 404, "text/html", "<html>no such page</html>");
	return say_json(reply, 200, discovery_document(s));
}

static enum bfabric_status answer(struct authserver *s, const char *url, struct bf_reply *reply)
{
	if (strstr(url, "/.well-known/"))
		return answer_discovery(s, reply);
	if (strstr(url, "/revoke"))
		return answer_revocation(s, reply);
	if (strstr(url, "/device_authorization"))
		return say_json(reply, 200,
			json_pack("{s:s, s:s, s:s, s:i, s:i}", "device_code", "DC1", "user_code",
				"ABCD-EFGH", "verification_uri", "https://bfabric.test/device",
				"expires_in", 600, "interval", 5));
	s->requests++;
	return answer_token(s, reply);
}

static enum bfabric_status fail_perform(struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_RETRY_LATER, "bfabric.test does not answer");
}

static enum bfabric_status answer_or_fail(struct authserver *s, const struct bf_request *request,
	struct bf_reply *reply, bool *sent, struct bfabric_error *err)
{
	enum authserver_trouble trouble = s->trouble_left != 0 ? s->trouble : TROUBLE_NONE;

	*sent = trouble != TROUBLE_NOT_SENT;
	switch (trouble) {
	case TROUBLE_NONE:
	case TROUBLE_REFUSE:
		return answer(s, request->url, reply);
	case TROUBLE_LOST_REPLY:
		(void)answer(s, request->url, reply); /* the reply is thrown away */
		bf_reply_release(reply);
		return fail_perform(err);
	case TROUBLE_NOT_SENT:
	case TROUBLE_LOST_REQUEST:
		s->requests++;
		return fail_perform(err);
	case TROUBLE_503:
		s->requests++;
		return say(reply, 503, "text/html", "<html>busy</html>");
	case TROUBLE_HTML_404:
		s->requests++;
		return say(reply, 404, "text/html", "<html>redeploying</html>");
	case TROUBLE_GARBAGE:
		s->requests++;
		return say(reply, 200, "application/json", "{\"access_token\":");
	case TROUBLE_REDIRECT:
		s->requests++;
		return say(reply, 302, "text/html", "");
	}
	return BFABRIC_SYSTEM;
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	struct authserver *s = data;
	enum bfabric_status status;

	pthread_mutex_lock(&s->mutex);
	snprintf(s->last_url, sizeof(s->last_url), "%s", request->url);
	snprintf(s->last_body, sizeof(s->last_body), "%s", bf_secret_reveal(&request->body));
	snprintf(s->last_authorization, sizeof(s->last_authorization), "%s",
		bf_secret_reveal(&request->authorization));
	pthread_mutex_unlock(&s->mutex);
	if (s->during)
		s->during(s->data);
	pthread_mutex_lock(&s->mutex);
	status = answer_or_fail(s, request, ret_reply, ret_sent, err);
	if (s->trouble_left > 0)
		s->trouble_left--;
	pthread_mutex_unlock(&s->mutex);
	return status;
}

struct bf_transport authserver_transport(struct authserver *server)
{
	return (struct bf_transport){.perform = perform, .data = server};
}
