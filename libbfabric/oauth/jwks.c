/* jwks.c - see jwks.h. */
#include "jwks.h"

#include <stdlib.h>
#include <string.h>

#include "../base/base64.h"
#include "reply.h"
#include "strict.h"

#define WHAT        "the server, asked for its keys (JWKS),"
#define JWKS_LEVELS 8
#define BYTES_MAX   ((size_t)BF_RSA_BITS_MAX / 8)

void bf_jwks_release(struct bf_jwks *jwks)
{
	for (size_t i = 0; i < jwks->count; i++)
		bf_jwk_release(&jwks->keys[i]);
	json_decref(jwks->document);
	*jwks = (struct bf_jwks){0};
}

enum bfabric_status bf_jwks_build(
	const char *jwks_uri, struct bf_request *ret_request, struct bfabric_error *err)
{
	char *url = strdup(jwks_uri);

	if (!url)
		return bf_fail_nomem(err);
	*ret_request = (struct bf_request){.method = "GET", .url = url};
	return BFABRIC_OK;
}

static const char *text_of(const json_t *entry, const char *name)
{
	return json_string_value(json_object_get(entry, name));
}

/* ---- one key --------------------------------------------------------------------------------- */

/* Which keys are for us, and what their numbers are called. */
static const struct kind {
	const char *kty, *crv;
	enum bf_jwk_type type;
	size_t width; /* bytes of x and of y; 0: RSA */
	bool has_y;
} kinds[] = {
	{"RSA", NULL, BF_JWK_RSA, 0, false}, {"EC", "P-256", BF_JWK_P256, 32, true},
	{"EC", "P-384", BF_JWK_P384, 48, true},
	{"OKP", "Ed25519", BF_JWK_ED25519, 32, false}, /* RFC 8037 */
};

static const struct kind *kind_of(const json_t *entry)
{
	const char *kty = text_of(entry, "kty");
	const char *crv = text_of(entry, "crv");

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kty && strcmp(kty, kinds[i].kty) == 0 &&
			(!kinds[i].crv || (crv && strcmp(crv, kinds[i].crv) == 0)))
			return &kinds[i];
	return NULL;
}

static bool lists(const json_t *array, const char *name)
{
	const json_t *one;
	size_t i;

	json_array_foreach (array, i, one)
		if (json_is_string(one) && strcmp(json_string_value(one), name) == 0)
			return true;
	return false;
}

/* `use` and `key_ops` (RFC 7517, sections 4.2 and 4.3): for checking signatures, or not said. */
static bool for_signatures(const json_t *entry)
{
	const json_t *use = json_object_get(entry, "use");
	const json_t *ops = json_object_get(entry, "key_ops");

	if (use && (!json_is_string(use) || strcmp(json_string_value(use), "sig") != 0))
		return false;
	return !ops || lists(ops, "verify");
}

/* `alg` (section 4.4). False: the key is for something else. */
static bool read_alg(const json_t *entry, struct bf_jwk *key)
{
	const json_t *alg = json_object_get(entry, "alg");

	if (!alg)
		return true;
	key->has_alg = json_is_string(alg) && bf_jwt_alg_parse(json_string_value(alg), &key->alg);
	return key->has_alg && bf_jwt_alg_type(key->alg) == key->type;
}

/* Base64url of big-endian bytes. False: not that; ret->failed then says that memory ran out. */
static bool read_bytes(const json_t *entry, const char *name, struct bf_secret *ret)
{
	const char *text = text_of(entry, name);

	return text && strlen(text) <= BYTES_MAX * 2 &&
	       bf_base64url_decode(ret, text, strlen(text));
}

/* A number: some servers put a zero in front, as signed encodings need it. */
static bool read_uint(const json_t *entry, const char *name, struct bf_secret *ret)
{
	BF_AUTO_SECRET struct bf_secret bytes = BF_SECRET_INIT;
	const char *at;
	size_t zeros = 0;

	if (!read_bytes(entry, name, &bytes)) {
		ret->failed = bytes.failed;
		return false;
	}
	at = bf_secret_reveal(&bytes);
	while (zeros < bytes.len && at[zeros] == '\0')
		zeros++;
	bf_secret_put(ret, at + zeros, bytes.len - zeros);
	return !ret->failed;
}

static unsigned bits_of(const struct bf_secret *number)
{
	unsigned char top = (unsigned char)*bf_secret_reveal(number);
	unsigned bits = (unsigned)number->len * 8;

	for (; bits > 0 && !(top & 0x80); top = (unsigned char)(top << 1))
		bits--;
	return bits;
}

static bool odd(const struct bf_secret *number)
{
	return number->len > 0 && bf_secret_reveal(number)[number->len - 1] & 1;
}

