/* verify.c - see verify.h. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#include "local/jwks_cache.h"
#include "net/jwt.h"

#define REQUEST_MS 30000
#define CLOCK_SKEW 300 /* a file from further in the future was written under another clock */

/* One verification under way. */
struct check {
	const struct bf_verifier *with;
	const struct bf_endpoints *endpoints; /* NULL: not needed so far */
	int64_t now;
	char *path; /* of the kept keys; NULL: there is no home to keep them in */
	struct bf_jwks_cache kept;
	struct bf_jwks keys;
	struct bf_jwt jwt;
};

static void check_release(struct check *c)
{
	free(c->path);
	bf_jwks_cache_release(&c->kept);
	bf_jwks_release(&c->keys);
	bf_jwt_release(&c->jwt);
}

/* ---- where the keys come from ---------------------------------------------------------------- */

static bool within(int64_t now, int64_t then, int64_t seconds)
{
	return then > 0 && now - then < seconds && now - then > -CLOCK_SKEW;
}

/* A file that was put in the place of another base URL's does not say whom to believe here. */
static enum bfabric_status check_place(const struct check *c)
{
	BF_AUTO_URL struct bf_url uri = BF_URL_INIT;
	enum bfabric_status status;

	if (!c->kept.document ||
		(c->endpoints && strcmp(c->kept.jwks_uri, c->endpoints->jwks) != 0))
		return BFABRIC_BAD_REPLY;
	status = bf_url_parse(c->kept.jwks_uri, &uri, /* err= */ NULL);
	if (status == BFABRIC_OK && !bf_url_same_origin(&uri, c->with->base))
		status = BFABRIC_BAD_REPLY;
	return status;
}

/* Kept keys that cannot be read are as good as none: the server has them. */
static enum bfabric_status look_at_kept(struct check *c, struct bfabric_error *err)
{
	enum bfabric_status status = bf_jwks_cache_path(c->with->base, &c->path, /* err= */ NULL);

	if (status == BFABRIC_OK)
		status = bf_jwks_cache_read(c->path, &c->kept, /* err= */ NULL);
	if (status == BFABRIC_OK)
		status = check_place(c);
	if (status == BFABRIC_OK)
		status = bf_jwks_read(c->kept.document, &c->keys, /* err= */ NULL);
	if (status == BFABRIC_NO_MEMORY)
		return bf_fail_nomem(err);
	if (status != BFABRIC_OK || !within(c->now, c->kept.fetched, BF_JWKS_WEEK)) {
		bf_jwks_cache_release(&c->kept);
		bf_jwks_release(&c->keys);
	}
	return BFABRIC_OK;
}

/* Among the keys at hand, is there one for this token? */
static bool has_key(const struct check *c)
{
	const struct bf_jwk *keys[BF_JWKS_TRIES];

	if (c->jwt.kid)
		return bf_jwks_knows(&c->keys, c->jwt.kid);
	return bf_jwks_select(&c->keys, /* kid= */ NULL, c->jwt.alg, keys) > 0;
}

static enum bfabric_status ask(
	const struct check *c, struct bf_jwks *ret, struct bfabric_error *err)
{
	BF_AUTO_REQUEST struct bf_request request = {0};
	BF_AUTO_REPLY struct bf_reply reply = {0};
	const struct bf_verifier *with = c->with;
	int64_t limit = bf_boot_ms(with->sys) + REQUEST_MS;
	bool sent = false;
	enum bfabric_status status = bf_jwks_build(c->endpoints->jwks, &request, err);

	if (status != BFABRIC_OK)
		return status;
	request.cancel = with->cancel;
	request.deadline = with->deadline && with->deadline < limit ? with->deadline : limit;
	status = with->transport->perform(with->transport->data, &request, &reply, &sent, err);
	if (status == BFABRIC_OK)
		status = bf_jwks_accept(&reply, ret, err);
	return status;
}

static void keep(const struct check *c)
{
	enum bfabric_status ignored;

	if (!c->path || !c->kept.document)
		return;
	ignored = bf_jwks_cache_write(c->path, &c->kept, /* err= */ NULL);
	(void)ignored; /* keys that cannot be kept are asked for again */
}

static enum bfabric_status replace(struct check *c, struct bf_jwks *keys, struct bfabric_error *err)
{
	char *uri = strdup(c->endpoints->jwks);

	if (!uri)
		return bf_fail_nomem(err);
	bf_jwks_release(&c->keys);
	c->keys = *keys;
	*keys = (struct bf_jwks){0};
	bf_jwks_cache_release(&c->kept);
	c->kept.jwks_uri = uri;
	c->kept.document = json_incref(c->keys.document);
	c->kept.fetched = c->now;
	return BFABRIC_OK;
}

static enum bfabric_status fetch(struct check *c, struct bfabric_error *err)
{
	BF_AUTO_JWKS struct bf_jwks keys = {0};
	enum bfabric_status status = BFABRIC_OK;

	if (!c->endpoints)
		status = c->with->discover(c->with->data, &c->endpoints, err);
	if (status == BFABRIC_OK)
		status = ask(c, &keys, err);
	if (status == BFABRIC_OK)
		status = replace(c, &keys, err);
	c->kept.asked = c->now;
	keep(c);
	return status;
}

/* The server was asked just now, and could not answer: nobody knows what it would have said. */
static enum bfabric_status fail_paused(const struct check *c, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_RETRY_LATER,
		"the token's key is not among those that are kept, and the server could not be "
		"asked %lld s ago; it is asked again %lld s from now",
		(long long)(c->now - c->kept.asked),
		(long long)(c->kept.asked + BF_JWKS_PAUSE - c->now));
}

