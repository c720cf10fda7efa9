/*
 * One request whose reply must not be lost.
 */
#include "base/hold.h"
#include "manage_private.h"
#include "oauth/reply.h"

#include <stdlib.h>
#include <string.h>

#define URI "registration_client_uri"

void bf_exchange_release(struct bf_exchange *x)
{
	bf_rescue_head_release(&x->head);
	bf_rescue_release(&x->rescue);
	bf_slot_release(&x->secret_file);
}

/* ---- sending --------------------------------------------------------------------------------- */

/* A transport that remembers whether the request may have left. */
struct watched {
	const struct bf_transport *inner;
	bool sent;
};

static enum bfabric_status watch(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	struct watched *w = data;
	enum bfabric_status status =
		w->inner->perform(w->inner->data, request, ret_reply, ret_sent, err);

	w->sent = *ret_sent;
	return status;
}

static bool changes_something(const struct bf_request *request)
{
	return strcmp(request->method, "GET") != 0;
}

enum bfabric_status bf_exchange_send(struct bf_exchange *x, struct bf_request *request,
	struct bf_reply *reply, struct bfabric_error *err)
{
	struct bfabric_session *s = x->flow->s;
	struct watched watched = {.inner = &x->flow->transport};
	const struct bf_transport transport = {.perform = watch, .data = &watched};
	int64_t limit = bf_boot_ms(s->sys) + BF_REQUEST_MS;
	enum bfabric_status status;

	request->deadline = limit < x->flow->deadline ? limit : x->flow->deadline;
	request->reply_deadline = limit;
	request->cancel = s->cancel;
	request->spends = true;
	status = bf_trace_perform(s, &transport, request, reply, err);
	x->http_status = status == BFABRIC_OK ? reply->status : 0;
	if (status != BFABRIC_OK && watched.sent && changes_something(request))
		return bf_fail_context(err, status,
			"the reply did not come, and whether the server did it is not known");
	return status;
}

/* ---- the reply ------------------------------------------------------------------------------- */

