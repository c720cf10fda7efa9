/* SPDX-License-Identifier: MIT */
/*
 * The description of a service (WSDL 1.1), from its row of the table.
 *
 * --soap-types extended writes the same types the way an object-oriented server does: with base
 * types for what all requests, replies and records have in common.
 */
#include "soap.h"

#include "reply.h"

#include <string.h>

#define XS "http://www.w3.org/2001/XMLSchema"

static const char *const xs_names[] = {"string", "int", "long", "boolean", "double", NULL};

struct wsdl {
	struct sb_text *t;
	const struct sb_service *service;
	const char *ns;
	bool extended;
	bool seen[SB_SERVICES_MAX];
	const struct sb_field *groups[16]; /* whose types are there */
	size_t group_count;
};

static void element(struct wsdl *w, const char *name, const char *prefix, const char *type,
	const char *suffix, bool many)
{
	sb_text_printf(w->t, "<xs:element minOccurs=\"0\"%s name=\"%s\" type=\"%s:%s%s\"/>\n",
		many ? " maxOccurs=\"unbounded\"" : "", name, prefix, type, suffix);
}

/* `base` NULL: none. */
static void type_begin(struct wsdl *w, const char *name, const char *suffix, const char *base)
{
	sb_text_printf(w->t, "<xs:complexType name=\"%s%s\">\n", name, suffix);
	if (base)
		sb_text_printf(w->t, "<xs:complexContent><xs:extension base=\"tns:%s\">\n", base);
	sb_text_puts(w->t, "<xs:sequence>\n");
}

static void type_end(struct wsdl *w, bool extends, const char *attributes)
{
	sb_text_printf(w->t, "</xs:sequence>\n%s", attributes);
	if (extends)
		sb_text_puts(w->t, "</xs:extension></xs:complexContent>\n");
	sb_text_puts(w->t, "</xs:complexType>\n");
}

/* ---- records ---- */

#define RECORD_ATTRIBUTES                                                                          \
	"<xs:attribute name=\"classname\" type=\"xs:string\"/>\n"                                  \
	"<xs:attribute name=\"id\" type=\"xs:long\"/>\n"

static void record_base(struct wsdl *w)
{
	element(w, "deletable", "xs", "boolean", "", false);
	element(w, "deletionreport", "xs", "string", "", false);
	element(w, "errorreport", "xs", "string", "", false);
	element(w, "updateable", "xs", "boolean", "", false);
}

static void field_element(struct wsdl *w, const struct sb_field *f, const char *name, bool many)
{
	if (f->type == SB_GROUP)
		element(w, name, "tns", f->group_type, "", many);
	else
		element(w, name, "xs", xs_names[f->type], "", many);
}

static void group_types(struct wsdl *w, const struct sb_field *fields)
{
	for (const struct sb_field *f = fields; f->name; f++) {
		bool seen = f->type != SB_GROUP;

		for (size_t i = 0; i < w->group_count; i++)
			seen = seen || w->groups[i] == f->group;
		if (seen || w->group_count == SB_COUNTOF(w->groups))
			continue;
		w->groups[w->group_count++] = f->group;
		group_types(w, f->group);
		type_begin(w, f->group_type, "", NULL);
		for (const struct sb_field *inner = f->group; inner->name; inner++)
			field_element(w, inner, inner->name, inner->flags & SB_MANY);
		type_end(w, false, "");
	}
}

static void record_fields(struct wsdl *w, const struct sb_service *service)
{
	for (const struct sb_field *f = service->fields; f->name; f++) {
		if (f->flags & SB_HIDDEN)
			continue;
		if (f->ref)
			element(w, f->name, "tns", "xml", sb_service_find(f->ref)->type,
				f->flags & SB_MANY);
		else
			field_element(w, f, f->name, f->flags & SB_MANY);
	}
}

