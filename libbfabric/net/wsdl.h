/*
 * net/wsdl.h - between reading a WSDL and handing out what it says (bf_wsdl_read in soap.h).
 *
 * A document names things before it says what they are, so it is first read into tables, as it
 * comes, and then put together. In the tables a type of XML Schema is "long", one of the document
 * "#xmlSample".
 */
#ifndef BF_NET_WSDL_H
#define BF_NET_WSDL_H

#include "../base/error.h"
#include <jansson.h>

/* Elements and attributes in all types, before and after extensions are put together. */
#define BF_WSDL_FIELDS 100000

struct bf_wsdl {
	json_t *types;       /* name -> { "base": reference or absent, "fields": [ field ] } */
	json_t *simple;      /* name -> reference of what it restricts */
	json_t *elements;    /* name -> { "name", "type" } */
	json_t *messages;    /* name -> { "type": reference } or { "element": name } */
	json_t *operations;  /* name -> { "in": message, "out": message } */
	json_t *schema;      /* the types of XML Schema that occur, each with true */
	char *target, *body; /* namespaces: of the document, of message bodies (NULL: not said) */
	size_t fields;
};

/* The tables of a document. NO_MEMORY, BAD_REPLY. */
BF_MUST_USE enum bfabric_status bf_wsdl_tables(
	const char *bytes, size_t len, struct bf_wsdl *ret, struct bfabric_error *err);

/* The description that they make. */
BF_MUST_USE enum bfabric_status bf_wsdl_describe(
	const struct bf_wsdl *wsdl, json_t **ret, struct bfabric_error *err);

void bf_wsdl_release(struct bf_wsdl *wsdl);

#endif
