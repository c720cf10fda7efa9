/*
 * test_evidence.c - who approved, with signatures: a server in memory that publishes a key, and
 * answers introspections. What the claims themselves must say is test_evidence_cases.c's.
 */
#include "unit.h"
#include "jwt_signer.h"
#include "libbfabric/base/base64.h"
#include "libbfabric/evidence.h"
#include <stdlib.h>

#define NOW  INT64_C(1800000000)
#define BASE "https://bfabric.example.org/bfabric"
#define GOOD                                                                                       \
	"{\"iss\":\"" BASE                                                                         \
	"\",\"aud\":\"CLI\",\"sub\":\"ada\",\"iat\":1799999990,\"exp\":1800000600}"
#define API                                                                                        \
	"{\"iss\":\"" BASE "\",\"aud\":\"bfabric-api\",\"client_id\":\"CLI\",\"sub\":\"ada\","     \
	"\"exp\":1800000600}"

static struct server {
	struct signer signer;
	int64_t wall;
	const char *introspection;
	unsigned jwks_asked, introspected;
	enum bfabric_status down;
} server;

static int64_t wall(void *data)
{
	(void)data;
	return server.wall;
}

static int64_t boot_ms(void *data)
{
	(void)data;
	return 1000;
}

static bool no_random(void *data, void *buf, size_t n)
{
	(void)data;
	memset(buf, 7, n);
	return true;
}

static const struct bf_sys frozen = {.wall = wall, .boot_ms = boot_ms, .random = no_random};

static void put_keys(struct bf_secret *out)
{
	BF_AUTO_JWK struct bf_jwk jwk = {0};

	signer_jwk(&server.signer, &jwk);
	bf_secret_puts(out,
		"{\"keys\":[{\"kid\":\"2026-11\",\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"");
	bf_base64url_encode(out, bf_secret_reveal(&jwk.x), jwk.x.len);
	bf_secret_puts(out, "\"}]}");
}

static enum bfabric_status perform(void *data, const struct bf_request *request,
	struct bf_reply *ret_reply, bool *ret_sent, struct bfabric_error *err)
{
	(void)data;
	*ret_sent = true;
	if (server.down != BFABRIC_OK)
		return bf_fail(err, server.down, "the server is down");
	*ret_reply = (struct bf_reply){.status = 200, .retry_after = -1, .date = NOW};
	if (strstr(request->url, "/jwks")) {
		server.jwks_asked++;
		put_keys(&ret_reply->body);
		return BFABRIC_OK;
	}
	assert_non_null(strstr(request->url, "/introspect"));
	assert_non_null(strstr(bf_secret_reveal(&request->authorization), "Basic "));
	server.introspected++;
	bf_secret_puts(&ret_reply->body, server.introspection);
	return BFABRIC_OK;
}

static const struct bf_transport transport = {.perform = perform};

/* ---- one check ------------------------------------------------------------------------------- */

struct scene {
	struct bfabric_session *session;
	struct bf_login_flow flow;
	json_t *reply;
	struct bf_secret client_secret;
	struct bf_evidence who;
	struct bfabric_error err;
};

static int open_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	BF_AUTO_ENVIRONMENT struct bf_environment env = {.method = BFABRIC_AUTH_OAUTH};
	const struct bf_session_seams seams = {
		.sys = &frozen, .transport = &transport, .in_memory = true};

	assert_non_null(s);
	server = (struct server){.wall = NOW};
	signer_init(&server.signer, BF_JWT_EDDSA);
	assert_int_equal(bf_url_parse(BASE, &env.url, &s->err), BFABRIC_OK);
	env.name = strdup("LAB");
	env.client_id = strdup("CLI");
	assert_int_equal(bf_session_new(&env, "test", &seams, &s->session, &s->err), BFABRIC_OK);
	assert_int_equal(bf_login_connect(&s->flow, s->session, 0, 30000, &s->err), BFABRIC_OK);
	assert_int_equal(bf_endpoints_fixed(&bf_session_environment(s->session)->url,
				 &s->flow.endpoints, &s->err),
		BFABRIC_OK);
	s->reply = json_object();
	*state = s;
	return 0;
}

static int close_scene(void **state)
{
	struct scene *s = *state;

	bf_evidence_release(&s->who);
	bf_secret_release(&s->client_secret);
	json_decref(s->reply);
	bf_login_flow_release(&s->flow);
	bfabric_session_free(s->session);
	signer_release(&server.signer);
	free(s);
	return 0;
}

static void put(struct scene *s, const char *member, const char *text)
{
	assert_int_equal(json_object_set_new(s->reply, member, json_string(text)), 0);
}

static void put_signed(struct scene *s, const char *member, const char *payload)
{
	BF_AUTO_SECRET struct bf_secret token = BF_SECRET_INIT;

	signer_token_of(&server.signer, strcmp(member, "id_token") == 0 ? "JWT" : "at+jwt", payload,
		&token);
	put(s, member, bf_secret_reveal(&token));
}

static enum bfabric_status check_at(struct scene *s, int64_t date)
{
	const struct bf_evidence_grant grant = {
		.reply = s->reply, .date = date, .client_secret = &s->client_secret};
	const struct bf_evidence_expected expected = {.client_id = "CLI", .claim = "sub"};

	s->err = (struct bfabric_error){0};
	return bf_evidence_check(&s->flow, &grant, &expected, &s->who, &s->err);
}

static enum bfabric_status check(struct scene *s)
{
	return check_at(s, NOW);
}

