/* SPDX-License-Identifier: MIT */
#include "key.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_BITS   2048
#define SHORT_BITS 1024

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

static EVP_PKEY *generate(enum sb_key_type type, enum sb_key_role role)
{
	EVP_PKEY *pkey = NULL;

	switch (type) {
	case SB_RSA:
		pkey = EVP_RSA_gen(role == SB_KEY_SHORT ? SHORT_BITS : KEY_BITS);
		break;
	case SB_P256:
		pkey = EVP_EC_gen("P-256");
		break;
	case SB_P384:
		pkey = EVP_EC_gen("P-384");
		break;
	case SB_ED25519:
		pkey = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
		break;
	}
	if (!pkey)
		sb_die("cannot make a key");
	return pkey;
}

static void set_pkey(struct sb_key *key, EVP_PKEY *pkey)
{
	unsigned char digest[SB_DIGEST_LEN], *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	if (len < 0)
		sb_die("unusable key");
	sb_sha256(der, (size_t)len, digest);
	OPENSSL_free(der);
	for (int i = 0; i < SB_KID_LEN / 2; i++)
		snprintf(key->kid + 2 * i, 3, "%02x", digest[i]);
	key->pkey = pkey;
}

static struct sb_key *add(struct sb_keys *keys, enum sb_key_type type, enum sb_key_role role)
{
	struct sb_key *key = sb_zalloc(sizeof(*key));

	key->type = type;
	key->role = role;
	key->next = keys->list;
	keys->list = key;
	keys->count++;
	return key;
}

static void *generate_first(void *arg)
{
	struct sb_key *key = arg;

	set_pkey(key, generate(key->type, key->role));
	return NULL;
}

void sb_keys_start(struct sb_keys *keys, const char *file)
{
	struct sb_key *first = add(keys, SB_RSA, SB_KEY_CURRENT);
	EVP_PKEY *pkey = *file ? load(file) : NULL;

	if (*file && !pkey) {
		pkey = generate(SB_RSA, SB_KEY_CURRENT);
		save(file, pkey);
		EVP_PKEY_free(pkey);
		pkey = load(file);
		if (!pkey)
			sb_die("cannot read %s: %s", file, strerror(errno));
	}
	if (pkey) {
		set_pkey(first, pkey);
		return;
	}
	if (pthread_create(&keys->thread, NULL, generate_first, first))
		sb_die("cannot start a thread");
	keys->joinable = true;
}

static void wait_for_first(struct sb_keys *keys)
{
	if (keys->joinable)
		pthread_join(keys->thread, NULL);
	keys->joinable = false;
}

void sb_keys_release(struct sb_keys *keys)
{
	wait_for_first(keys);
	for (struct sb_key *key = keys->list, *next; key; key = next) {
		next = key->next;
		EVP_PKEY_free(key->pkey);
		free(key);
	}
	*keys = (struct sb_keys){0};
}

struct sb_key *sb_keys_get(struct sb_keys *keys, enum sb_key_type type, enum sb_key_role role)
{
	struct sb_key *key;

	wait_for_first(keys);
	for (key = keys->list; key; key = key->next) {
		if (key->type == type && key->role == role)
			return key;
	}
	key = add(keys, type, role);
	set_pkey(key, generate(type, role));
	return key;
}

void sb_keys_rotate(struct sb_keys *keys, bool publish)
{
	wait_for_first(keys);
	for (struct sb_key *key = keys->list; key; key = key->next) {
		if (key->role == SB_KEY_CURRENT)
			key->role = publish ? SB_KEY_OLD : SB_KEY_RETIRED;
	}
}
