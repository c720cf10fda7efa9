/* launch_old.c - see launch_old.h. */
#include "launch_old.h"
#include "member.h"
#include "refusal.h"
#include "reply.h"
#include <string.h>
#include <strings.h>

#define WHAT      "the endpoint that validates launch tokens"
#define TOKEN_MAX ((size_t)8 << 10) /* as much of a URL as servers take */

void bf_old_launch_release(struct bf_old_launch *launch)
{
	bf_launch_release(&launch->context);
	bf_secret_release(&launch->password);
	*launch = (struct bf_old_launch){0};
}

enum bfabric_status bf_old_launch_build(const struct bf_url *base, const struct bf_secret *token,
	struct bf_request *ret_request, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret url = BF_SECRET_INIT;
	char *copy = NULL;

	if (!token || !bf_printable(bf_secret_reveal(token), '!') || token->len > TOKEN_MAX)
		return bf_fail(err, BFABRIC_BAD_CALL, "this cannot be a launch token");
	bf_secret_puts(&url, base->text);
	bf_secret_puts(&url, "/rest/token/validate?token=");
	bf_form_encode(&url, bf_secret_reveal(token), token->len);
	copy = url.failed ? NULL : strdup(bf_secret_reveal(&url));
	if (!copy)
		return bf_fail_nomem(err);
	*ret_request = (struct bf_request){.method = "GET", .url = copy};
	return BFABRIC_OK;
}

/* The refusals, as the whole body, perhaps as a JSON string. */
static const char *refusal(const struct bf_secret *body)
{
	static const struct {
		const char *text, *why;
	} refusals[] = {
		{"Token invalid", "it is not valid"},
		{"Token expired", "it has expired"},
		{"Token already used", "it was already used"},
	};
	const char *text = bf_secret_reveal(body);
	size_t skip = strspn(text, " \t\r\n\""), len = strlen(text);

	while (len > skip && strchr(" \t\r\n\"", text[len - 1]))
		len--;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (len - skip == strlen(refusals[i].text) &&
			strncasecmp(text + skip, refusals[i].text, len - skip) == 0)
			return refusals[i].why;
	return NULL;
}

/* The password leaves the document, so that this can be shown. */
static enum bfabric_status take_password(
	json_t *document, struct bf_secret *ret_password, struct bfabric_error *err)
{
	const char *text = NULL;
	enum bfabric_status status = bf_member_text(WHAT, document, "userWsPassword", &text, err);

	if (status != BFABRIC_OK)
		return status;
	bf_secret_puts(ret_password, text ? text : "");
	(void)json_object_del(document, "userWsPassword"); /* need not be there */
	return ret_password->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

static enum bfabric_status read_document(
	json_t *document, struct bf_old_launch *l, struct bfabric_error *err)
{
	const struct {
		const char *name, **to;
	} texts[] = {{"user", &l->context.subject}, {"expiryDateTime", &l->expiry},
		{"environment", &l->environment}, {"caller", &l->caller},
		{"webServiceUser", &l->web_service_user}};
	enum bfabric_status status = take_password(document, &l->password, err);

	if (status == BFABRIC_OK)
		status = bf_launch_from_claims(document, &l->context, err);
	for (size_t i = 0; status == BFABRIC_OK && i < sizeof(texts) / sizeof(texts[0]); i++)
		status = bf_member_text(WHAT, document, texts[i].name, texts[i].to, err);
	if (status == BFABRIC_OK && !(l->context.subject && *l->context.subject))
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " does not say who the user is");
	return status;
}

enum bfabric_status bf_old_launch_accept(
	const struct bf_reply *reply, struct bf_old_launch *ret, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *document = NULL;
	BF_AUTO_OLD_LAUNCH struct bf_old_launch l = {0};
	const char *why = NULL;
	enum bfabric_status status;

	if (reply->status != 200)
		return bf_fail_refused(WHAT, reply, err);
	why = refusal(&reply->body);
	if (why)
		return bf_fail(err, BFABRIC_DENIED,
			"B-Fabric refused the launch token: %s; start the application again", why);
	status = bf_reply_object(WHAT, reply, &document, err);
	if (status == BFABRIC_OK)
		status = read_document(document, &l, err);
	if (status != BFABRIC_OK)
		return status;
	bf_old_launch_release(ret);
	*ret = l;
	l = (struct bf_old_launch){0};
	return BFABRIC_OK;
}
