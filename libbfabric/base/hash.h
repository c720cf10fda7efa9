/*
 * hash.h - SHA-2 (FIPS 180-4) by libmd: SHA-256, as bytes or as lower-case hexadecimal, and its
 * longer siblings, which some signatures go with.
 */
#ifndef BF_HASH_H
#define BF_HASH_H

#include "error.h"

#define BF_SHA256_SIZE 32
#define BF_SHA384_SIZE 48
#define BF_SHA512_SIZE 64
#define BF_SHA256_HEX  65 /* 64 digits and NUL */

void bf_sha256(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA256_SIZE]);
void bf_sha384(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA384_SIZE]);
void bf_sha512(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA512_SIZE]);
void bf_sha256_hex(const void *bytes, size_t len, char ret_hex[BF_SHA256_HEX]);

#endif
