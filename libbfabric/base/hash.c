#include "hash.h"

#include <sha2.h>
#include <string.h>

void bf_sha256(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA256_SIZE])
{
	SHA2_CTX context;

	SHA256Init(&context);
	SHA256Update(&context, bytes, len);
	SHA256Final(ret_digest, &context);
	explicit_bzero(&context, sizeof(context)); /* its block holds the end of the message */
}

void bf_sha384(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA384_SIZE])
{
	SHA2_CTX context;

	SHA384Init(&context);
	SHA384Update(&context, bytes, len);
	SHA384Final(ret_digest, &context);
	explicit_bzero(&context, sizeof(context));
}

void bf_sha512(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA512_SIZE])
{
	SHA2_CTX context;

	SHA512Init(&context);
	SHA512Update(&context, bytes, len);
	SHA512Final(ret_digest, &context);
	explicit_bzero(&context, sizeof(context));
}

void bf_sha256_hex(const void *bytes, size_t len, char ret_hex[BF_SHA256_HEX])
{
	static const char digits[] = "0123456789abcdef";
	unsigned char digest[BF_SHA256_SIZE];

	bf_sha256(bytes, len, digest);
	for (size_t i = 0; i < sizeof(digest); i++) {
		ret_hex[2 * i] = digits[digest[i] >> 4];
		ret_hex[2 * i + 1] = digits[digest[i] & 15];
	}
	ret_hex[2 * sizeof(digest)] = '\0';
}
