/* SPDX-License-Identifier: MIT */
#include "tls.h"

#include "text.h"

#include <errno.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#define DAY 86400L

struct certificate {
	EVP_PKEY *key;
	X509 *x509;
};

static void certificate_release(struct certificate *c)
{
	X509_free(c->x509);
	EVP_PKEY_free(c->key);
}

static void must(int ok, const char *what)
{
	if (ok <= 0)
		sb_die("cannot make a certificate: %s", what);
}

static void add_extension(X509 *x509, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *extension;

	X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	must(extension && X509_add_ext(x509, extension, -1), value);
	X509_EXTENSION_free(extension);
}

/* A new EC key and an unsigned certificate for it, valid from and until these days from now. */
static void begin(struct certificate *c, const char *name, long from, long until)
{
	X509_NAME *subject;
	unsigned char serial[16];
	BIGNUM *number;

	c->key = EVP_EC_gen("P-256");
	c->x509 = X509_new();
	must(c->key && c->x509, "key");
	subject = X509_get_subject_name(c->x509);
	must(X509_set_version(c->x509, X509_VERSION_3), "version");
	must(X509_set_pubkey(c->x509, c->key), "public key");
	must(X509_NAME_add_entry_by_txt(
		     subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0),
		"name");
	sb_random_bytes(serial, sizeof(serial));
	serial[0] &= 0x7f;
	number = BN_bin2bn(serial, sizeof(serial), NULL);
	must(number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(c->x509)), "serial");
	BN_free(number);
	must(X509_gmtime_adj(X509_getm_notBefore(c->x509), from * DAY) != NULL, "time");
	must(X509_gmtime_adj(X509_getm_notAfter(c->x509), until * DAY) != NULL, "time");
}

static void sign(struct certificate *c, const struct certificate *issuer)
{
	must(X509_set_issuer_name(c->x509, X509_get_subject_name(issuer->x509)), "issuer");
	add_extension(c->x509, issuer->x509, NID_subject_key_identifier, "hash");
	if (issuer != c)
		add_extension(c->x509, issuer->x509, NID_authority_key_identifier, "keyid");
	must(X509_sign(c->x509, issuer->key, EVP_sha256()), "signature");
}

static void make_authority(struct certificate *c, const char *name)
{
	begin(c, name, -1, 30);
	add_extension(c->x509, c->x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
	add_extension(c->x509, c->x509, NID_key_usage, "critical,keyCertSign,cRLSign");
	sign(c, c);
}

static void make_leaf(struct certificate *c, const struct certificate *issuer, enum sb_tls_bad bad)
{
	bool expired = bad == SB_TLS_EXPIRED;
	const char *names = bad == SB_TLS_WRONG_HOST
				    ? "DNS:elsewhere.example"
				    : "DNS:localhost,IP:127.0.0.1,IP:0:0:0:0:0:0:0:1";

	begin(c, "bfabric-sandbox", expired ? -20 : -1, expired ? -10 : 30);
	add_extension(c->x509, c->x509, NID_subject_alt_name, names);
	add_extension(c->x509, c->x509, NID_basic_constraints, "critical,CA:FALSE");
	add_extension(c->x509, c->x509, NID_key_usage, "critical,digitalSignature");
	add_extension(c->x509, c->x509, NID_ext_key_usage, "serverAuth");
	sign(c, issuer ? issuer : c);
}

static char *take_pem(BIO *bio)
{
	char *data = NULL, *pem;
	long len = BIO_get_mem_data(bio, &data);

	pem = sb_strndup(data, (size_t)len);
	BIO_free(bio);
	return pem;
}

static char *cert_pem(X509 *x509)
{
	BIO *bio = BIO_new(BIO_s_mem());

	must(bio && PEM_write_bio_X509(bio, x509), "PEM");
	return take_pem(bio);
}

static char *key_pem(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	must(bio && PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL), "PEM");
	return take_pem(bio);
}

static void write_file(const char *file, const char *text)
{
	FILE *out = fopen(file, "we");
	int ok = out && fputs(text, out) >= 0;

	if (!out || fclose(out) || !ok)
		sb_die("cannot write %s: %s", file, strerror(errno));
}

void sb_tls_make(enum sb_tls_bad bad, const char *ca_file, char **ret_key_pem, char **ret_cert_pem)
{
	struct certificate shown __attribute__((cleanup(certificate_release))) = {0};
	struct certificate other __attribute__((cleanup(certificate_release))) = {0};
	struct certificate leaf __attribute__((cleanup(certificate_release))) = {0};
	SB_AUTOFREE char *ca_pem = NULL;

	make_authority(&shown, "bfabric-sandbox CA (not a product)");
	make_authority(&other, "bfabric-sandbox other CA (not a product)");
	if (bad == SB_TLS_SELF_SIGNED)
		make_leaf(&leaf, NULL, bad);
	else
		make_leaf(&leaf, bad == SB_TLS_UNTRUSTED ? &other : &shown, bad);
	ca_pem = cert_pem(shown.x509);
	write_file(ca_file, ca_pem);
	*ret_key_pem = key_pem(leaf.key);
	*ret_cert_pem = cert_pem(leaf.x509);
}