/* The type of its records, and of those that they refer to. */
static void record_type(struct wsdl *w, const struct sb_service *service)
{
	if (w->seen[sb_service_number(service)])
		return;
	w->seen[sb_service_number(service)] = true;
	group_types(w, service->fields);
	type_begin(w, "xml", service->type, w->extended ? "xmlRecord" : NULL);
	if (!w->extended)
		record_base(w);
	record_fields(w, service);
	type_end(w, w->extended, w->extended ? "" : RECORD_ATTRIBUTES);
	for (const struct sb_field *f = service->fields; f->name; f++) {
		if (f->ref)
			record_type(w, sb_service_find(f->ref));
	}
}

/* ---- requests and replies ---- */

static void request_base(struct wsdl *w)
{
	element(w, "idonly", "xs", "boolean", "", false);
	element(w, "login", "xs", "string", "", false);
	element(w, "password", "xs", "string", "", false);
}

static void response_base(struct wsdl *w)
{
	element(w, "entitiesonpage", "xs", "int", "", false);
	element(w, "errorreport", "xs", "string", "", false);
	element(w, "numberofpages", "xs", "int", "", false);
	element(w, "page", "xs", "int", "", false);
}

static void base_types(struct wsdl *w)
{
	type_begin(w, "xmlRequest", "", NULL);
	request_base(w);
	type_end(w, false, "");
	type_begin(w, "xmlResponse", "", NULL);
	response_base(w);
	type_end(w, false, "");
	type_begin(w, "xmlRecord", "", NULL);
	record_base(w);
	type_end(w, false, RECORD_ATTRIBUTES);
}

static void request_begin(struct wsdl *w, const char *name, const char *suffix)
{
	type_begin(w, name, suffix, w->extended ? "xmlRequest" : NULL);
	if (!w->extended)
		request_base(w);
}

static void read_types(struct wsdl *w)
{
	request_begin(w, "xmlRequestRead", w->service->type);
	element(w, "page", "xs", "int", "", false);
	element(w, "query", "tns", "xmlRequestParameterRead", w->service->type, false);
	type_end(w, w->extended, "");
	type_begin(w, "xmlRequestParameterRead", w->service->type, NULL);
	for (const struct sb_field *f = w->service->fields; f->name; f++) {
		if (f->flags & SB_QUERY)
			field_element(w, f, sb_field_param(f), true);
	}
	element(w, "fulldetails", "xs", "boolean", "", false);
	element(w, "includeassociations", "xs", "boolean", "", false);
	element(w, "includedeletableupdateable", "xs", "boolean", "", false);
	type_end(w, false, "");
}

static void save_types(struct wsdl *w)
{
	request_begin(w, "xmlRequestSave", w->service->type);
	element(w, w->service->name, "tns", "xmlRequestParameterSave", w->service->type, true);
	type_end(w, w->extended, "");
	type_begin(w, "xmlRequestParameterSave", w->service->type, NULL);
	for (const struct sb_field *f = w->service->fields; f->name; f++) {
		if (f->flags & SB_SAVE)
			field_element(w, f, sb_field_param(f), f->flags & SB_MANY);
	}
	type_end(w, false, "");
}

static void delete_types(struct wsdl *w)
{
	request_begin(w, "xmlRequestDelete", w->service->type);
	element(w, "id", "xs", "long", "", true);
	type_end(w, w->extended, "");
}

static void response_type(struct wsdl *w)
{
	type_begin(w, "xmlResponse", w->service->type, w->extended ? "xmlResponse" : NULL);
	if (!w->extended)
		response_base(w);
	element(w, w->service->name, "tns", "xml", w->service->type, true);
	type_end(w, w->extended, "");
}

static void schema(struct wsdl *w)
{
	sb_text_printf(w->t,
		"<wsdl:types>\n<xs:schema xmlns:xs=\"" XS "\" elementFormDefault=\"unqualified\" "
		"targetNamespace=\"%s\" version=\"1.0\">\n",
		w->ns);
	if (w->extended)
		base_types(w);
	read_types(w);
	if (sb_service_has(w->service, "save"))
		save_types(w);
	if (sb_service_has(w->service, "delete"))
		delete_types(w);
	response_type(w);
	record_type(w, w->service);
	sb_text_puts(w->t, "</xs:schema>\n</wsdl:types>\n");
}

