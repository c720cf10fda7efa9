/*
 * net/soap.h - SOAP 1.1, RPC/literal, as B-Fabric's web services speak it. Pure: no network, bytes
 * in and values out.
 *
 * Foreign bytes are read with a push parser as they arrive: no network access, no external entity,
 * no document type at all (its mere presence is an error, so no entity can be made to grow),
 * elements at most 32 deep with 64 attributes, one record at most 16 MiB (of names and texts, 16
 * bytes more for each), and a whole reply at most 256 MiB.
 */
#ifndef BF_NET_SOAP_H
#define BF_NET_SOAP_H

#include "../base/secret.h"
#include <jansson.h>

/* ---- the description of a service (WSDL 1.1) ---- */

#define BF_WSDL_MAX ((size_t)8 << 20)

/*
 * As bfabric_inspect hands it out (bfabric.h). Only the schema that lies in the document is read,
 * nothing is fetched. BAD_REPLY: it is no WSDL, names the line.
 */
BF_MUST_USE enum bfabric_status bf_wsdl_read(
	const char *bytes, size_t len, json_t **ret, struct bfabric_error *err);

/* ---- requests ---- */

struct bf_soap_request {
	const char *ns;        /* "namespace" of the description */
	const char *operation; /* "read", "save", "delete", "checkandinsert", ... */
	bool ids_only;
	const char *login;
	const struct bf_secret *password;
	/*
	 * An object; its members follow idonly, login and password in their order. An object
	 * becomes an element with elements, an array repeats its element (a list in a list is
	 * BAD_CALL), null is left out, the rest is text. idonly is only sent where it is true, and
	 * with "read": other operations may not know it.
	 */
	const json_t *parameters;
};

/*
 * The body of the POST, at most 16 MiB. Only the operation is qualified. BAD_CALL: a name that is
 * none (of letters, digits and "_-." of ASCII, as all of B-Fabric's), or a text with a character
 * that XML 1.0 (section 2.2) cannot have; names the path to it.
 */
BF_MUST_USE enum bfabric_status bf_soap_write(const struct bf_soap_request *request,
	struct bf_secret *ret_body, struct bfabric_error *err);

/* ---- replies ---- */

/* What stands beside the records in <return>. Strings are owned. */
struct bf_soap_head {
	int64_t pages, page, count; /* numberofpages, page, entitiesonpage; -1: not said */
	char *errorreport;          /* NULL: none */
	char *fault;                /* faultstring, first line; NULL: none */
	bool answered;              /* there was a <return> with something in it */
};

#define BF_AUTO_SOAP_HEAD BF_CLEANUP(bf_soap_head_clear)
void bf_soap_head_clear(struct bf_soap_head *head);

/* How a reply is to be understood. Borrowed, must outlive the reader. */
struct bf_soap_expected {
	const json_t *description; /* of the service; types of values come from it. NULL: strings */
	const char *operation;
	/* Takes each record as soon as it is whole; borrowed. False: no more are wanted. */
	bool (*record)(void *data, json_t *record);
	void *data;
};

/*
 * A record is an object with sorted keys: attributes and elements alike, by local name, without
 * leading underscore; an element that is repeated, or that the description calls so, is an array.
 * A child of <return> is a record if it has attributes or elements.
 *
 * Values are as bfabricPy's SOAP library makes them: text is kept with its spaces; an element
 * without text is null, or "" if it could have elements; an empty attribute is "", or null if it is
 * no text; an element with attributes and text has the text as "value"; xsi:nil is null, xsi:type
 * counts. What is not what the description says stays text (bfabricPy fails, or drops it), as do
 * dates, decimals, integers beyond 64 bits and NaN. An array does not begin with null.
 */
struct bf_soap_reader;

BF_MUST_USE enum bfabric_status bf_soap_reader_new(const struct bf_soap_expected *expected,
	struct bf_soap_reader **ret, struct bfabric_error *err);
/* The next bytes. BAD_REPLY: not XML (says if it looks like HTML), not SOAP, or beyond a limit. */
BF_MUST_USE enum bfabric_status bf_soap_reader_feed(
	struct bf_soap_reader *reader, const char *bytes, size_t len, struct bfabric_error *err);
/* There are no more. BAD_REPLY: they ended early. */
BF_MUST_USE enum bfabric_status bf_soap_reader_end(
	struct bf_soap_reader *reader, struct bf_soap_head *ret, struct bfabric_error *err);
void bf_soap_reader_free(struct bf_soap_reader *reader);

#endif