/* Keys among which the token's is, if the server has it. */
static enum bfabric_status get_keys(struct check *c, struct bfabric_error *err)
{
	struct bfabric_error why = {0};
	bool known, paused;
	enum bfabric_status status = look_at_kept(c, err);

	if (status != BFABRIC_OK)
		return status;
	known = has_key(c);
	paused = within(c->now, c->kept.asked, BF_JWKS_PAUSE);
	if (known && (paused || within(c->now, c->kept.fetched, BF_JWKS_DAY)))
		return BFABRIC_OK;
	if (paused)
		return c->kept.asked == c->kept.fetched ? BFABRIC_OK : fail_paused(c, err);
	status = fetch(c, &why);
	if (status == BFABRIC_OK ||
		(known && status != BFABRIC_NO_MEMORY && status != BFABRIC_CANCELLED))
		return BFABRIC_OK; /* old, but better than none: only an answer says otherwise */
	return bf_fail(err, status, "%s", why.text);
}

/* ---- the signature --------------------------------------------------------------------------- */

static enum bfabric_status no_key(
	const struct bf_jwks *jwks, const struct bf_jwt *jwt, struct bfabric_error *err)
{
	const char *alg = bf_jwt_alg_name(jwt->alg);

	if (!jwt->kid)
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: the server has no key for %s", alg);
	if (bf_jwks_knows(jwks, jwt->kid))
		return bf_fail(err, BFABRIC_DENIED,
			"the token is refused: the server's key %s is not for %s", jwt->kid, alg);
	return bf_fail(err, BFABRIC_DENIED,
		"the token is refused: the server has no key %s for signatures", jwt->kid);
}

static enum bfabric_status try_key(
	const struct bf_jwt *jwt, const struct bf_jwk *jwk, struct bfabric_error *err)
{
	BF_AUTO_VERIFY_KEY struct bf_verify_key *key = NULL;
	enum bfabric_status status = bf_verify_key_new(jwk, &key, err);

	if (status == BFABRIC_OK)
		status = bf_verify_signature(
			key, jwt->alg, jwt->input, jwt->input_len, &jwt->signature, err);
	return status;
}

/* Trouble of ours ends it; a refusal lets the next candidate have its turn. */
enum bfabric_status bf_verify_with(
	const struct bf_jwks *jwks, const struct bf_jwt *jwt, struct bfabric_error *err)
{
	const struct bf_jwk *keys[BF_JWKS_TRIES];
	struct bfabric_error why = {0};
	size_t count = bf_jwks_select(jwks, jwt->kid, jwt->alg, keys);
	enum bfabric_status status = BFABRIC_DENIED;

	if (count == 0)
		return no_key(jwks, jwt, err);
	for (size_t i = 0; i < count && status == BFABRIC_DENIED; i++)
		status = try_key(jwt, keys[i], &why);
	return status == BFABRIC_OK ? status : bf_fail(err, status, "%s", why.text);
}

/*
 * A key may have been replaced by one of the same name, or without a name: kept ones that refuse a
 * token are fetched anew before they are believed, as often as for a name that is unknown.
 */
static enum bfabric_status judge(struct check *c, struct bfabric_error *err)
{
	struct bfabric_error why = {0}, trouble = {0};
	enum bfabric_status status = bf_verify_with(&c->keys, &c->jwt, &why), fetched;

	if (status == BFABRIC_DENIED && !within(c->now, c->kept.asked, BF_JWKS_PAUSE)) {
		fetched = fetch(c, &trouble);
		if (fetched == BFABRIC_OK)
			status = bf_verify_with(&c->keys, &c->jwt, &why);
		else if (fetched == BFABRIC_NO_MEMORY || fetched == BFABRIC_CANCELLED)
			return bf_fail(err, fetched, "%s", trouble.text);
	}
	return status == BFABRIC_OK ? status : bf_fail(err, status, "%s", why.text);
}

/* What it says is looked at first: a token of another server costs no request to ours. */
static enum bfabric_status run(struct check *c, const struct bf_secret *token,
	const struct bf_jwt_expected *expected, struct bf_jwt_claims *ret,
	struct bfabric_error *err)
{
	struct bf_jwt_expected wanted = *expected;
	enum bfabric_status status =
		bf_jwt_parse(bf_secret_reveal(token), token->len, &c->jwt, err);

	if (!wanted.issuer)
		wanted.issuer = c->with->base->text;
	if (status == BFABRIC_OK)
		status = bf_jwt_check(&c->jwt, &wanted, c->now, ret, err);
	if (status == BFABRIC_OK)
		status = get_keys(c, err);
	return status == BFABRIC_OK ? judge(c, err) : status;
}

enum bfabric_status bf_verify_jwt(const struct bf_verifier *verifier, const struct bf_secret *token,
	const struct bf_jwt_expected *expected, struct bf_jwt_claims *ret_claims,
	struct bfabric_error *err)
{
	BF_CLEANUP(check_release)
	struct check c = {
		.with = verifier, .endpoints = verifier->endpoints, .now = bf_wall(verifier->sys)};
	BF_AUTO_CLAIMS struct bf_jwt_claims claims = {0};
	enum bfabric_status status = run(&c, token, expected, &claims, err);

	if (status != BFABRIC_OK)
		return status;
	bf_jwt_claims_release(ret_claims);
	*ret_claims = claims;
	claims = (struct bf_jwt_claims){0};
	return BFABRIC_OK;
}
