/* evidence_case.c - see evidence_case.h. */
#include "evidence_case.h"
#include <stdlib.h>
#include <string.h>

static void put_free(json_t **json)
{
	json_decref(*json);
}

static const char *text(const json_t *settings, const char *name)
{
	return json_string_value(json_object_get(settings, name));
}

static enum bfabric_status judge_introspection(json_t *said,
	const struct bf_evidence_expected *expected, int64_t now, struct bf_evidence *ret,
	struct bfabric_error *err)
{
	BF_AUTO_REPLY struct bf_reply reply = {.status = 200, .retry_after = -1};
	BF_AUTO_INTROSPECTION struct bf_introspection answer = {0};
	char *body = json_dumps(said, JSON_COMPACT);
	enum bfabric_status status;

	if (!body)
		abort();
	bf_secret_puts(&reply.body, body);
	free(body);
	status = bf_introspection_accept(&reply, &answer, err);
	return status == BFABRIC_OK ? bf_evidence_introspection(&answer, expected, now, ret, err)
				    : status;
}

static enum bfabric_status judge(
	const json_t *settings, json_t *said, struct bf_evidence *ret, struct bfabric_error *err)
{
	const struct bf_evidence_expected expected = {.client_id = text(settings, "client_id"),
		.issuer = text(settings, "issuer"),
		.claim = text(settings, "claim"),
		.nonce = text(settings, "nonce")};
	const char *kind = text(settings, "kind"), *access = text(settings, "access_token");
	const int64_t now = json_integer_value(json_object_get(settings, "now"));
	struct bf_jwt jwt = {.header = json_object_get(settings, "header"), .payload = said};

	if (text(settings, "alg") && !bf_jwt_alg_parse(text(settings, "alg"), &jwt.alg))
		return bf_fail(err, BFABRIC_BAD_CALL, "no case");
	if (kind && strcmp(kind, "id_token") == 0)
		return bf_evidence_id_token(&jwt, access ? access : "", &expected, now, ret, err);
	if (kind && strcmp(kind, "access_token") == 0)
		return bf_evidence_access_token(&jwt, &expected, now, ret, err);
	return judge_introspection(said, &expected, now, ret, err);
}

static void describe_reply(const json_t *said, struct bf_secret *out)
{
	const char *token = NULL;
	enum bf_evidence_kind kind = bf_evidence_choose(said, &token);
	char shown[200];

	token = token ? token : "(no text)";
	bf_show(shown, sizeof(shown), token, strlen(token));
	bf_secret_printf(out, "%s\n%s\n", bf_evidence_kind_name(kind), shown);
}

static void describe(const json_t *settings, json_t *said, struct bf_secret *out)
{
	BF_AUTO_EVIDENCE struct bf_evidence evidence = {.clock_off = 7};
	struct bfabric_error err = {0};
	const char *group = text(settings, "group");
	enum bfabric_status status = judge(settings, said, &evidence, &err);

	bf_secret_printf(out, "%s\n", bfabric_status_name(status));
	if (status != err.status || (status == BFABRIC_OK) != (evidence.name != NULL) ||
		evidence.clock_off != 7)
		bf_secret_puts(out, "\awhat is handed out does not fit the status\n");
	if (status != BFABRIC_OK) {
		bf_secret_printf(out, "%s\n", err.text);
		return;
	}
	bf_secret_printf(out, "%s by %s", evidence.name, bf_evidence_kind_name(evidence.kind));
	if (group)
		bf_secret_printf(out, ", %s",
			bf_evidence_in_group(&evidence, group) ? "in the group"
							       : "not in the group");
	bf_secret_putc(out, '\n');
}

void evidence_case_describe(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	const char *lf = memchr(bytes, '\n', len);
	BF_CLEANUP(put_free)
	json_t *settings = lf ? json_loadb(bytes, (size_t)(lf - bytes), 0, NULL) : NULL;
	BF_CLEANUP(put_free)
	json_t *said = lf ? json_loadb(lf + 1, len - (size_t)(lf + 1 - bytes),
				    JSON_REJECT_DUPLICATES, NULL)
			  : NULL;
	const char *kind = text(settings, "kind");

	if (!settings || !json_is_object(said))
		bf_secret_puts(ret_text, "no case\n");
	else if (kind && strcmp(kind, "reply") == 0)
		describe_reply(said, ret_text);
	else
		describe(settings, said, ret_text);
}
