/* xml.c - see net/xml.h. */
#include "xml.h"
#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define PIECE_MAX      ((size_t)1 << 20) /* libxml2 counts in int */
#define NAMESPACES_MAX 64

/* A prefix and what it stands for, within the element `depth` and those in it. */
struct binding {
	char *prefix, *uri;
	unsigned depth;
};

struct bf_xml {
	const struct bf_xml_events *events;
	xmlParserCtxt *parser;
	struct bf_xml_attribute attributes[BF_XML_ATTRIBUTES];
	struct binding bindings[NAMESPACES_MAX];
	size_t binding_count;
	unsigned depth;
	size_t taken;
	/* Of the first failure; whatever is asked afterwards fails like it. */
	struct bfabric_error trouble;
	enum bfabric_status status;
};

static void global_init(void)
{
	xmlInitParser(); /* never undone: others in this process may use it */
}

static void release_binding(struct binding *binding)
{
	free(binding->prefix);
	free(binding->uri);
	*binding = (struct binding){0};
}

void bf_xml_free(struct bf_xml *xml)
{
	if (!xml)
		return;
	while (xml->binding_count)
		release_binding(&xml->bindings[--xml->binding_count]);
	if (xml->parser)
		xmlFreeDoc(xml->parser->myDoc);
	xmlFreeParserCtxt(xml->parser);
	free(xml);
}

static void xml_freep(struct bf_xml **xml)
{
	bf_xml_free(*xml);
}

/* From an event: no more of them. */
static void stop(struct bf_xml *xml, enum bfabric_status status)
{
	if (xml->status != BFABRIC_OK || status == BFABRIC_OK)
		return;
	xml->status = status;
	xmlStopParser(xml->parser);
}

/* ---- namespaces ------------------------------------------------------------------------------ */

static bool bind(struct bf_xml *xml, const char *prefix, const char *uri)
{
	struct binding *binding = NULL;

	if (xml->binding_count == NAMESPACES_MAX) {
		stop(xml, bf_fail(&xml->trouble, BFABRIC_BAD_REPLY,
				  "more than %d namespaces at line %d", NAMESPACES_MAX,
				  bf_xml_line(xml)));
		return false;
	}
	binding = &xml->bindings[xml->binding_count++];
	binding->depth = xml->depth;
	binding->prefix = strdup(prefix ? prefix : "");
	binding->uri = strdup(uri ? uri : "");
	if (binding->prefix && binding->uri)
		return true;
	stop(xml, bf_fail_nomem(&xml->trouble));
	return false;
}

static void unbind(struct bf_xml *xml)
{
	while (xml->binding_count && xml->bindings[xml->binding_count - 1].depth == xml->depth)
		release_binding(&xml->bindings[--xml->binding_count]);
}

const char *bf_xml_namespace(const struct bf_xml *xml, const char *prefix, size_t len)
{
	for (size_t i = xml->binding_count; i-- > 0;) {
		const struct binding *binding = &xml->bindings[i];

		if (strlen(binding->prefix) == len && memcmp(binding->prefix, prefix, len) == 0)
			return binding->uri;
	}
	return NULL;
}

const char *bf_xml_attribute(
	const struct bf_xml_element *element, const char *uri, const char *name)
{
	for (size_t i = 0; i < element->count; i++)
		if (strcmp(element->attributes[i].name, name) == 0 &&
			strcmp(element->attributes[i].uri, uri) == 0)
			return element->attributes[i].value;
	return NULL;
}

/* ---- libxml2's events ------------------------------------------------------------------------ */

static const char *plain(const xmlChar *text)
{
	return text ? (const char *)text : "";
}

/*
 * A value without its references. libxml2 resolves all of them but that to an ampersand, which it
 * leaves as "&#38;" for whoever builds a tree; a bare one cannot be there.
 */
static char *value_of(const xmlChar *begin, const xmlChar *end)
{
	char *value = strndup((const char *)begin, (size_t)(end - begin));
	char *to = value;

	for (const char *from = value; from && *from; to++) {
		*to = *from;
		from += strncmp(from, "&#38;", 5) == 0 ? 5 : 1;
	}
	if (value)
		*to = '\0';
	return value;
}

