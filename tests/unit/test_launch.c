/* test_launch.c - what a web application was started with, today's tokens and the old ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/base/base64.h"
#include "libbfabric/oauth/launch_old.h"
#include <string.h>

static void field(struct bf_secret *text, const char *name, const char *value)
{
	if (value && *value)
		bf_secret_printf(text, "%s=%s\n", name, value);
}

static void number(struct bf_secret *text, const char *name, int64_t value)
{
	if (value)
		bf_secret_printf(text, "%s=%lld\n", name, (long long)value);
}

static void field_json(struct bf_secret *text, const char *name, const json_t *value)
{
	char *dump = value ? json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	field(text, name, dump);
	free(dump);
}

static void describe_context(const struct bf_launch *l, struct bf_secret *text)
{
	number(text, "entity", l->entity_id);
	field(text, "entity_text", l->entity_id_text);
	field(text, "class", l->entity_class);
	number(text, "application", l->application_id);
	number(text, "job", l->job_id);
	field(text, "client", l->client_id);
	field(text, "subject", l->subject);
	field(text, "email", l->email);
	field(text, "name", l->name);
	field(text, "issuer", l->issuer);
	number(text, "expires", l->expires_at);
	field_json(text, "groups", l->groups);
	field_json(text, "claims", l->claims);
}

static void describe_claims(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	BF_AUTO_LAUNCH struct bf_launch l = {0};
	struct bfabric_error err = {0};
	json_t *claims = json_loadb(bytes, len, JSON_DECODE_ANY, NULL);
	enum bfabric_status status = bf_launch_from_claims(claims, &l, &err);

	json_decref(claims);
	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status == BFABRIC_OK)
		describe_context(&l, ret_text);
	else
		bf_secret_printf(ret_text, "%s\n", err.text);
}

static void claims(void **state)
{
	(void)state;
	cases_run_files("launch", describe_claims);
}

static void describe_old(const struct bf_reply *reply, struct bf_secret *ret_text)
{
	BF_AUTO_OLD_LAUNCH struct bf_old_launch l = {0};
	struct bfabric_error err = {0};
	enum bfabric_status status = bf_old_launch_accept(reply, &l, &err);

	assert_int_equal(status, err.status);
	bf_secret_printf(ret_text, "%s\n", bfabric_status_name(status));
	if (status != BFABRIC_OK) {
		bf_secret_printf(ret_text, "%s\n", err.text);
		assert_true(bf_secret_empty(&l.password));
		return;
	}
	describe_context(&l.context, ret_text);
	field(ret_text, "password", bf_secret_reveal(&l.password));
	field(ret_text, "expiry", l.expiry);
	field(ret_text, "environment", l.environment);
	field(ret_text, "caller", l.caller);
	field(ret_text, "web_service_user", l.web_service_user);
}

static void old_replies(void **state)
{
	(void)state;
	cases_run("launch-old", describe_old);
}

static void old_request(void **state)
{
	BF_AUTO_URL struct bf_url base = BF_URL_INIT;
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;
	BF_AUTO_REQUEST struct bf_request request = {0};
	struct bf_request none = {.method = "untouched"};
	struct bfabric_error err = {0};

	(void)state;
	assert_int_equal(
		bf_url_parse("https://bfabric.example.org/bfabric/", &base, &err), BFABRIC_OK);
	assert_int_equal(bf_old_launch_build(&base, NULL, &none, &err), BFABRIC_BAD_CALL);
	assert_int_equal(bf_old_launch_build(&base, &token, &none, &err), BFABRIC_BAD_CALL);
	bf_secret_puts(&token, "a b");
	assert_int_equal(bf_old_launch_build(&base, &token, &none, &err), BFABRIC_BAD_CALL);
	assert_string_equal(none.method, "untouched");
	bf_secret_clear(&token);
	bf_secret_puts(&token, "x+/=&#1");
	assert_int_equal(bf_old_launch_build(&base, &token, &request, &err), BFABRIC_OK);
	assert_string_equal(request.method, "GET");
	assert_string_equal(request.url, "https://bfabric.example.org/bfabric/rest/token/validate"
					 "?token=x%2B%2F%3D%26%231");
	assert_true(bf_secret_empty(&request.authorization));
}

/* ---- finding the token in a text ------------------------------------------------------------- */

#define APP "https://app.example.org/start"

