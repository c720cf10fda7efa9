/*
 * peer_tls.h - certificates made for one test: an authority, and servers with whatever is wrong.
 */
#ifndef BF_TEST_PEER_TLS_H
#define BF_TEST_PEER_TLS_H

#include <openssl/ssl.h>

/* An authority with its certificate as a file in a folder of its own. */
struct authority {
	EVP_PKEY *key;
	X509 *certificate;
	char dir[64];
	char file[96];   /* PEM, with this name and, as a link, the one a folder needs (hash.0) */
	char hashed[96]; /* that link */
};

void authority_make(struct authority *authority);
void authority_release(struct authority *authority);

/*
 * A server's context with a new key, certified for `names` ("DNS:a,IP:127.0.0.1") from `from_s` to
 * `to_s` seconds relative to now.
 */
SSL_CTX *authority_server(
	const struct authority *authority, const char *names, long from_s, long to_s);

#endif
