/*
 * hash.h - SHA-256 (FIPS 180-4), as bytes or as lower-case hexadecimal, by libmd.
 */
#ifndef BF_HASH_H
#define BF_HASH_H

#include "error.h"

#define BF_SHA256_SIZE 32
#define BF_SHA256_HEX  65 /* 64 digits and NUL */

void bf_sha256(const void *bytes, size_t len, unsigned char ret_digest[BF_SHA256_SIZE]);
void bf_sha256_hex(const void *bytes, size_t len, char ret_hex[BF_SHA256_HEX]);

#endif
