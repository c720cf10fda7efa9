/*
 * token_glance.h - the quick look at a token cache.
 *
 * Nearly every answer of the front program comes from a flat JSON object of a few strings and
 * numbers. To build jansson's tree of it, copy it and take it down again costs a fifth of what the
 * program does; one pass over the text finds the same.
 *
 * What is not that plain (an escape, a byte beyond ASCII, a nested value, a literal, a number that
 * is no short natural one, a name given twice, any error) is left to bf_token_parse(), which alone
 * says what is wrong. A fuzz target holds the two against each other.
 */
#ifndef BF_TOKEN_GLANCE_H
#define BF_TOKEN_GLANCE_H

#include "token.h"

/*
 * True: bf_token_parse() accepts `text` too and finds the same `access`, `expires_at` (not 0) and
 * `expires_in`; the other fields of `ret` are left empty. False: `ret` is empty, use
 * bf_token_parse().
 */
BF_MUST_USE bool bf_token_glance(const char *text, size_t len, struct bf_token *ret);

#endif
