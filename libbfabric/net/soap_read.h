/*
 * net/soap_read.h - the reader of SOAP replies, between its two halves: soap_read.c takes the bytes
 * and hands out what was found, soap_elements.c understands the elements.
 */
#ifndef BF_NET_SOAP_READ_H
#define BF_NET_SOAP_READ_H

#include "soap.h"
#include "soap_type.h"
#include "soap_value.h"
#include "xml.h"

#define BF_SOAP_RECORD_MAX ((size_t)16 << 20) /* of one record, or of one text beside them */

/* What an element is, by where it stands. */
enum bf_soap_place {
	BF_SOAP_ELSEWHERE, /* not looked at, nor what is in it */
	BF_SOAP_ENVELOPE,
	BF_SOAP_BODY,
	BF_SOAP_FAULT,
	BF_SOAP_FAULT_TEXT,
	BF_SOAP_RESPONSE,
	BF_SOAP_RETURN,
	BF_SOAP_VALUE, /* below <return> */
};

/* An element that is open. Text and members of those around it lie below the marks. */
struct bf_soap_frame {
	enum bf_soap_place place;
	size_t name, text, members; /* marks */
	const struct bf_soap_type *type;
	enum bf_soap_kind kind;
	bool many, nil, has_elements;
};

struct bf_soap_reader {
	const struct bf_soap_expected *expected;
	struct bf_soap_types types;
	struct bf_xml_events events;
	struct bf_xml *xml;
	struct bf_soap_frame frames[BF_XML_DEPTH + 1]; /* the lowest stands for the document */
	unsigned depth;
	struct bf_soap_pile pile;
	struct bf_secret open; /* names of the frames, each with its NUL */
	struct bf_secret text;
	struct bf_secret glimpse; /* the beginning, until it is known what it is */
	bool looked, is_html;
	bool enough;  /* no more records are wanted */
	bool is_soap; /* there was a body in an envelope */
	size_t cost;  /* of what is held */
	struct bf_soap_head head;
};

/* Handlers for struct bf_xml_events; `data` is the reader. */
enum bfabric_status bf_soap_on_start(
	void *data, const struct bf_xml_element *element, struct bfabric_error *err);
enum bfabric_status bf_soap_on_text(
	void *data, const char *bytes, size_t len, struct bfabric_error *err);
enum bfabric_status bf_soap_on_end(void *data, struct bfabric_error *err);

#endif