static void free_values(struct bf_xml *xml, size_t count)
{
	while (count-- > 0) {
		union {
			const char *borrowed;
			char *owned;
		} value = {.borrowed = xml->attributes[count].value}; /* made by value_of */

		free(value.owned);
	}
}

/* `raw`: local name, prefix, namespace, begin and end of the value, for each. */
static bool take_attributes(struct bf_xml *xml, size_t count, const xmlChar **raw)
{
	bool whole = true;

	for (size_t i = 0; i < count; i++, raw += 5) {
		xml->attributes[i].name = plain(raw[0]);
		xml->attributes[i].uri = plain(raw[2]);
		xml->attributes[i].value = value_of(raw[3], raw[4]);
		whole &= xml->attributes[i].value != NULL;
	}
	return whole;
}

static void report_start(struct bf_xml *xml, const xmlChar *name, const xmlChar *uri, size_t count,
	const xmlChar **raw)
{
	const struct bf_xml_element element = {.uri = plain(uri),
		.name = plain(name),
		.attributes = xml->attributes,
		.count = count};

	if (take_attributes(xml, count, raw))
		stop(xml, xml->events->start(xml->events->data, &element, &xml->trouble));
	else
		stop(xml, bf_fail_nomem(&xml->trouble));
	free_values(xml, count);
}

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
	int namespace_count, const xmlChar **namespaces, int count, int defaulted,
	const xmlChar **attributes)
{
	struct bf_xml *xml = data;

	(void)prefix, (void)defaulted;
	if (xml->status != BFABRIC_OK)
		return;
	xml->depth++;
	if (xml->depth > BF_XML_DEPTH) {
		stop(xml, bf_fail(&xml->trouble, BFABRIC_BAD_REPLY,
				  "elements nested deeper than %d at line %d", BF_XML_DEPTH,
				  bf_xml_line(xml)));
		return;
	}
	if (count > BF_XML_ATTRIBUTES) {
		stop(xml, bf_fail(&xml->trouble, BFABRIC_BAD_REPLY,
				  "an element with more than %d attributes at line %d",
				  BF_XML_ATTRIBUTES, bf_xml_line(xml)));
		return;
	}
	for (int i = 0; i < namespace_count; i++)
		if (!bind(xml, (const char *)namespaces[2 * i],
			    (const char *)namespaces[2 * i + 1]))
			return;
	report_start(xml, name, uri, (size_t)count, attributes);
}

static void on_text(void *data, const xmlChar *bytes, int len)
{
	struct bf_xml *xml = data;

	if (xml->status == BFABRIC_OK)
		stop(xml, xml->events->text(xml->events->data, (const char *)bytes, (size_t)len,
				  &xml->trouble));
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct bf_xml *xml = data;

	(void)name, (void)prefix, (void)uri;
	if (xml->status != BFABRIC_OK)
		return;
	stop(xml, xml->events->end(xml->events->data, &xml->trouble));
	unbind(xml);
	xml->depth--;
}

static void on_doctype(
	void *data, const xmlChar *name, const xmlChar *external, const xmlChar *system)
{
	struct bf_xml *xml = data;

	(void)name, (void)external, (void)system;
	stop(xml, bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "it has a document type (DOCTYPE)"));
}

static xmlEntity *on_entity(void *data, const xmlChar *name)
{
	(void)data, (void)name;
	return NULL; /* libxml2 knows the five by itself */
}

/*
 * Called for warnings, too; the first error counts. It comes from the depths of libxml2, whose
 * buffers may be in use: the parser is not stopped here, it only is not listened to any more.
 * libxml2 ends its texts with a line feed.
 */