static void found(const char *text, enum bf_launch_kind kind, const char *token)
{
	BF_AUTO_SECRET struct bf_secret got = BF_SECRET_INIT;
	enum bf_launch_kind got_kind = kind == BF_LAUNCH_JWT ? BF_LAUNCH_OLD : BF_LAUNCH_JWT;
	struct bfabric_error err = {0};

	assert_int_equal(bf_launch_find(text, &got_kind, &got, &err), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&got), token);
	assert_int_equal(got_kind, kind);
}

static void tokens_are_found(void **state)
{
	(void)state;
	found("aa.b-_.c1", BF_LAUNCH_JWT, "aa.b-_.c1");
	found("  aa.b.c \r\n", BF_LAUNCH_JWT, "aa.b.c");
	found(APP "?jwt=aa.b.c", BF_LAUNCH_JWT, "aa.b.c");
	found("\t" APP "?x=1&jwt=aa%2Eb.c&y=2#part?jwt=d.e.f\n", BF_LAUNCH_JWT, "aa.b.c");
	found(APP "?jw%74=aa.b.c", BF_LAUNCH_JWT, "aa.b.c");
	found(APP "?token=x%2B%2F%3D", BF_LAUNCH_OLD, "x+/=");
}

/* Whatever is wrong with it, it may be a secret: no word of it in the error. */
static void not_found(const char *text)
{
	BF_AUTO_SECRET struct bf_secret got = BF_SECRET_INIT;
	enum bf_launch_kind kind = BF_LAUNCH_JWT;
	struct bfabric_error err = {0};

	assert_int_equal(bf_launch_find(text, &kind, &got, &err), BFABRIC_BAD_CALL);
	assert_true(bf_secret_empty(&got));
	assert_true(*err.text);
	assert_null(strstr(err.text, "CANARY"));
}

static void what_is_no_token_is_not_quoted(void **state)
{
	static const char *const texts[] = {"", " ", "CANARY", "CANARY.b", "CANARY.b.c.d",
		".CANARY.c", "CANARY..c", "CANARY.b.", "CANARY.b.c=", "CANARY.b.c d",
		"CANARY.b.c/../d", APP "/CANARY", APP "?", APP "?CANARY", APP "?jwt",
		APP "?jwt=", APP "?jwt=CANARY", APP "?jwt=CANARY.b.c&jwt=CANARY.b.c",
		APP "?jwt=CANARY.b.c&token=CANARY", APP "?token=CANARY&token=CANARY",
		APP "?JWT=CANARY.b.c", APP "#jwt=CANARY.b.c", APP "?x=1#jwt=CANARY.b.c",
		APP "?jwt=CANARY.b.c%0A", APP "?jwt=CANARY.b.%", APP "?token=CANARY+b",
		APP "?token=CANARY%00"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		not_found(texts[i]);
}

static void a_text_without_end_is_refused(void **state)
{
	const size_t len = (size_t)65 << 10;
	BF_AUTO_FREE char *text = malloc(len + 1);

	(void)state;
	assert_non_null(text);
	memset(text, 'a', len);
	text[len] = '\0';
	text[10] = text[20] = '.';
	not_found(text);
}

static void a_peek_reads_the_claims(void **state)
{
	static const char header[] = "{\"alg\":\"RS256\",\"kid\":\"1\"}";
	static const char payload[] = "{\"sub\":\"jdoe\",\"entityId\":\"7\"}";
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT, opaque = BF_SECRET_INIT;
	BF_AUTO_LAUNCH struct bf_launch launch = {0};
	struct bfabric_error err = {0};

	(void)state;
	bf_base64url_encode(&token, header, strlen(header));
	bf_secret_putc(&token, '.');
	bf_base64url_encode(&token, payload, strlen(payload));
	bf_secret_puts(&token, ".AAAA");
	assert_int_equal(bf_launch_peek(&token, &launch, &err), BFABRIC_OK);
	assert_string_equal(launch.subject, "jdoe");
	assert_int_equal(launch.entity_id, 7);
	bf_secret_puts(&opaque, "opaque");
	assert_int_equal(bf_launch_peek(&opaque, &launch, &err), BFABRIC_UNSUPPORTED);
	assert_string_equal(launch.subject, "jdoe"); /* written on success only */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(claims),
		cmocka_unit_test(old_replies),
		cmocka_unit_test(old_request),
		cmocka_unit_test(tokens_are_found),
		cmocka_unit_test(what_is_no_token_is_not_quoted),
		cmocka_unit_test(a_text_without_end_is_refused),
		cmocka_unit_test(a_peek_reads_the_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
