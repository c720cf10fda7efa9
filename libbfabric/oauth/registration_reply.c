/* registration_reply.c - the replies of registration.h (RFC 7591, section 3.2; RFC 7592, section
 * 3).
 */
#include "registration.h"
#include "member.h"
#include "refusal.h"
#include "reply.h"
#include <string.h>

#define WHAT "the registration endpoint"

void bf_client_registration_release(struct bf_client_registration *registration)
{
	free(registration->client_id);
	bf_secret_release(&registration->client_secret);
	bf_secret_release(&registration->registration_access_token);
	free(registration->registration_client_uri);
	json_decref(registration->document);
	*registration = (struct bf_client_registration){0};
}

static enum bfabric_status bad(struct bfabric_error *err, const char *member)
{
	return bf_fail(
		err, BFABRIC_BAD_REPLY, WHAT " answered with a %s that cannot be one", member);
}

static enum bfabric_status read_id(struct bf_client_registration *r,
	const struct bf_client_registration *before, struct bfabric_error *err)
{
	const char *id = json_string_value(json_object_get(r->document, "client_id"));

	if (!bf_printable(id, ' '))
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered without a client_id");
	if (before && before->client_id && strcmp(before->client_id, id) != 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered about another client");
	r->client_id = strdup(id);
	return r->client_id ? BFABRIC_OK : bf_fail_nomem(err);
}

/* An empty one is none. It leaves the document, so that this can be shown. */
static enum bfabric_status take_secret(json_t *document, const char *name, char first,
	struct bf_secret *ret_secret, struct bfabric_error *err)
{
	const json_t *member = bf_member(document, name);
	const char *text = json_string_value(member);

	if (member && !text)
		return bad(err, name);
	if (text && *text) {
		if (!bf_printable(text, first))
			return bad(err, name);
		bf_secret_puts(ret_secret, text);
	}
	(void)json_object_del(document, name); /* need not be there */
	return ret_secret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static enum bfabric_status read_uri(
	const struct bf_url *base, struct bf_client_registration *r, struct bfabric_error *err)
{
	static const char name[] = "registration_client_uri";
	BF_AUTO_URL struct bf_url url = BF_URL_INIT;
	enum bfabric_status status =
		bf_member_copy(WHAT, r->document, name, &r->registration_client_uri, err);

	if (status != BFABRIC_OK || !r->registration_client_uri)
		return status;
	status = bf_url_parse(r->registration_client_uri, &url, /* err= */ NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK)
		return bad(err, name);
	if (!bf_url_same_origin(base, &url))
		return bf_fail(err, BFABRIC_BAD_REPLY,
			WHAT " answered with a %s that leads away from %s, to %s", name, base->text,
			url.text);
	return BFABRIC_OK;
}

/* Another server's `id` may be no number: nothing that ours needs. */
static int64_t number_of(const json_t *document)
{
	int64_t id = 0;

	return bf_member_id(WHAT, document, "id", &id, /* err= */ NULL) == BFABRIC_OK ? id : 0;
}

static enum bfabric_status read_granted(struct bf_client_registration *r, struct bfabric_error *err)
{
	json_t *uris = NULL, *grants = NULL;
	enum bfabric_status status =
		bf_member_texts(WHAT, r->document, "redirect_uris", &uris, err);

	if (status == BFABRIC_OK)
		status = bf_member_texts(WHAT, r->document, "grant_types", &grants, err);
	if (status == BFABRIC_OK)
		status = bf_member_text(WHAT, r->document, "scope", &r->scope, err);
	if (status == BFABRIC_OK)
		status = bf_member_date(WHAT, r->document, "client_secret_expires_at",
			&r->client_secret_expires_at, err);
	r->redirect_uris = uris;
	r->grant_types = grants;
	r->id = number_of(r->document);
	return status;
}

static enum bfabric_status read_client(const struct bf_url *base,
	const struct bf_client_registration *before, struct bf_client_registration *r,
	struct bfabric_error *err)
{
	enum bfabric_status status = read_id(r, before, err);

	if (status == BFABRIC_OK)
		status = take_secret(r->document, "client_secret", ' ', &r->client_secret, err);
	if (status == BFABRIC_OK)
		status = take_secret(r->document, "registration_access_token", '!',
			&r->registration_access_token, err);
	if (status == BFABRIC_OK)
		status = read_uri(base, r, err);
	return status == BFABRIC_OK ? read_granted(r, err) : status;
}

/* What a read or an update need not repeat still holds. */
static enum bfabric_status inherit(struct bf_client_registration *r,
	const struct bf_client_registration *before, struct bfabric_error *err)
{
	if (bf_secret_empty(&r->client_secret)) {
		bf_secret_put_secret(&r->client_secret, &before->client_secret);
		if (!bf_member(r->document, "client_secret_expires_at"))
			r->client_secret_expires_at = before->client_secret_expires_at;
	}
	if (bf_secret_empty(&r->registration_access_token))
		bf_secret_put_secret(
			&r->registration_access_token, &before->registration_access_token);
	if (!r->registration_client_uri && before->registration_client_uri) {
		r->registration_client_uri = strdup(before->registration_client_uri);
		if (!r->registration_client_uri)
			return bf_fail_nomem(err);
	}
	if (r->id == 0)
		r->id = before->id;
	return r->client_secret.failed || r->registration_access_token.failed ? bf_fail_nomem(err)
									      : BFABRIC_OK;
}

enum bfabric_status bf_registration_accept(const struct bf_url *base,
	const struct bf_client_registration *before, const struct bf_reply *reply,
	struct bf_client_registration *ret, struct bfabric_error *err)
{
	BF_AUTO_REGISTRATION struct bf_client_registration r = {0};
	enum bfabric_status status;

	if (reply->status != 200 && (reply->status != 201 || before))
		return bf_fail_refused(WHAT, reply, err);
	status = bf_reply_object(WHAT, reply, &r.document, err);
	if (status == BFABRIC_OK)
		status = read_client(base, before, &r, err);
	if (status == BFABRIC_OK && before)
		status = inherit(&r, before, err);
	if (status != BFABRIC_OK)
		return status;
	bf_client_registration_release(ret);
	*ret = r;
	r = (struct bf_client_registration){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_registration_delete_accept(
	const struct bf_reply *reply, struct bfabric_error *err)
{
	if (reply->status == 204 || reply->status == 200)
		return BFABRIC_OK;
	return bf_fail_refused(WHAT, reply, err);
}