static const char *read_rsa(const json_t *entry, struct bf_jwk *key)
{
	if (!read_uint(entry, "n", &key->n) || !read_uint(entry, "e", &key->e))
		return "its modulus or exponent cannot be read";
	if (bits_of(&key->n) < BF_RSA_BITS_MIN)
		return "its RSA modulus has fewer than 2048 bits";
	if (bits_of(&key->n) > BF_RSA_BITS_MAX)
		return "its RSA modulus has more than 8192 bits";
	if (!odd(&key->n))
		return "its RSA modulus is even";
	if (!odd(&key->e) || bits_of(&key->e) < 2 || bits_of(&key->e) > 64)
		return "its RSA exponent is even, less than 3, or larger than 64 bits";
	return NULL;
}

static const char *read_point(const json_t *entry, const struct kind *kind, struct bf_jwk *key)
{
	if (!read_bytes(entry, "x", &key->x) || (kind->has_y && !read_bytes(entry, "y", &key->y)))
		return "its point cannot be read";
	if (key->x.len != kind->width || (kind->has_y && key->y.len != kind->width))
		return "its point has the wrong length";
	return NULL;
}

/* False: not for us. NO_MEMORY is told by `failed` of one of the numbers. */
static bool read_key(const json_t *entry, struct bf_jwk *key)
{
	const struct kind *kind = kind_of(entry);

	if (!kind || !for_signatures(entry))
		return false;
	key->type = kind->type;
	if (!read_alg(entry, key))
		return false;
	key->flaw = kind->type == BF_JWK_RSA ? read_rsa(entry, key) : read_point(entry, kind, key);
	return true;
}

static bool no_memory(const struct bf_jwk *key)
{
	return key->n.failed || key->e.failed || key->x.failed || key->y.failed;
}

/* ---- the set --------------------------------------------------------------------------------- */

static enum bfabric_status add(struct bf_jwks *jwks, const json_t *entry, struct bfabric_error *err)
{
	BF_AUTO_JWK struct bf_jwk key = {0};
	const char *kid = text_of(entry, "kid");

	if (!read_key(entry, &key))
		return BFABRIC_OK;
	if (no_memory(&key) || (kid && !(key.kid = strdup(kid))))
		return bf_fail_nomem(err);
	if (jwks->count == BF_JWKS_KEYS)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " listed more than %d keys for tokens",
			BF_JWKS_KEYS);
	jwks->keys[jwks->count++] = key;
	key = (struct bf_jwk){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_jwks_read(json_t *document, struct bf_jwks *ret, struct bfabric_error *err)
{
	BF_AUTO_JWKS struct bf_jwks jwks = {0};
	json_t *keys = json_object_get(document, "keys");
	const json_t *entry;
	size_t i;

	if (!json_is_array(keys))
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered without a list of keys");
	if (json_array_size(keys) > BF_JWKS_LISTED)
		return bf_fail(
			err, BFABRIC_BAD_REPLY, WHAT " listed more than %d keys", BF_JWKS_LISTED);
	json_array_foreach (keys, i, entry) {
		enum bfabric_status status = add(&jwks, entry, err);

		if (status != BFABRIC_OK)
			return status;
	}
	jwks.document = json_incref(document);
	bf_jwks_release(ret);
	*ret = jwks;
	jwks = (struct bf_jwks){0};
	return BFABRIC_OK;
}

enum bfabric_status bf_jwks_accept(
	const struct bf_reply *reply, struct bf_jwks *ret, struct bfabric_error *err)
{
	BF_AUTO_JSON json_t *document = NULL;
	const char *why = NULL;

	/* while the application is deployed anew, every path is an HTML 404 */
	if (bf_reply_busy(reply) ||
		(reply->status == 404 && strcmp(reply->content_type, "text/html") == 0))
		return bf_fail_later(WHAT, reply, err);
	if (reply->status != 200)
		return bf_fail_odd(WHAT, reply, err);
	if (reply->body.len > BF_JWKS_TEXT_MAX)
		return bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered with more than %zu KiB",
			BF_JWKS_TEXT_MAX >> 10);
	document = bf_strict_object(
		bf_secret_reveal(&reply->body), reply->body.len, JWKS_LEVELS, &why);
	if (!document)
		return why ? bf_fail(err, BFABRIC_BAD_REPLY, WHAT " answered with what %s", why)
			   : bf_fail_nomem(err);
	return bf_jwks_read(document, ret, err);
}

/* ---- choosing -------------------------------------------------------------------------------- */

static bool named(const struct bf_jwk *key, const char *kid)
{
	return key->kid && strcmp(key->kid, kid) == 0;
}

bool bf_jwks_knows(const struct bf_jwks *jwks, const char *kid)
{
	for (size_t i = 0; i < jwks->count; i++)
		if (named(&jwks->keys[i], kid))
			return true;
	return false;
}

size_t bf_jwks_select(const struct bf_jwks *jwks, const char *kid, enum bf_jwt_alg alg,
	const struct bf_jwk *ret_keys[BF_JWKS_TRIES])
{
	size_t found = 0;

	for (size_t i = 0; i < jwks->count && found < BF_JWKS_TRIES; i++) {
		const struct bf_jwk *key = &jwks->keys[i];

		if ((kid ? named(key, kid) : !key->flaw) && key->type == bf_jwt_alg_type(alg) &&
			(!key->has_alg || key->alg == alg))
			ret_keys[found++] = key;
	}
	return found;
}
