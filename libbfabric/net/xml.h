/*
 * net/xml.h - foreign XML as a stream of events; the only file that includes libxml2.
 *
 * Bytes are pushed as they arrive and come out as elements and text; no tree is built. Nothing is
 * fetched or opened, and a document type is refused by its mere presence: without one there are no
 * entities but the five of XML itself, hence neither external entities nor any that grow. Elements
 * lie at most BF_XML_DEPTH deep, have at most BF_XML_ATTRIBUTES attributes, and the whole has a
 * limit, too. Comments and processing instructions are skipped, CDATA is text, the encoding is what
 * the document says it is (what comes out is UTF-8).
 *
 * libxml2's own words go into the error text, never to stderr.
 */
#ifndef BF_NET_XML_H
#define BF_NET_XML_H

#include "../base/error.h"

#define BF_XML_DEPTH      32
#define BF_XML_ATTRIBUTES 64

#define BF_XML_SCHEMA   "http://www.w3.org/2001/XMLSchema"
#define BF_XML_INSTANCE "http://www.w3.org/2001/XMLSchema-instance"

struct bf_xml;

struct bf_xml_attribute {
	const char *uri;  /* of its namespace, "": none */
	const char *name; /* local */
	const char *value;
};

/* Without the declarations of namespaces. */
struct bf_xml_element {
	const char *uri, *name;
	const struct bf_xml_attribute *attributes;
	size_t count;
};

/*
 * Everything that is handed out is valid during the call only. A status other than OK ends the
 * reading; `err` is the caller's of bf_xml_feed.
 */
struct bf_xml_events {
	enum bfabric_status (*start)(
		void *data, const struct bf_xml_element *element, struct bfabric_error *err);
	/* What a reader sees as one text may come in pieces. */
	enum bfabric_status (*text)(
		void *data, const char *bytes, size_t len, struct bfabric_error *err);
	enum bfabric_status (*end)(void *data, struct bfabric_error *err);
	void *data;
	size_t max; /* bytes of the whole document */
};

/* `events` is borrowed and must outlive it. */
BF_MUST_USE enum bfabric_status bf_xml_new(
	const struct bf_xml_events *events, struct bf_xml **ret, struct bfabric_error *err);
void bf_xml_free(struct bf_xml *xml);

/* BAD_REPLY: no XML ("line 3: ..."), a document type, beyond a limit; or what a handler said. */
BF_MUST_USE enum bfabric_status bf_xml_feed(
	struct bf_xml *xml, const char *bytes, size_t len, struct bfabric_error *err);

/* There is no more. BAD_REPLY: the document is not complete. */
BF_MUST_USE enum bfabric_status bf_xml_end(struct bf_xml *xml, struct bfabric_error *err);

/* From a handler: what line of the document it is about. */
int bf_xml_line(const struct bf_xml *xml);

/*
 * From `start`: what a prefix in a value ("xs:long") stands for, NULL when it is not declared.
 * `len` 0: the default namespace.
 */
const char *bf_xml_namespace(const struct bf_xml *xml, const char *prefix, size_t len);

/* The attribute of that namespace ("": none) and name, NULL: there is none. */
const char *bf_xml_attribute(
	const struct bf_xml_element *element, const char *uri, const char *name);

#endif
