/* SPDX-License-Identifier: MIT */
#include "key.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_BITS 2048

static EVP_PKEY *load(const char *file)
{
	FILE *in = fopen(file, "re");
	EVP_PKEY *pkey;

	if (!in)
		return NULL;
	pkey = PEM_read_PrivateKey(in, NULL, NULL, NULL);
	fclose(in);
	if (!pkey || !EVP_PKEY_is_a(pkey, "RSA"))
		sb_die("%s holds no RSA key", file);
	return pkey;
}

/* Whoever of several servers comes first decides: link() never replaces a file. */
static void save(const char *file, EVP_PKEY *pkey)
{
	struct sb_text name SB_AUTOTEXT = {0};
	int fd, ok;
	FILE *out;

	sb_text_printf(&name, "%s.%d", file, (int)getpid());
	fd = open(name.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	ok = out && PEM_write_PrivateKey(out, pkey, NULL, NULL, 0, NULL, NULL) == 1;
	if (!out || fclose(out) || !ok || (link(name.data, file) && errno != EEXIST))
		sb_die("cannot write %s: %s", file, strerror(errno));
	unlink(name.data);
}

/* One number of the public key, base64url as JWK wants it; on the heap. */
static char *number(EVP_PKEY *pkey, const char *name)
{
	unsigned char bytes[KEY_BITS];
	BIGNUM *value = NULL;
	int len;

	if (EVP_PKEY_get_bn_param(pkey, name, &value) != 1 ||
		BN_num_bytes(value) > (int)sizeof(bytes))
		sb_die("unusable RSA key");
	len = BN_bn2bin(value, bytes);
	BN_free(value);
	return sb_base64url(bytes, (size_t)len);
}

static void set_kid(struct sb_key *key)
{
	SB_AUTOFREE char *n = number(key->pkey, OSSL_PKEY_PARAM_RSA_N);
	unsigned char digest[SB_DIGEST_LEN];

	sb_sha256(n, strlen(n), digest);
	for (int i = 0; i < SB_KID_LEN / 2; i++)
		snprintf(key->kid + 2 * i, 3, "%02x", digest[i]);
}

static void *generate(void *arg)
{
	struct sb_key *key = arg;

	key->pkey = EVP_RSA_gen(KEY_BITS);
	if (!key->pkey)
		sb_die("cannot make an RSA key");
	set_kid(key);
	return NULL;
}

void sb_key_start(struct sb_key *key, const char *file)
{
	*key = (struct sb_key){.lock = PTHREAD_MUTEX_INITIALIZER};
	if (*file)
		key->pkey = load(file);
	if (key->pkey) {
		set_kid(key);
		return;
	}
	if (*file) {
		generate(key);
		save(file, key->pkey);
		EVP_PKEY_free(key->pkey);
		key->pkey = load(file);
		if (!key->pkey)
			sb_die("cannot read %s: %s", file, strerror(errno));
		set_kid(key);
		return;
	}
	if (pthread_create(&key->thread, NULL, generate, key))
		sb_die("cannot start a thread");
	key->joinable = true;
}

static void wait_for_key(struct sb_key *key)
{
	pthread_mutex_lock(&key->lock);
	if (key->joinable)
		pthread_join(key->thread, NULL);
	key->joinable = false;
	pthread_mutex_unlock(&key->lock);
}

void sb_key_release(struct sb_key *key)
{
	wait_for_key(key);
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

static char *signature(EVP_PKEY *pkey, const struct sb_text *input)
{
	unsigned char raw[KEY_BITS];
	size_t len = sizeof(raw);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int ok =
		ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
		EVP_DigestSign(ctx, raw, &len, (const unsigned char *)input->data, input->len) == 1;

	EVP_MD_CTX_free(ctx);
	if (!ok)
		sb_die("cannot sign");
	return sb_base64url(raw, len);
}

static void add_part(struct sb_text *jws, const json_t *part)
{
	SB_AUTOFREE char *json = json_dumps(part, JSON_COMPACT);
	SB_AUTOFREE char *encoded = json ? sb_base64url(json, strlen(json)) : NULL;

	if (!encoded)
		sb_die("out of memory");
	sb_text_puts(jws, encoded);
}

char *sb_key_sign(struct sb_key *key, const json_t *claims)
{
	SB_AUTOFREE char *sig = NULL;
	struct sb_text jws = {0};
	json_t *header;

	wait_for_key(key);
	header = json_pack("{s:s, s:s, s:s}", "alg", "RS256", "typ", "JWT", "kid", key->kid);
	add_part(&jws, header);
	json_decref(header);
	sb_text_puts(&jws, ".");
	add_part(&jws, claims);
	sig = signature(key->pkey, &jws);
	sb_text_puts(&jws, ".");
	sb_text_puts(&jws, sig);
	return jws.data;
}

json_t *sb_key_jwks(struct sb_key *key)
{
	SB_AUTOFREE char *n = NULL;
	SB_AUTOFREE char *e = NULL;

	wait_for_key(key);
	n = number(key->pkey, OSSL_PKEY_PARAM_RSA_N);
	e = number(key->pkey, OSSL_PKEY_PARAM_RSA_E);
	return json_pack("{s:[{s:s, s:s, s:s, s:s, s:s, s:s}]}", "keys", "kty", "RSA", "use", "sig",
		"alg", "RS256", "kid", key->kid, "n", n, "e", e);
}
