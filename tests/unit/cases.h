/*
 * cases.h - tests whose cases are files.
 *
 * tests/data/<area>/<case>/reply is an HTTP reply: a line with the status, then the body, byte for
 * byte. `expect` beside it is what a describing function must say about that reply. The same reply
 * files seed the fuzz targets. Include after cmocka.h.
 */
#ifndef BF_TEST_CASES_H
#define BF_TEST_CASES_H

#include "libbfabric/base/http.h"

/* Split "STATUS\nbody" into a reply; a text without a status line has status 0. */
void cases_reply(const char *bytes, size_t len, struct bf_reply *ret_reply);

/* Run all cases of an area; says which differ and fails the running test if any does. */
void cases_run(const char *area,
	void (*describe)(const struct bf_reply *reply, struct bf_secret *ret_text));

/* The same for an area whose cases are any bytes: tests/data/<area>/<case>/file. */
void cases_run_files(const char *area,
	void (*describe)(const char *bytes, size_t len, struct bf_secret *ret_text));

#endif
