/*
 * evidence_case.h - who approved, described by bytes: a line of JSON with what is expected and the
 * time, then what was said, of which any byte may be anything.
 *
 *	{"kind":"id_token","now":1800000000,"client_id":"CLI","issuer":"https://...","claim":"sub",
 *	 "nonce":"...","access_token":"...","alg":"RS256","header":{"typ":"JWT"},"group":"..."}
 *	{"iss":"https://...", ...}
 *
 * (The settings are one line.) The kind "reply" asks instead which evidence a reply of the token
 * endpoint holds. The files of tests/data/evidence have this form, and what is fuzzed.
 */
#ifndef BF_TEST_EVIDENCE_CASE_H
#define BF_TEST_EVIDENCE_CASE_H

#include "libbfabric/oauth/evidence.h"

/*
 * Two lines: the status, then what is known or the error text. A BEL among them says that what was
 * handed out does not fit the status.
 */
void evidence_case_describe(const char *bytes, size_t len, struct bf_secret *ret_text);

#endif
