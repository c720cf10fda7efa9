/* test_authorize.c - the authorization request, its answers, and PKCE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "cases.h"
#include "libbfabric/base/sys.h"
#include "libbfabric/oauth/authorize.h"
#include "libbfabric/oauth/pkce.h"
#include "libbfabric/oauth/query.h"
#include <string.h>

#define STATE "xyzABC123-_"

static const char *const verdicts[] = {
	[BF_AUTHORIZE_CODE] = "CODE",
	[BF_AUTHORIZE_WRONG_STATE] = "WRONG_STATE",
	[BF_AUTHORIZE_REFUSED] = "REFUSED",
	[BF_AUTHORIZE_WRONG_ISSUER] = "WRONG_ISSUER",
	[BF_AUTHORIZE_NO_CODE] = "NO_CODE",
	[BF_AUTHORIZE_REPEATED] = "REPEATED",
	[BF_AUTHORIZE_NO_MEMORY] = "NO_MEMORY",
};

/* A case: "iss optional" or "iss demanded", then the query, a line each. */
static void describe(const char *bytes, size_t len, struct bf_secret *ret_text)
{
	BF_AUTO_SECRET struct bf_secret state = BF_SECRET_INIT, code = BF_SECRET_INIT;
	struct bf_authorize_expect expect = {.state = &state,
		.issuer = "https://bfabric.example.org/bfabric",
		.demands_issuer = strncmp(bytes, "iss demanded\n", 13) == 0};
	const char *query = strchr(bytes, '\n') + 1;
	size_t used = strcspn(query, "\n");
	struct bfabric_error err = {0};
	enum bf_authorize_verdict verdict;

	(void)len;
	bf_secret_puts(&state, STATE);
	verdict = bf_authorize_accept(&expect, query, used, &code, &err);
	bf_secret_printf(ret_text, "%s\n", verdicts[verdict]);
	assert_int_equal(verdict == BF_AUTHORIZE_CODE, err.status == BFABRIC_OK);
	if (verdict == BF_AUTHORIZE_CODE)
		bf_secret_printf(ret_text, "%s\n", bf_secret_reveal(&code));
	else
		bf_secret_printf(ret_text, "%s\n%s\n", bfabric_status_name(err.status), err.text);
	assert_null(strstr(err.text, STATE));
}

static void answers(void **state)
{
	(void)state;
	cases_run_files("authorize", describe);
}

/* An empty state must not match a login that has none. */
static void no_state_matches_nothing(void **unused)
{
	BF_AUTO_SECRET struct bf_secret state = BF_SECRET_INIT, code = BF_SECRET_INIT;
	struct bf_authorize_expect expect = {.state = &state, .issuer = "https://x.org"};
	struct bfabric_error err = {0};

	(void)unused;
	assert_int_equal(bf_authorize_accept(&expect, "code=c&state=", 13, &code, &err),
		BF_AUTHORIZE_WRONG_STATE);
}

static void request(void **unused)
{
	BF_AUTO_SECRET struct bf_secret state = BF_SECRET_INIT, url = BF_SECRET_INIT;
	struct bf_authorize_request wanted = {.endpoint = "https://b.org/rest/oauth/authorize",
		.client_id = "CLI",
		.redirect_uri = "http://127.0.0.1:4711/callback",
		.scope = "api:read openid",
		.challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		.state = &state};
	struct bfabric_error err = {0};

	(void)unused;
	assert_int_equal(bf_authorize_url(&wanted, &url, &err), BFABRIC_BAD_CALL);
	assert_true(bf_secret_empty(&url));
	bf_secret_puts(&state, STATE);
	assert_int_equal(bf_authorize_url(&wanted, &url, &err), BFABRIC_OK);
	assert_string_equal(bf_secret_reveal(&url),
		"https://b.org/rest/oauth/authorize?response_type=code&client_id=CLI"
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback&scope=api%3Aread+openid"
		"&state=" STATE "&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
		"&code_challenge_method=S256");
	bf_secret_clear(&url);
	wanted.endpoint = "https://b.org/a?tenant=1";
	wanted.scope = NULL;
	assert_int_equal(bf_authorize_url(&wanted, &url, &err), BFABRIC_OK);
	assert_non_null(strstr(bf_secret_reveal(&url), "/a?tenant=1&response_type=code&"));
	assert_null(strstr(bf_secret_reveal(&url), "scope"));
}

/* RFC 7636, appendix B. */
static const unsigned char octets[] = {116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216,
	173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5, 88, 83, 132, 141, 121};

static bool no_chance(void *data, void *buf, size_t n)
{
	if (!data || n != sizeof(octets))
		return false;
	memcpy(buf, octets, n);
	return true;
}

static void pkce(void **unused)
{
	BF_AUTO_SECRET struct bf_secret verifier = BF_SECRET_INIT, other = BF_SECRET_INIT;
	struct bf_sys sys = {.random = no_chance, .data = &sys};
	struct bfabric_error err = {0};
	char challenge[BF_PKCE_CHALLENGE];

	(void)unused;
	assert_int_equal(bf_pkce_random(&sys, &verifier, &err), BFABRIC_OK);
	assert_string_equal(
		bf_secret_reveal(&verifier), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	assert_int_equal(bf_pkce_challenge(&verifier, challenge, &err), BFABRIC_OK);
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
	sys.data = NULL;
	assert_int_equal(bf_pkce_random(&sys, &other, &err), BFABRIC_SYSTEM);
	assert_int_equal(bf_pkce_random(&bf_sys_real, &other, &err), BFABRIC_OK);
	assert_int_equal(other.len, 43);
	assert_false(bf_secret_equal(&other, &verifier));
}

static unsigned get(const char *query, const char *name, struct bf_secret *value)
{
	bf_secret_clear(value);
	return bf_query_get(query, strlen(query), name, value);
}

static void queries(void **unused)
{
	BF_AUTO_SECRET struct bf_secret value = BF_SECRET_INIT;

	(void)unused;
	assert_int_equal(get("a=1&b=2", "b", &value), 1);
	assert_string_equal(bf_secret_reveal(&value), "2");
	assert_int_equal(get("a=1&%61=2&a", "a", &value), 3); /* however it is spelled */
	assert_string_equal(bf_secret_reveal(&value), "1");
	assert_int_equal(get("ab=1&a%00=2&=3&&", "a", &value), 0);
	assert_int_equal(get("a=x+y%2B%c3%a9", "a", &value), 1);
	assert_string_equal(bf_secret_reveal(&value), "x y+\xc3\xa9");
	for (const char *const *bad = (const char *const[]){"a=1%", "a=1%4", "a=%zz", "a=1%00",
		     "a=%0a", "a=%7f", "a=1%\n1", NULL};
		*bad; bad++) {
		assert_int_equal(get(*bad, "a", &value), 1);
		assert_true(bf_secret_empty(&value));
	}
	assert_int_equal(bf_query_get("a=1", 3, "a", NULL), 1);
	assert_int_equal(bf_query_get("", 0, "a", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers),
		cmocka_unit_test(no_state_matches_nothing),
		cmocka_unit_test(request),
		cmocka_unit_test(pkce),
		cmocka_unit_test(queries),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
