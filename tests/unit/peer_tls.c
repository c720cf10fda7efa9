/* peer_tls.c - see peer_tls.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include "peer_tls.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static EVP_PKEY *new_key(void)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");

	assert_non_null(key);
	return key;
}

static void set_name(X509_NAME *name, const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;

	assert_int_equal(
		X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes, -1, -1, 0), 1);
}

static void add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context;
	X509_EXTENSION *extension = NULL;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static X509 *new_certificate(EVP_PKEY *key, const char *subject, long from_s, long to_s)
{
	static long serial; /* unique within one authority is enough */
	X509 *certificate = X509_new();

	assert_non_null(certificate);
	X509_set_version(certificate, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
	X509_gmtime_adj(X509_getm_notBefore(certificate), from_s);
	X509_gmtime_adj(X509_getm_notAfter(certificate), to_s);
	X509_set_pubkey(certificate, key);
	set_name(X509_get_subject_name(certificate), subject);
	return certificate;
}

static void write_file(struct authority *a)
{
	FILE *f = NULL;

	snprintf(a->dir, sizeof(a->dir), "/tmp/bfabric-test-XXXXXX");
	assert_non_null(mkdtemp(a->dir));
	snprintf(a->file, sizeof(a->file), "%s/ca.pem", a->dir);
	snprintf(a->hashed, sizeof(a->hashed), "%s/%08lx.0", a->dir,
		X509_subject_name_hash(a->certificate));
	f = fopen(a->file, "we");
	assert_non_null(f);
	assert_int_equal(PEM_write_X509(f, a->certificate), 1);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(symlink("ca.pem", a->hashed), 0);
}

void authority_make(struct authority *a)
{
	char subject[64];

	a->key = new_key();
	snprintf(subject, sizeof(subject), "Test authority %p of %d", (void *)a, (int)getpid());
	a->certificate = new_certificate(a->key, subject, -3600, 3600);
	X509_set_issuer_name(a->certificate, X509_get_subject_name(a->certificate));
	add_extension(a->certificate, NID_basic_constraints, "critical,CA:TRUE");
	add_extension(a->certificate, NID_key_usage, "critical,keyCertSign");
	assert_true(X509_sign(a->certificate, a->key, EVP_sha256()) > 0);
	write_file(a);
}

void authority_release(struct authority *a)
{
	unlink(a->file);
	unlink(a->hashed);
	rmdir(a->dir);
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
}

SSL_CTX *authority_server(const struct authority *a, const char *names, long from_s, long to_s)
{
	SSL_CTX *context = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = new_key();
	X509 *certificate = new_certificate(key, "server", from_s, to_s);

	assert_non_null(context);
	X509_set_issuer_name(certificate, X509_get_subject_name(a->certificate));
	add_extension(certificate, NID_subject_alt_name, names);
	assert_true(X509_sign(certificate, a->key, EVP_sha256()) > 0);
	assert_int_equal(SSL_CTX_use_certificate(context, certificate), 1);
	assert_int_equal(SSL_CTX_use_PrivateKey(context, key), 1);
	X509_free(certificate);
	EVP_PKEY_free(key);
	return context;
}
