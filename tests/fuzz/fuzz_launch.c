/*
 * fuzz_launch.c - any launch token: the reply of the endpoint that validates old ones, the same
 * body as claims, and as what a person pasted.
 */
#include "fuzz.h"
#include "libbfabric/oauth/launch_old.h"
#include "tests/unit/cases.h"
#include <string.h>

static void must_be_a_context(const struct bf_launch *l)
{
	FUZZ_MUST(json_is_object(l->claims));
	FUZZ_MUST(l->entity_id >= 0 && l->application_id >= 0 && l->job_id >= 0);
	FUZZ_MUST(l->expires_at >= 0);
	FUZZ_MUST((l->entity_id > 0) == (l->entity_id_text[0] != '\0'));
	FUZZ_MUST(!l->groups || json_is_array(l->groups));
}

static void old(const struct bf_reply *reply)
{
	BF_AUTO_OLD_LAUNCH struct bf_old_launch l = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_old_launch_accept(reply, &l, &err);

	FUZZ_MUST(status == err.status);
	FUZZ_MUST(fuzz_one_line(err.text));
	if (status != BFABRIC_OK)
		return;
	must_be_a_context(&l.context);
	FUZZ_MUST(l.context.subject && *l.context.subject);
	FUZZ_MUST(!json_object_get(l.context.claims, "userWsPassword"));
}

static void claims(const struct bf_secret *body)
{
	json_t *object = json_loadb(bf_secret_reveal(body), body->len, JSON_DECODE_ANY, NULL);
	BF_AUTO_LAUNCH struct bf_launch l = {0};
	struct bfabric_error err = {0};

	if (bf_launch_from_claims(object, &l, &err) == BFABRIC_OK)
		must_be_a_context(&l);
	FUZZ_MUST(fuzz_one_line(err.text));
	json_decref(object);
}

static void pasted(const char *text)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	enum bf_launch_kind kind = BF_LAUNCH_JWT;
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_launch_find(text, &kind, &token, &err);

	FUZZ_MUST(status == BFABRIC_OK || status == BFABRIC_BAD_CALL);
	FUZZ_MUST((status == BFABRIC_OK) == !bf_secret_empty(&token));
	FUZZ_MUST(!strpbrk(bf_secret_reveal(&token), " \r\n\t"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BF_AUTO_REPLY struct bf_reply reply = {0};

	cases_reply((const char *)data, size, &reply);
	old(&reply);
	claims(&reply.body);
	pasted(bf_secret_reveal(&reply.body));
	return 0;
}
