/* SPDX-License-Identifier: MIT */
/* Replies of the web services: envelope, <return>, records, faults. */
#include "soap.h"

#include "reply.h"

#include <stdio.h>
#include <string.h>

#define NS_NEW "http://endpoint.server.webservice.bfabric.org/"
#define NS_OLD "http://endpoint.webservice.component.bfabric.org/"

void sb_text_xml(struct sb_text *t, const char *s)
{
	static const char special[] = "&<>\"\r";
	static const char *const entities[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#13;"};

	for (;;) {
		size_t plain = strcspn(s, special);

		sb_text_add(t, s, plain);
		s += plain;
		if (!*s)
			return;
		sb_text_puts(t, entities[strchr(special, *s) - special]);
		s++;
	}
}

static void open_tag(struct sb_text *t, const char *name)
{
	sb_text_add(t, "<", 1);
	sb_text_puts(t, name);
}

static void close_tag(struct sb_text *t, const char *name)
{
	sb_text_add(t, "</", 2);
	sb_text_puts(t, name);
	sb_text_add(t, ">", 1);
}

void sb_xml_element(struct sb_text *t, const char *name, const char *value)
{
	open_tag(t, name);
	if (!*value) {
		sb_text_add(t, "/>", 2);
		return;
	}
	sb_text_add(t, ">", 1);
	sb_text_xml(t, value);
	close_tag(t, name);
}

void sb_xml_number(struct sb_text *t, const char *name, json_int_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	sb_xml_element(t, name, text);
}

/* ---- envelopes ---- */

const char *sb_soap_namespace(const struct sb_request *rq)
{
	return rq->sb->set.soap_namespace == SB_NAMESPACE_OLD ? NS_OLD : NS_NEW;
}

/* Prefixes, colon included, of the envelope and of the operation within. */
struct prefixes {
	const char *envelope, *operation;
};

static struct prefixes prefixes(const struct sb_request *rq)
{
	switch ((enum sb_prefix)rq->sb->set.soap_prefix) {
	case SB_PREFIX_SOAP:
		return (struct prefixes){"soap:", "ns1:"};
	case SB_PREFIX_S:
		return (struct prefixes){"S:", "ns2:"};
	case SB_PREFIX_ENV:
		return (struct prefixes){"SOAP-ENV:", "bfabric:"};
	case SB_PREFIX_NONE:
		break;
	}
	return (struct prefixes){"", ""};
}

/* xmlns="uri" or xmlns:prefix="uri" */
static void declare(struct sb_text *t, const char *prefix, const char *uri)
{
	size_t len = strcspn(prefix, ":");

	sb_text_printf(t, " xmlns%s%.*s=\"%s\"", len ? ":" : "", (int)len, prefix, uri);
}

void sb_envelope_begin(struct sb_request *rq)
{
	struct sb_text *t = &rq->reply.body;
	const char *prefix = prefixes(rq).envelope;

	rq->reply.status = 200;
	rq->reply.type = "text/xml;charset=UTF-8";
	sb_text_printf(t, "<?xml version='1.0' encoding='UTF-8'?><%sEnvelope", prefix);
	declare(t, prefix, SB_SOAP_11);
	sb_text_printf(t, "><%sBody>", prefix);
}

void sb_envelope_end(struct sb_request *rq)
{
	const char *prefix = prefixes(rq).envelope;

	sb_text_printf(&rq->reply.body, "</%sBody></%sEnvelope>", prefix, prefix);
}

void sb_return_begin(struct sb_request *rq, const char *operation)
{
	struct sb_text *t = &rq->reply.body;
	const char *prefix = prefixes(rq).operation;

	sb_envelope_begin(rq);
	sb_text_printf(t, "<%s%sResponse", prefix, operation);
	declare(t, prefix, sb_soap_namespace(rq));
	/* Without prefixes the names within would be qualified: take that back. */
	sb_text_puts(t, *prefix ? "><return>" : "><return xmlns=\"\">");
}

void sb_return_end(struct sb_request *rq, const char *operation)
{
	sb_text_printf(
		&rq->reply.body, "</return></%s%sResponse>", prefixes(rq).operation, operation);
	sb_envelope_end(rq);
}

void sb_return_error(struct sb_request *rq, const char *operation, const char *errorreport)
{
	sb_return_begin(rq, operation);
	if (errorreport)
		sb_xml_element(&rq->reply.body, "errorreport", errorreport);
	sb_return_end(rq, operation);
}

void sb_return_fault(struct sb_request *rq, const char *text, const char *detail)
{
	struct sb_text *t = &rq->reply.body;
	const char *prefix = prefixes(rq).envelope;

	sb_envelope_begin(rq);
	rq->reply.status = 500;
	/* SOAP 1.1, section 4.4: these are not qualified. */
	sb_text_printf(t, "<%sFault>", prefix);
	sb_text_printf(
		t, "<faultcode%s>%sServer</faultcode>", *prefix ? "" : " xmlns=\"\"", prefix);
	sb_text_printf(t, "<faultstring%s>", *prefix ? "" : " xmlns=\"\"");
	sb_text_xml(t, text);
	sb_text_puts(t, "</faultstring>");
	if (detail) {
		sb_text_printf(t, "<detail%s><stackTrace>", *prefix ? "" : " xmlns=\"\"");
		sb_text_xml(t, detail);
		sb_text_puts(t, "</stackTrace></detail>");
	}
	sb_text_printf(t, "</%sFault>", prefix);
	sb_envelope_end(rq);
	rq->log.outcome = "fault";
}

/* ---- records ---- */

static void write_value(struct sb_request *rq, const struct sb_field *field, const json_t *value,
	const struct sb_detail *detail);

static void write_tag(struct sb_text *t, const char *name, const char *class, json_int_t id)
{
	char text[32];

	open_tag(t, name);
	sb_text_puts(t, " classname=\"");
	sb_text_puts(t, class);
	snprintf(text, sizeof(text), "\" id=\"%lld\"", (long long)id);
	sb_text_puts(t, text);
}

static void write_fields(struct sb_request *rq, const struct sb_field *fields, const json_t *record,
	const struct sb_detail *detail)
{
	for (const struct sb_field *f = fields; f->name; f++) {
		const json_t *value =
			f->flags & SB_HIDDEN ? NULL : json_object_get(record, f->name);

		if (value)
			write_value(rq, f, value, detail);
	}
}

/* A reference says which record it is, and what that holds only if asked for. */
static void write_reference(struct sb_request *rq, const struct sb_field *field, json_int_t id,
	const struct sb_detail *detail)
{
	struct sb_text *t = &rq->reply.body;
	const struct sb_service *service = sb_service_find(field->ref);
	const struct sb_detail plain = {0};
	const json_t *record = detail->full ? sb_soap_record(&rq->sb->soap, service, id) : NULL;

	write_tag(t, field->name, field->ref, id);
	if (!record) {
		sb_text_add(t, "/>", 2);
		return;
	}
	sb_text_add(t, ">", 1);
	write_fields(rq, service->fields, record, &plain);
	close_tag(t, field->name);
}

static void write_scalar(struct sb_text *t, const char *name, const json_t *value)
{
	char text[32];

	if (json_is_integer(value)) {
		sb_xml_number(t, name, json_integer_value(value));
	} else if (json_is_boolean(value)) {
		sb_xml_element(t, name, json_is_true(value) ? "true" : "false");
	} else if (json_is_real(value)) {
		snprintf(text, sizeof(text), "%.15g", json_real_value(value));
		sb_xml_element(t, name, text);
	} else {
		sb_xml_element(t, name, json_string_value(value));
	}
}

static void write_value(struct sb_request *rq, const struct sb_field *field, const json_t *value,
	const struct sb_detail *detail)
{
	struct sb_text *t = &rq->reply.body;

	if (json_is_array(value)) {
		for (size_t i = 0; i < json_array_size(value); i++)
			write_value(rq, field, json_array_get(value, i), detail);
	} else if (field->ref) {
		write_reference(rq, field, json_integer_value(value), detail);
	} else if (field->type == SB_GROUP) {
		open_tag(t, field->name);
		sb_text_add(t, ">", 1);
		write_fields(rq, field->group, value, detail);
		close_tag(t, field->name);
	} else {
		write_scalar(t, field->name, value);
	}
}

/* The records that have this one as their `inverse`. */
static void write_inverse(struct sb_request *rq, const struct sb_field *field, json_int_t id,
	const struct sb_detail *detail)
{
	const struct sb_service *service = sb_service_find(field->ref);
	const json_t *records = sb_soap_records(&rq->sb->soap, service);
	const struct sb_field *there = service->fields;

	while (strcmp(there->name, field->inverse) != 0)
		there++;
	for (size_t i = 0; i < json_array_size(records); i++) {
		const json_t *record = json_array_get(records, i);

		if (sb_record_refers(record, there, id))
			write_reference(rq, field, sb_record_id(record), detail);
	}
}

static void write_inverses(struct sb_request *rq, const struct sb_service *service, json_int_t id,
	const struct sb_detail *detail)
{
	for (const struct sb_field *f = service->fields; f->name; f++) {
		if (f->inverse)
			write_inverse(rq, f, id, detail);
	}
}

void sb_record_write(struct sb_request *rq, const struct sb_service *service, const json_t *record,
	const struct sb_detail *detail)
{
	struct sb_text *t = &rq->reply.body;
	json_int_t id = sb_record_id(record);

	write_tag(t, service->name, service->name, id);
	if (detail->ids_only) {
		sb_text_add(t, "/>", 2);
		return;
	}
	sb_text_add(t, ">", 1);
	if (detail->deletable) {
		bool needed = sb_soap_is_referred_to(&rq->sb->soap, service, id);

		sb_xml_element(t, "deletable", needed ? "false" : "true");
		sb_xml_element(t, "updateable", "true");
	}
	write_fields(rq, service->fields, record, detail);
	write_inverses(rq, service, id, detail);
	close_tag(t, service->name);
}
