/*
 * concat.h - strings put together without stdio.
 *
 * For the hot path: the first use of printf brings in three pages of libc that nothing else there
 * needs, which costs more than what is printed.
 */
#ifndef BF_CONCAT_H
#define BF_CONCAT_H

#include <stddef.h>
#include <stdint.h>
#include "error.h"

/* The strings up to a NULL, one after the other. To be freed; NULL without memory. */
BF_MUST_USE char *bf_concat(const char *first, ...) __attribute__((sentinel));

/* A copy in *ret, NULL for NULL. False: no memory. What *ret held is not looked at. */
BF_MUST_USE bool bf_copy_string(char **ret, const char *text);

#define BF_DECIMAL_SIZE sizeof("18446744073709551615")

/* The number in decimal, written to the end of `buf`; returns where it begins. */
const char *bf_decimal(uint64_t number, char buf[BF_DECIMAL_SIZE]);

#endif