/* ---- operations ---- */

static void message(struct wsdl *w, const char *operation)
{
	const char *kind = !strcmp(operation, "read")     ? "Read"
			   : !strcmp(operation, "delete") ? "Delete"
							  : "Save";

	sb_text_printf(w->t,
		"<wsdl:message name=\"%s\"><wsdl:part name=\"parameters\" "
		"type=\"tns:xmlRequest%s%s\"/></wsdl:message>\n",
		operation, kind, w->service->type);
	sb_text_printf(w->t,
		"<wsdl:message name=\"%sResponse\"><wsdl:part name=\"return\" "
		"type=\"tns:xmlResponse%s\"/></wsdl:message>\n",
		operation, w->service->type);
}

static void port_operation(struct wsdl *w, const char *operation)
{
	sb_text_printf(w->t,
		"<wsdl:operation name=\"%s\"><wsdl:input message=\"tns:%s\" name=\"%s\"/>"
		"<wsdl:output message=\"tns:%sResponse\" name=\"%sResponse\"/></wsdl:operation>\n",
		operation, operation, operation, operation, operation);
}

static void binding_operation(struct wsdl *w, const char *operation)
{
	sb_text_printf(w->t,
		"<wsdl:operation name=\"%s\"><soap:operation soapAction=\"\" style=\"rpc\"/>"
		"<wsdl:input name=\"%s\"><soap:body namespace=\"%s\" use=\"literal\"/></wsdl:input>"
		"<wsdl:output name=\"%sResponse\"><soap:body namespace=\"%s\" use=\"literal\"/>"
		"</wsdl:output></wsdl:operation>\n",
		operation, operation, w->ns, operation, w->ns);
}

static void each_operation(struct wsdl *w, void (*fn)(struct wsdl *w, const char *operation))
{
	for (const char *at = w->service->operations; *at;) {
		size_t len = strcspn(at, " ");
		SB_AUTOFREE char *word = sb_strndup(at, len);

		fn(w, word);
		at += len + (at[len] == ' ');
	}
}

static void operations(struct wsdl *w)
{
	const char *type = w->service->type;

	each_operation(w, message);
	sb_text_printf(w->t, "<wsdl:portType name=\"%sWebService\">\n", type);
	each_operation(w, port_operation);
	sb_text_printf(w->t,
		"</wsdl:portType>\n<wsdl:binding name=\"%sSoapBinding\" "
		"type=\"tns:%sWebService\">\n"
		"<soap:binding style=\"rpc\" "
		"transport=\"http://schemas.xmlsoap.org/soap/http\"/>\n",
		type, type);
	each_operation(w, binding_operation);
	sb_text_puts(w->t, "</wsdl:binding>\n");
}

void sb_soap_wsdl(struct sb_request *rq, const struct sb_service *service)
{
	struct wsdl w = {.t = &rq->reply.body,
		.service = service,
		.ns = sb_soap_namespace(rq),
		.extended = rq->sb->set.soap_types == SB_TYPES_EXTENDED};

	rq->reply.status = 200;
	rq->reply.type = "text/xml;charset=UTF-8";
	sb_text_printf(w.t,
		"<?xml version='1.0' encoding='UTF-8'?>\n"
		"<!-- " SB_BANNER " -->\n"
		"<wsdl:definitions xmlns:wsdl=\"http://schemas.xmlsoap.org/wsdl/\" "
		"xmlns:soap=\"http://schemas.xmlsoap.org/wsdl/soap/\" xmlns:tns=\"%s\" "
		"name=\"%sWebService\" targetNamespace=\"%s\">\n",
		w.ns, service->type, w.ns);
	schema(&w);
	operations(&w);
	sb_text_printf(w.t,
		"<wsdl:service name=\"%sWebService\"><wsdl:port binding=\"tns:%sSoapBinding\" "
		"name=\"%sPort\"><soap:address location=\"%s/%s\"/></wsdl:port></wsdl:service>\n"
		"</wsdl:definitions>\n",
		service->type, service->type, service->type, rq->sb->base_url, service->name);
	rq->log.outcome = "described";
}
