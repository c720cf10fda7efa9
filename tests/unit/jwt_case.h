/*
 * jwt_case.h - a verification described by bytes: a line of JSON with what is expected of the token
 * and the time, a line with the server's keys, and the token.
 *
 *	{"now":1800000000,"issuer":"https://...","audience":"...","client_id":"..."}
 *	{"keys":[...]}
 *	eyJhbGciOi...
 *
 * The files of tests/data/jwt have this form (tests/tools/make_jwt_cases.py makes them), and so
 * does what jwtcheck reads.
 */
#ifndef BF_TEST_JWT_CASE_H
#define BF_TEST_JWT_CASE_H

#include "libbfabric/base/secret.h"

/*
 * Verify it with bf_verify_jwt, a clock that stands still and a server in memory. Two lines: the
 * status, then "sub=ada client_id=CLI" or the error text. Nothing is kept on disk where HOME
 * cannot be written.
 */
void jwt_case_describe(const char *bytes, size_t len, struct bf_secret *ret_text);

#endif