/* The same reply without the management URI. */
static enum bfabric_status without_uri(
	const struct bf_reply *reply, struct bf_reply *ret, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *object = NULL;
	char *text = NULL;
	enum bfabric_status status = bf_reply_object("the reply", reply, &object, err);

	if (status != BFABRIC_OK)
		return status;
	if (json_object_del(object, URI) != 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, "it is not the URI");
	text = json_dumps(object, JSON_COMPACT);
	if (!text)
		return bf_fail_nomem(err);
	bf_secret_puts(&ret->body, text);
	bf_free_secret_string(text);
	ret->status = reply->status;
	memcpy(ret->content_type, reply->content_type, sizeof(ret->content_type));
	return ret->body.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* Does the reply have such a member, with a text that is not empty? `name` is quoted. */
static bool says(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	if (!at)
		return false;
	at += strlen(name);
	at += strspn(at, " \t\r\n");
	at += *at == ':';
	at += strspn(at, " \t\r\n");
	return at[0] == '"' && at[1] != '"';
}

/*
 * jansson cuts a long name or value short when its buffer cannot grow, and says nothing: what a
 * reply says must have been read as it stands there. (With escapes in it that cannot be told.)
 */
static bool stands_in(const char *text, const char *name, const struct bf_secret *secret)
{
	BF_AUTO_SECRET struct bf_secret quoted = BF_SECRET_INIT;

	if (strchr(text, '\\') || !says(text, name))
		return true;
	bf_secret_putc(&quoted, '"');
	bf_secret_put_secret(&quoted, secret);
	bf_secret_putc(&quoted, '"');
	return !quoted.failed && strstr(text, bf_secret_reveal(&quoted));
}

static enum bfabric_status check_whole(const struct bf_reply *reply,
	const struct bf_client_registration *client, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(&reply->body);

	if (stands_in(text, "\"client_secret\"", &client->client_secret) &&
		stands_in(
			text, "\"registration_access_token\"", &client->registration_access_token))
		return BFABRIC_OK;
	return bf_fail_nomem(err);
}

/* Secrets that came with a URI which must not be used are good all the same. */
static enum bfabric_status accept_usable(const struct bf_url *base,
	const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bf_secret *notes, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply stripped = {0};
	struct bfabric_error why = {0};
	enum bfabric_status status = bf_registration_accept(base, before, reply, ret, &why);

	if (status == BFABRIC_BAD_REPLY &&
		without_uri(reply, &stripped, /* err= */ NULL) == BFABRIC_OK &&
		bf_registration_accept(base, before, &stripped, ret, /* err= */ NULL) ==
			BFABRIC_OK) {
		bf_secret_printf(notes, "warning: %s. That address is not used%s.\n", why.text,
			before ? "" : ", so that the client can be changed in B-Fabric only");
		return BFABRIC_OK;
	}
	return status == BFABRIC_OK ? BFABRIC_OK : bf_fail(err, status, "%s", why.text);
}

enum bfabric_status bf_exchange_accept(const struct bf_url *base,
	const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bf_secret *notes, struct bfabric_error *err)
{
	enum bfabric_status status = accept_usable(base, before, reply, ret, notes, err);

	return status == BFABRIC_OK ? check_whole(reply, ret, err) : status;
}

/* Anything that may hold a secret. */
static bool worth_keeping(const struct bf_reply *reply)
{
	const char *text = bf_secret_reveal(&reply->body);

	return (reply->status == 200 || reply->status == 201) &&
	       text[strspn(text, " \t\r\n")] == '{';
}

/* Everything that can fail without the server. */
static enum bfabric_status promise(struct bf_exchange *x, struct bfabric_error *err)
{
	enum bfabric_status status = bf_rescue_digest(x->env, x->head.token, x->head.secret, err);

	if (status == BFABRIC_OK)
		status = bf_rescue_reserve(x->rescue_path, &x->head, &x->rescue, err);
	if (status == BFABRIC_OK)
		status = bf_exchange_check(x, err);
	return status == BFABRIC_OK ? BFABRIC_OK
				    : bf_fail_context(err, status,
					      "nothing was sent, as the server's answer could not "
					      "be kept");
}

/* What is written nowhere else is in the rescue file. */
static enum bfabric_status name_rescue(
	const struct bf_exchange *x, enum bfabric_status status, struct bfabric_error *err)
{
	if (!x->rescue.slot.committed)
		return status;
	return bf_fail_context(err, status,
		"the server's answer is kept in %.200s and was used no "
		"further",
		x->rescue_path);
}

static enum bfabric_status keep(struct bf_exchange *x, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bfabric_error *err)
{
	enum bfabric_status status;

	/* Without the rescue file there is still the configuration. */
	if (worth_keeping(reply))
		(void)!bf_rescue_commit(&x->rescue, &reply->body, /* err= */ NULL);
	status = bf_exchange_accept(&x->flow->s->env.url, x->before, reply, ret, x->notes, err);
	if (status == BFABRIC_OK && x->save)
		status = bf_exchange_save(x, ret, err);
	if (status != BFABRIC_OK)
		return name_rescue(x, status, err);
	if (!x->save)
		return BFABRIC_OK;
	/* One that stays is found to be used up by the next run. */
	(void)!bf_file_remove(x->rescue_path, /* err= */ NULL);
	return BFABRIC_OK;
}

enum bfabric_status bf_exchange_run(struct bf_exchange *x, struct bf_request *request,
	struct bf_client_registration *ret, struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};
	BF_AUTO_REGISTRATION struct bf_client_registration client = {0};
	sigset_t before;
	enum bfabric_status status = promise(x, err);

	if (status != BFABRIC_OK)
		return status;
	bf_hold_signals(&before);
	status = bf_exchange_send(x, request, &reply, err);
	if (status == BFABRIC_OK)
		status = keep(x, &reply, &client, err);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (status != BFABRIC_OK)
		return status;
	bf_client_registration_release(ret); /* it may be what `before` is */
	*ret = client;
	client = (struct bf_client_registration){0};
	return BFABRIC_OK;
}