static void on_trouble(void *data, xmlErrorPtr error)
{
	struct bf_xml *xml = data;
	const char *text = error->message ? error->message : "unknown error";

	if (error->level < XML_ERR_ERROR || xml->status != BFABRIC_OK)
		return;
	if (error->code == XML_ERR_NO_MEMORY)
		xml->status = bf_fail_nomem(&xml->trouble);
	else if (error->code == XML_ERR_DOCUMENT_EMPTY) /* so it calls what begins with no tag */
		xml->status = bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "not XML");
	else
		xml->status = bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "not XML at line %d: %.*s",
			error->line, (int)strcspn(text, "\n"), text);
}

/* ---- pushing bytes --------------------------------------------------------------------------- */

static const xmlSAXHandler handler = {
	.initialized = XML_SAX2_MAGIC,
	.startElementNs = on_start,
	.endElementNs = on_end,
	.characters = on_text,
	.cdataBlock = on_text,
	.ignorableWhitespace = on_text,
	.internalSubset = on_doctype,
	.getEntity = on_entity,
	.serror = on_trouble,
};

enum bfabric_status bf_xml_new(
	const struct bf_xml_events *events, struct bf_xml **ret, struct bfabric_error *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	BF_CLEANUP(xml_freep) struct bf_xml *xml = calloc(1, sizeof(*xml));
	xmlSAXHandler own = handler; /* copied, but the parameter is not const */

	if (pthread_once(&once, global_init) != 0)
		return bf_fail(err, BFABRIC_SYSTEM, "libxml2 cannot be started");
	if (!xml)
		return bf_fail_nomem(err);
	xml->events = events;
	xml->parser = xmlCreatePushParserCtxt(&own, xml, NULL, 0, NULL);
	if (!xml->parser)
		return bf_fail_nomem(err);
	(void)xmlCtxtUseOptions(xml->parser, XML_PARSE_NONET); /* returns unknown options: none */
	*ret = BF_TAKE(xml);
	return BFABRIC_OK;
}

int bf_xml_line(const struct bf_xml *xml)
{
	return xml->parser->input ? xml->parser->input->line : 0;
}

/*
 * A few errors (of converting an encoding) know no parser and go to the thread's own handler, by
 * default stderr; it is the host program's, and gets it back.
 */
static void push(struct bf_xml *xml, const char *bytes, size_t len, bool last)
{
	const xmlStructuredErrorFunc theirs = xmlStructuredError;
	void *const their_data = xmlStructuredErrorContext;
	int code;

	xmlSetStructuredErrorFunc(xml, on_trouble);
	code = xmlParseChunk(xml->parser, bytes, (int)len, last);
	xmlSetStructuredErrorFunc(their_data, theirs);
	if (xml->status != BFABRIC_OK)
		return;
	if (code == XML_ERR_NO_MEMORY)
		xml->status = bf_fail_nomem(&xml->trouble);
	else if (code != XML_ERR_OK && !xml->parser->wellFormed)
		xml->status = bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "not XML (error %d)", code);
}

static enum bfabric_status result(const struct bf_xml *xml, struct bfabric_error *err)
{
	if (xml->status != BFABRIC_OK && err)
		*err = xml->trouble;
	return xml->status;
}

enum bfabric_status bf_xml_feed(
	struct bf_xml *xml, const char *bytes, size_t len, struct bfabric_error *err)
{
	if (xml->status == BFABRIC_OK && len > xml->events->max - xml->taken)
		stop(xml, bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "more than %zu MiB",
				  xml->events->max >> 20));
	for (size_t n; len && xml->status == BFABRIC_OK; bytes += n, len -= n) {
		n = len < PIECE_MAX ? len : PIECE_MAX;
		xml->taken += n;
		push(xml, bytes, n, /* last= */ false);
	}
	return result(xml, err);
}

enum bfabric_status bf_xml_end(struct bf_xml *xml, struct bfabric_error *err)
{
	if (xml->status != BFABRIC_OK)
		return result(xml, err);
	push(xml, "", 0, /* last= */ true);
	if (xml->status == BFABRIC_BAD_REPLY) /* libxml2 names what it missed in many ways */
		(void)bf_fail(&xml->trouble, BFABRIC_BAD_REPLY, "the XML ends early");
	return result(xml, err);
}