static void assert_denied(struct scene *s, const char *why)
{
	assert_fails(check(s), BFABRIC_DENIED, s->err, why);
	assert_null(s->who.name);
	assert_null(s->who.claims);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_id_token(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	put_signed(s, "id_token", GOOD);
	assert_int_equal(check(s), BFABRIC_OK);
	assert_string_equal(s->who.name, "ada");
	assert_int_equal(s->who.kind, BF_EVIDENCE_ID_TOKEN);
	assert_int_equal(check(s), BFABRIC_OK);
	assert_int_equal(server.jwks_asked, 2); /* for each check */
}

static void test_access_token(void **state)
{
	struct scene *s = *state;

	put_signed(s, "access_token", API);
	assert_int_equal(check(s), BFABRIC_OK);
	assert_int_equal(s->who.kind, BF_EVIDENCE_ACCESS_TOKEN);
}

/* A better kind that is spoilt is not passed over for a worse one that would do. */
static void test_nothing_falls_through(void **state)
{
	struct scene *s = *state;

	put_signed(s, "access_token", API);
	put(s, "id_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.");
	assert_denied(s, "alg none");
	put(s, "id_token", "garbage");
	assert_denied(s, "no JWT");
	put(s, "id_token", "");
	assert_denied(s, "id_token");
	assert_int_equal(json_object_set_new(s->reply, "id_token", json_integer(5)), 0);
	assert_denied(s, "no text");
	put_signed(s, "id_token", API);
	assert_denied(s, "not meant for CLI");
	bf_secret_puts(&s->client_secret, "secret");
	server.introspection = "{\"active\":true,\"client_id\":\"CLI\",\"sub\":\"ada\"}";
	put(s, "access_token", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.");
	json_object_del(s->reply, "id_token");
	assert_denied(s, "alg none");
	assert_int_equal(server.introspected, 0);
}

static void test_signatures(void **state)
{
	struct scene *s = *state;
	struct signer ours = server.signer;

	put(s, "access_token", "opaque");
	signer_init(&server.signer, BF_JWT_EDDSA); /* somebody else's key */
	put_signed(s, "id_token", GOOD);
	signer_release(&server.signer);
	server.signer = ours;
	assert_denied(s, "refused");
	signer_init(&server.signer, BF_JWT_ES256); /* a key that the server has not */
	put_signed(s, "id_token", GOOD);
	signer_release(&server.signer);
	server.signer = ours;
	assert_denied(s, "not for ES256");
}

static void test_introspection(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	server.introspection = "{\"active\":true,\"client_id\":\"CLI\",\"sub\":\"ada\"}";
	assert_denied(s, "register the client CLI for the scope openid");
	assert_int_equal(server.introspected, 0);
	bf_secret_puts(&s->client_secret, "secret");
	assert_int_equal(check(s), BFABRIC_OK);
	assert_int_equal(s->who.kind, BF_EVIDENCE_INTROSPECTION);
	assert_int_equal(server.jwks_asked, 0);
}

static void test_introspection_refused(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	bf_secret_puts(&s->client_secret, "secret");
	server.introspection = "{\"active\":false}";
	assert_denied(s, "not active");
	server.introspection = "{\"active\":true,\"client_id\":\"OTHER\",\"sub\":\"ada\"}";
	assert_denied(s, "OTHER");
	server.introspection = "[]";
	assert_int_equal(check(s), BFABRIC_BAD_REPLY);
}

/* The server's clock counts, whatever ours says, and the difference is told. */
static void test_clocks(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	put_signed(s, "id_token", GOOD);
	server.wall = NOW - 86400;
	assert_int_equal(check(s), BFABRIC_OK);
	assert_int_equal(s->who.clock_off, 86400);
	server.wall = NOW + 86400;
	assert_int_equal(check(s), BFABRIC_OK);
	assert_int_equal(s->who.clock_off, -86400);
	bf_evidence_release(&s->who);
	assert_fails(check_at(s, NOW - 86400), BFABRIC_DENIED, s->err, "in the future");
	assert_fails(check_at(s, NOW + 86400), BFABRIC_DENIED, s->err, "expired");
	/* without a Date only ours is left */
	assert_fails(check_at(s, 0), BFABRIC_DENIED, s->err, "expired");
	server.wall = NOW;
	assert_int_equal(check_at(s, 0), BFABRIC_OK);
	assert_int_equal(s->who.clock_off, 0);
}

static void test_no_keys(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	put_signed(s, "id_token", GOOD);
	server.down = BFABRIC_RETRY_LATER;
	assert_int_equal(check(s), BFABRIC_RETRY_LATER);
	server.down = BFABRIC_TIMEOUT;
	assert_int_equal(check(s), BFABRIC_TIMEOUT);
	assert_null(s->who.name);
}

/* Whichever allocation of ours fails: nobody is named. */
static void test_every_failure(void **state)
{
	struct scene *s = *state;

	put(s, "access_token", "opaque");
	put_signed(s, "id_token", GOOD);
	FAULT_EACH (FAULT_MEMORY, ENOMEM) {
		enum bfabric_status status = check(s);

		if (fault_disarm()) {
			assert_int_not_equal(status, BFABRIC_OK);
			assert_null(s->who.name);
		} else {
			assert_int_equal(status, BFABRIC_OK);
		}
		bf_evidence_release(&s->who);
	}
}

#define scene_test(f) cmocka_unit_test_setup_teardown(f, open_scene, close_scene)

int main(void)
{
	const struct CMUnitTest tests[] = {
		scene_test(test_id_token),
		scene_test(test_access_token),
		scene_test(test_nothing_falls_through),
		scene_test(test_signatures),
		scene_test(test_introspection),
		scene_test(test_introspection_refused),
		scene_test(test_clocks),
		scene_test(test_no_keys),
		scene_test(test_every_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
