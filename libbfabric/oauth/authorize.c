/* authorize.c - see authorize.h. */
#include "authorize.h"
#include "form.h"
#include "grant.h"
#include "query.h"
#include "reply.h"
#include "said.h"
#include <string.h>

#define WHAT "the server"

enum bfabric_status bf_authorize_url(const struct bf_authorize_request *request,
	struct bf_secret *ret_url, struct bfabric_error *err)
{
	BF_AUTO_SECRET struct bf_secret query = BF_SECRET_INIT;

	if (!request->endpoint || !request->client_id || !*request->client_id ||
		!request->redirect_uri || !request->challenge || bf_secret_empty(request->state))
		return bf_fail(err, BFABRIC_BAD_CALL, "the authorization request is not complete");
	bf_form_put(&query, "response_type", "code");
	bf_form_put(&query, "client_id", request->client_id);
	bf_form_put(&query, "redirect_uri", request->redirect_uri);
	bf_form_put(&query, "scope", request->scope);
	bf_form_put_secret(&query, "state", request->state);
	bf_form_put(&query, "code_challenge", request->challenge);
	bf_form_put(&query, "code_challenge_method", "S256");
	bf_secret_puts(ret_url, request->endpoint);
	bf_secret_putc(ret_url, strchr(request->endpoint, '?') ? '&' : '?');
	bf_secret_put_secret(ret_url, &query);
	return ret_url->failed || query.failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

/* One answer, taken apart. */
struct answer {
	struct bf_secret code, state, issuer, error, description;
	unsigned codes, states, issuers, errors, descriptions;
};

static void answer_release(struct answer *a)
{
	bf_secret_release(&a->code);
	bf_secret_release(&a->state);
	bf_secret_release(&a->issuer);
	bf_secret_release(&a->error);
	bf_secret_release(&a->description);
}

static bool read_answer(struct answer *a, const char *query, size_t len)
{
	a->codes = bf_query_get(query, len, "code", &a->code);
	a->states = bf_query_get(query, len, "state", &a->state);
	a->issuers = bf_query_get(query, len, "iss", &a->issuer);
	a->errors = bf_query_get(query, len, "error", &a->error);
	a->descriptions = bf_query_get(query, len, "error_description", &a->description);
	return !(a->code.failed || a->state.failed || a->issuer.failed || a->error.failed ||
		 a->description.failed);
}

static const char *repeated(const struct answer *a)
{
	if (a->codes > 1)
		return "code";
	if (a->states > 1)
		return "state";
	if (a->issuers > 1)
		return "iss";
	if (a->errors > 1)
		return "error";
	return a->descriptions > 1 ? "error_description" : NULL;
}

static size_t without_slash(const char *text)
{
	size_t len = strlen(text);

	return len && text[len - 1] == '/' ? len - 1 : len;
}

static bool same_issuer(const char *a, const char *b)
{
	size_t len = without_slash(a);

	return len == without_slash(b) && memcmp(a, b, len) == 0;
}

static enum bf_authorize_verdict wrong_issuer(
	const struct bf_authorize_expect *expect, const struct answer *a, struct bfabric_error *err)
{
	char shown[160];

	bf_show(shown, sizeof(shown), bf_secret_reveal(&a->issuer), a->issuer.len);
	if (a->issuers)
		(void)bf_fail(err, BFABRIC_BAD_REPLY,
			"the answer came from another issuer: \"%s\", not \"%.160s\"", shown,
			expect->issuer);
	else
		(void)bf_fail(err, BFABRIC_BAD_REPLY,
			"the answer does not say who issued it, as \"%.160s\" should",
			expect->issuer);
	return BF_AUTHORIZE_WRONG_ISSUER;
}

static enum bfabric_status status_of(const char *error)
{
	if (strcmp(error, "invalid_scope") == 0)
		return BFABRIC_FORBIDDEN;
	if (strcmp(error, "temporarily_unavailable") == 0 || strcmp(error, "server_error") == 0)
		return BFABRIC_RETRY_LATER;
	return BFABRIC_DENIED;
}

static enum bf_authorize_verdict refused(const struct answer *a, struct bfabric_error *err)
{
	const char *error = bf_secret_reveal(&a->error);
	char name[80], description[240];

	bf_said(name, sizeof(name), error);
	bf_said(description, sizeof(description), bf_secret_reveal(&a->description));
	(void)bf_fail(err, status_of(error), WHAT " says %s%s%s", *name ? name : "no",
		*description ? ": " : "", description);
	return BF_AUTHORIZE_REFUSED;
}

static enum bf_authorize_verdict nomem(struct bfabric_error *err)
{
	(void)bf_fail_nomem(err);
	return BF_AUTHORIZE_NO_MEMORY;
}

enum bf_authorize_verdict bf_authorize_accept(const struct bf_authorize_expect *expect,
	const char *query, size_t len, struct bf_secret *ret_code, struct bfabric_error *err)
{
	BF_CLEANUP(answer_release) struct answer a = {0};

	if (!read_answer(&a, query, len))
		return nomem(err);
	if (!a.states || bf_secret_empty(expect->state) ||
		!bf_secret_equal(&a.state, expect->state)) {
		(void)bf_fail(err, BFABRIC_BAD_REPLY, "this is not the answer to this login");
		return BF_AUTHORIZE_WRONG_STATE;
	}
	if (repeated(&a)) {
		(void)bf_fail(err, BFABRIC_BAD_REPLY, "the answer has \"%s\" twice", repeated(&a));
		return BF_AUTHORIZE_REPEATED;
	}
	if (a.issuers ? !same_issuer(bf_secret_reveal(&a.issuer), expect->issuer)
		      : expect->demands_issuer)
		return wrong_issuer(expect, &a, err);
	if (a.errors)
		return refused(&a, err);
	if (!a.codes || !bf_printable(bf_secret_reveal(&a.code), ' ')) {
		(void)bf_fail(err, BFABRIC_BAD_REPLY, "the answer has no code");
		return BF_AUTHORIZE_NO_CODE;
	}
	bf_secret_put_secret(ret_code, &a.code);
	return ret_code->failed ? nomem(err) : BF_AUTHORIZE_CODE;
}
