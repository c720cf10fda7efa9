/*
 * query.h - parameters of a query string (application/x-www-form-urlencoded; RFC 6749, appendix B).
 */
#ifndef BF_QUERY_H
#define BF_QUERY_H

#include "../base/secret.h"

/*
 * Append the decoded value of the first parameter `name` to `ret` and return how often the name
 * occurs: more than once is an error of its sender (RFC 6749, section 3.1), and whose value counts
 * nobody can say. A value that is not decodable (a bad escape, NUL, a control character) counts and
 * is left out. `ret` may be NULL. Memory: ret->failed.
 */
unsigned bf_query_get(const char *query, size_t len, const char *name, struct bf_secret *ret);

#endif
