/* SPDX-License-Identifier: MIT */
/*
 * Reading requests of the web services. Strict where a client could be wrong without noticing:
 * media type, SOAPAction, namespaces, what is qualified and what is not.
 */
#include "soap.h"

#include <libxml/parser.h>
#include <string.h>

static const struct sb_operation operations[] = {
	{"read", "soap-read", "api:read", sb_soap_read},
	{"save", "soap-save", "api:write", sb_soap_save},
	{"checkandinsert", "soap-save", "api:write", sb_soap_check_and_insert},
	{"delete", "soap-delete", "api:write", sb_soap_delete},
};

const struct sb_operation *sb_operation_find(const char *name)
{
	for (size_t i = 0; i < SB_COUNTOF(operations); i++) {
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	}
	return NULL;
}

/* ---- elements ---- */

bool sb_xml_is(const xmlNode *node, const char *name)
{
	return node && !strcmp((const char *)node->name, name);
}

static xmlNode *element_from(xmlNode *node)
{
	while (node && node->type != XML_ELEMENT_NODE)
		node = node->next;
	return node;
}

xmlNode *sb_xml_first(const xmlNode *parent)
{
	return parent ? element_from(parent->children) : NULL;
}

xmlNode *sb_xml_next(const xmlNode *node)
{
	return element_from(node->next);
}

xmlNode *sb_xml_child(const xmlNode *parent, const char *name)
{
	xmlNode *child = sb_xml_first(parent);

	while (child && !sb_xml_is(child, name))
		child = sb_xml_next(child);
	return child;
}

char *sb_xml_text(const xmlNode *node)
{
	xmlChar *content = node ? xmlNodeGetContent(node) : NULL;
	char *text = node ? sb_strdup(content ? (const char *)content : "") : NULL;

	xmlFree(content);
	return text;
}

bool sb_xml_true(const xmlNode *node)
{
	SB_AUTOFREE char *text = sb_xml_text(node);

	return text && (!strcmp(text, "true") || !strcmp(text, "1"));
}

static bool in_namespace(const xmlNode *node, const char *uri)
{
	return node && (uri ? node->ns && !strcmp((const char *)node->ns->href, uri) : !node->ns);
}

/* ---- calls ---- */

static void ignore_error(void *data, const char *format, ...)
{
	(void)data;
	(void)format;
}

static const char *parse(struct sb_request *rq, struct sb_call *call)
{
	static const char type[] = "text/xml";
	const char *given = sb_header(rq, "Content-Type");

	if (!given || strncasecmp(given, type, strlen(type)) != 0)
		return "Content-Type must be text/xml.";
	if (!sb_header(rq, "SOAPAction"))
		return "The header SOAPAction is missing.";
	if (!rq->body.len)
		return "There is no request.";
	xmlSetGenericErrorFunc(NULL, ignore_error); /* of this thread */
	call->doc = xmlReadMemory(rq->body.data, (int)rq->body.len, "request.xml", NULL,
		XML_PARSE_NONET | XML_PARSE_NOCDATA | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
			XML_PARSE_HUGE);
	if (!call->doc)
		return "The request is not well-formed XML.";
	return call->doc->intSubset ? "A document type is not allowed." : NULL;
}

static const char *find_parameters(struct sb_request *rq, struct sb_call *call)
{
	const xmlNode *envelope = xmlDocGetRootElement(call->doc);
	const xmlNode *body = sb_xml_child(envelope, "Body");
	const xmlNode *operation = sb_xml_first(body);

	if (!sb_xml_is(envelope, "Envelope") || !in_namespace(envelope, SB_SOAP_11) ||
		!in_namespace(body, SB_SOAP_11))
		return "There is no SOAP 1.1 envelope.";
	if (!operation || sb_xml_next(operation))
		return "There must be one operation in the body.";
	if (!in_namespace(operation, sb_soap_namespace(rq)))
		return "The operation is in a wrong namespace.";
	call->operation = sb_operation_find((const char *)operation->name);
	if (!call->operation || !sb_service_has(call->service, call->operation->name)) {
		call->operation = NULL;
		return "There is no such operation.";
	}
	call->parameters = sb_xml_first(operation);
	if (!sb_xml_is(call->parameters, "parameters") || sb_xml_next(call->parameters))
		return "The operation must hold one element parameters.";
	return in_namespace(call->parameters, NULL) ? NULL : "parameters must not be qualified.";
}

static bool qualified_within(const xmlNode *parent)
{
	for (const xmlNode *child = sb_xml_first(parent); child; child = sb_xml_next(child)) {
		if (!in_namespace(child, NULL) || qualified_within(child))
			return true;
	}
	return false;
}

static void read_common(struct sb_call *call)
{
	SB_AUTOFREE char *page = sb_xml_text(sb_xml_child(call->parameters, "page"));

	call->ids_only = sb_xml_true(sb_xml_child(call->parameters, "idonly"));
	if (!strcmp(call->operation->name, "read"))
		call->page = page && *page ? strtol(page, NULL, 10) : 1;
}

void sb_call_read(struct sb_request *rq, struct sb_call *call)
{
	call->wrong = parse(rq, call);
	if (!call->wrong)
		call->wrong = find_parameters(rq, call);
	if (!call->wrong && qualified_within(call->parameters))
		call->wrong = "What is in parameters must not be qualified.";
	if (!call->wrong)
		read_common(call);
}

void sb_call_release(struct sb_call *call)
{
	if (call->doc)
		xmlFreeDoc(call->doc);
	free(call->user);
	*call = (struct sb_call){0};
}
