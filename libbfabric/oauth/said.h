/*
 * said.h - a server's words for a person.
 *
 * An error description is free text. Servers have been seen to quote in it the very token that they
 * refuse, and our errors go to terminals and logs: runs that look like a token are replaced.
 */
#ifndef BF_SAID_H
#define BF_SAID_H

#include <stddef.h>

/*
 * Copy `text` (NULL: "") to `dst`: cleaned and cut as bf_show does it, each run of 20 or more
 * characters of a token's alphabet with a digit or both cases in it replaced by "[...]".
 */
void bf_said(char *dst, size_t size, const char *text);

#endif
