/*
 * soap_case.h - what the reader makes of a SOAP reply, as text; for the cases and the fuzz target.
 */
#ifndef TESTS_SOAP_CASE_H
#define TESTS_SOAP_CASE_H

#include "libbfabric/net/soap.h"

/* Stands for a record that is no valid JSON: XML cannot have that character, nor can a dump. */
#define SOAP_CASE_INVALID "\x01"

/*
 * One line a record, then the head or the error. Fed in pieces of `piece` bytes (0: all at once). A
 * record whose name is "stop" is the last that is wanted.
 */
enum bfabric_status soap_case_describe(const json_t *description, const char *bytes, size_t len,
	size_t piece, struct bf_secret *ret_text);

#endif
