/*
 * ascii.h - character classes of ASCII, whatever the locale says: <ctype.h> would ask it, and takes
 * no negative char.
 */
#ifndef BF_ASCII_H
#define BF_ASCII_H

#include <stdbool.h>

static inline char bf_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool bf_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool bf_is_alnum(char c)
{
	return bf_is_digit(c) || (bf_lower(c) >= 'a' && bf_lower(c) <= 'z');
}

/* 0 to 15; -1 when it is no hexadecimal digit. */
static inline int bf_hex_value(char c)
{
	if (bf_is_digit(c))
		return c - '0';
	return bf_lower(c) >= 'a' && bf_lower(c) <= 'f' ? bf_lower(c) - 'a' + 10 : -1;
}

/* `lower_prefix` is in lower case; the case of `text` does not matter. */
static inline bool bf_starts_with(const char *text, const char *lower_prefix)
{
	for (; *lower_prefix; text++, lower_prefix++)
		if (bf_lower(*text) != *lower_prefix)
			return false;
	return true;
}

#endif
