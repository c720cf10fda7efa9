/* soap_elements.c - see net/soap_read.h. */
#include "soap_read.h"
#include <stdlib.h>
#include <string.h>

#define ELEMENT   16             /* what an element or attribute counts besides its text */
#define FAULT_MAX ((size_t)2048) /* of a fault's first line */

static enum bfabric_status charge(
	struct bf_soap_reader *reader, size_t cost, struct bfabric_error *err)
{
	reader->cost += cost;
	if (reader->cost <= BF_SOAP_RECORD_MAX)
		return BFABRIC_OK;
	return bf_fail(err, BFABRIC_BAD_REPLY, "a record of more than %zu MiB at line %d",
		BF_SOAP_RECORD_MAX >> 20, bf_xml_line(reader->xml));
}

/* ---- an element begins ----------------------------------------------------------------------- */

static enum bf_soap_place place_of(const struct bf_soap_frame *parent, const char *name)
{
	switch (parent->place) {
	case BF_SOAP_ENVELOPE:
		return strcmp(name, "Body") == 0 ? BF_SOAP_BODY : BF_SOAP_ELSEWHERE;
	case BF_SOAP_BODY:
		return strcmp(name, "Fault") == 0 ? BF_SOAP_FAULT : BF_SOAP_RESPONSE;
	case BF_SOAP_FAULT:
		/* SOAP 1.1, section 4.4; in 1.2 it is Text in Reason */
		if (strcmp(name, "Reason") == 0)
			return BF_SOAP_FAULT;
		return strcmp(name, "faultstring") == 0 || strcmp(name, "Text") == 0
			       ? BF_SOAP_FAULT_TEXT
			       : BF_SOAP_ELSEWHERE;
	case BF_SOAP_RESPONSE:
		return strcmp(name, "return") == 0 ? BF_SOAP_RETURN : BF_SOAP_ELSEWHERE;
	case BF_SOAP_RETURN:
	case BF_SOAP_VALUE:
		return BF_SOAP_VALUE;
	case BF_SOAP_ELSEWHERE:
	case BF_SOAP_FAULT_TEXT:
		break;
	}
	return BF_SOAP_ELSEWHERE;
}

static const char *local_part(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

/* An element may say itself what it is: a reference of a more special type than was described. */
static enum bfabric_status retype(struct bf_soap_reader *reader, struct bf_soap_frame *frame,
	const char *said, struct bfabric_error *err)
{
	const char *name = local_part(said);
	const size_t prefix = name == said ? 0 : (size_t)(name - said) - 1;
	const char *uri = bf_xml_namespace(reader->xml, said, prefix);
	const struct bf_soap_type *type = NULL;
	enum bfabric_status status = BFABRIC_OK;

	if (uri && strcmp(uri, BF_XML_SCHEMA) == 0) {
		frame->kind = bf_soap_kind_of(name);
		frame->type = NULL;
		return BFABRIC_OK;
	}
	status = bf_soap_type_find(&reader->types, name, &type, err);
	if (type) {
		frame->kind = BF_SOAP_COMPLEX;
		frame->type = type;
	}
	return status;
}

static enum bfabric_status set_type(struct bf_soap_reader *reader,
	const struct bf_soap_frame *parent, struct bf_soap_frame *frame,
	const struct bf_xml_element *element, struct bfabric_error *err)
{
	const char *said = bf_xml_attribute(element, BF_XML_INSTANCE, "type");
	const char *nil = bf_xml_attribute(element, BF_XML_INSTANCE, "nil");
	const struct bf_soap_field *field = NULL;
	enum bfabric_status status = BFABRIC_OK;

	frame->nil = nil && (strcmp(nil, "true") == 0 || strcmp(nil, "1") == 0);
	if (frame->place == BF_SOAP_RETURN) {
		const char *name = bf_soap_type_returned(
			reader->types.description, reader->expected->operation);

		return bf_soap_type_find(&reader->types, name, &frame->type, err);
	}
	field = bf_soap_type_field(parent->type, element->name, /* attribute= */ false);
	if (field) {
		frame->kind = field->kind;
		frame->many = field->many;
		if (field->kind == BF_SOAP_COMPLEX)
			status = bf_soap_type_find(&reader->types, field->type, &frame->type, err);
	}
	return said && status == BFABRIC_OK ? retype(reader, frame, said, err) : status;
}

/* xsi:type and its like, and xml:lang, are about the XML, not part of the record. */
static bool is_meta(const struct bf_xml_attribute *attribute)
{
	return strcmp(attribute->uri, BF_XML_INSTANCE) == 0 ||
	       strcmp(attribute->uri, "http://www.w3.org/XML/1998/namespace") == 0;
}

static enum bfabric_status put_attribute(struct bf_soap_reader *reader,
	const struct bf_soap_frame *frame, const struct bf_xml_attribute *attribute,
	struct bfabric_error *err)
{
	const struct bf_soap_field *field =
		bf_soap_type_field(frame->type, attribute->name, /* attribute= */ true);
	const enum bf_soap_kind kind = field ? field->kind : BF_SOAP_TEXT;
	const size_t len = strlen(attribute->value);
	enum bfabric_status status = charge(reader, ELEMENT + len + strlen(attribute->name), err);

	if (status != BFABRIC_OK)
		return status;
	return bf_soap_pile_put(&reader->pile, attribute->name,
		len == 0 && kind != BF_SOAP_TEXT ? json_null()
						 : bf_soap_scalar(kind, attribute->value, len),
		/* many= */ false, err);
}

static enum bfabric_status begin_value(struct bf_soap_reader *reader,
	const struct bf_soap_frame *parent, struct bf_soap_frame *frame,
	const struct bf_xml_element *element, struct bfabric_error *err)
{
	enum bfabric_status status;

	if (parent->place == BF_SOAP_RETURN)
		reader->cost = 0;
	status = charge(reader, ELEMENT + strlen(element->name), err);
	if (status == BFABRIC_OK)
		status = set_type(reader, parent, frame, element, err);
	for (size_t i = 0; i < element->count && status == BFABRIC_OK; i++)
		if (!is_meta(&element->attributes[i]))
			status = put_attribute(reader, frame, &element->attributes[i], err);
	return status;
}

static enum bfabric_status begin(struct bf_soap_reader *reader, struct bf_soap_frame *parent,
	struct bf_soap_frame *frame, const struct bf_xml_element *element,
	struct bfabric_error *err)
{
	switch (frame->place) {
	case BF_SOAP_RETURN:
		return set_type(reader, parent, frame, element, err);
	case BF_SOAP_VALUE:
		parent->has_elements = true;
		if (parent->place == BF_SOAP_RETURN)
			reader->head.answered = true;
		return begin_value(reader, parent, frame, element, err);
	case BF_SOAP_FAULT_TEXT:
		reader->cost = 0;
		return BFABRIC_OK;
	case BF_SOAP_BODY:
		reader->is_soap = true;
		return BFABRIC_OK;
	case BF_SOAP_ELSEWHERE:
	case BF_SOAP_ENVELOPE:
	case BF_SOAP_FAULT:
	case BF_SOAP_RESPONSE:
		break;
	}
	return BFABRIC_OK;
}

enum bfabric_status bf_soap_on_start(
	void *data, const struct bf_xml_element *element, struct bfabric_error *err)
{
	struct bf_soap_reader *reader = data;
	struct bf_soap_frame *parent = &reader->frames[reader->depth];
	struct bf_soap_frame *frame = parent + 1;

	*frame = (struct bf_soap_frame){.place = place_of(parent, element->name),
		.name = reader->open.len,
		.text = reader->text.len,
		.members = reader->pile.count};
	if (reader->depth == 0) {
		if (strcmp(element->name, "Envelope") != 0)
			return bf_fail(err, BFABRIC_BAD_REPLY, "not SOAP: it begins with <%s>",
				element->name);
		frame->place = BF_SOAP_ENVELOPE;
	}
	reader->depth++;
	bf_secret_put(&reader->open, element->name, strlen(element->name) + 1);
	if (reader->open.failed)
		return bf_fail_nomem(err);
	return reader->enough ? BFABRIC_OK : begin(reader, parent, frame, element, err);
}

enum bfabric_status bf_soap_on_text(
	void *data, const char *bytes, size_t len, struct bfabric_error *err)
{
	struct bf_soap_reader *reader = data;
	const struct bf_soap_frame *frame = &reader->frames[reader->depth];
	enum bfabric_status status;

	if (reader->enough || (frame->place != BF_SOAP_VALUE && frame->place != BF_SOAP_FAULT_TEXT))
		return BFABRIC_OK;
	status = charge(reader, len, err);
	bf_secret_put(&reader->text, bytes, len);
	return status == BFABRIC_OK && reader->text.failed ? bf_fail_nomem(err) : status;
}

/* ---- an element ends ------------------------------------------------------------------------- */

static bool is_blank(const char *text)
{
	return text[strspn(text, " \t\r\n")] == '\0';
}

/* An object that has text, too, has it as "value"; indentation between elements is none. */
static enum bfabric_status make_object(struct bf_soap_reader *reader,
	const struct bf_soap_frame *frame, json_t **ret, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(&reader->text) + frame->text;
	const size_t len = reader->text.len - frame->text;
	enum bfabric_status status = BFABRIC_OK;

	if (len && !frame->nil && !(frame->has_elements && is_blank(text)))
		status = bf_soap_pile_put(&reader->pile, "value",
			bf_soap_scalar(BF_SOAP_TEXT, text, len), /* many= */ false, err);
	return status == BFABRIC_OK ? bf_soap_pile_take(&reader->pile, frame->members, ret, err)
				    : status;
}

static enum bfabric_status make_value(struct bf_soap_reader *reader,
	const struct bf_soap_frame *frame, json_t **ret, struct bfabric_error *err)
{
	const size_t len = reader->text.len - frame->text;
	json_t *value = NULL;

	if (reader->pile.count > frame->members)
		return make_object(reader, frame, ret, err);
	/* one of several references can be none; a single one is then not there at all */
	if (frame->nil || (len == 0 && (frame->kind != BF_SOAP_COMPLEX || frame->many)))
		value = json_null();
	else
		value = bf_soap_scalar(
			frame->kind, bf_secret_reveal(&reader->text) + frame->text, len);
	if (!value)
		return bf_fail_nomem(err);
	*ret = value;
	return BFABRIC_OK;
}

static enum bfabric_status read_count(
	const char *name, const char *text, size_t len, int64_t *ret, struct bfabric_error *err)
{
	json_t *value = NULL;

	if (len == 0)
		return BFABRIC_OK;
	value = bf_soap_scalar(BF_SOAP_INTEGER, text, len);
	if (!value)
		return bf_fail_nomem(err);
	*ret = json_is_integer(value) ? json_integer_value(value) : -1;
	json_decref(value);
	if (*ret < 0)
		return bf_fail(err, BFABRIC_BAD_REPLY, "its %s is no number", name);
	return BFABRIC_OK;
}

/* Keeps the first that is not empty. */
static enum bfabric_status keep_text(
	const char *text, size_t len, char **ret, struct bfabric_error *err)
{
	if (*ret || len == 0)
		return BFABRIC_OK;
	*ret = strndup(text, len);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

/* Beside the records. */
static enum bfabric_status note_head(
	struct bf_soap_reader *reader, const struct bf_soap_frame *frame, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(&reader->text) + frame->text;
	const size_t len = frame->nil ? 0 : reader->text.len - frame->text;
	const char *name = bf_secret_reveal(&reader->open) + frame->name;
	struct bf_soap_head *head = &reader->head;

	if (strcmp(name, "numberofpages") == 0)
		return read_count(name, text, len, &head->pages, err);
	if (strcmp(name, "page") == 0)
		return read_count(name, text, len, &head->page, err);
	if (strcmp(name, "entitiesonpage") == 0)
		return read_count(name, text, len, &head->count, err);
	if (strcmp(name, "errorreport") == 0)
		return keep_text(text, len, &head->errorreport, err);
	return BFABRIC_OK;
}

static enum bfabric_status end_record(
	struct bf_soap_reader *reader, const struct bf_soap_frame *frame, struct bfabric_error *err)
{
	const struct bf_soap_expected *expected = reader->expected;
	json_t *record = NULL;
	enum bfabric_status status;

	if (reader->pile.count == frame->members)
		return note_head(reader, frame, err);
	status = make_object(reader, frame, &record, err);
	if (status != BFABRIC_OK)
		return status;
	reader->enough = !expected->record(expected->data, record);
	json_decref(record);
	return BFABRIC_OK;
}

static enum bfabric_status end_value(
	struct bf_soap_reader *reader, const struct bf_soap_frame *frame, struct bfabric_error *err)
{
	json_t *value = NULL;
	enum bfabric_status status = make_value(reader, frame, &value, err);

	if (status != BFABRIC_OK)
		return status;
	return bf_soap_pile_put(&reader->pile, bf_secret_reveal(&reader->open) + frame->name, value,
		frame->many, err);
}

/* The first line that says something; a stack trace follows it. */
static enum bfabric_status end_fault(
	struct bf_soap_reader *reader, const struct bf_soap_frame *frame, struct bfabric_error *err)
{
	const char *text = bf_secret_reveal(&reader->text) + frame->text;
	size_t len;

	text += strspn(text, " \t\r\n");
	len = strcspn(text, "\r\n");
	return keep_text(text, len < FAULT_MAX ? len : FAULT_MAX, &reader->head.fault, err);
}

enum bfabric_status bf_soap_on_end(void *data, struct bfabric_error *err)
{
	struct bf_soap_reader *reader = data;
	const struct bf_soap_frame *frame = &reader->frames[reader->depth];
	enum bfabric_status status = BFABRIC_OK;

	if (reader->enough)
		status = BFABRIC_OK;
	else if (frame->place == BF_SOAP_FAULT_TEXT)
		status = end_fault(reader, frame, err);
	else if (frame->place == BF_SOAP_VALUE && frame[-1].place == BF_SOAP_RETURN)
		status = end_record(reader, frame, err);
	else if (frame->place == BF_SOAP_VALUE)
		status = end_value(reader, frame, err);
	bf_secret_cut(&reader->text, frame->text);
	bf_secret_cut(&reader->open, frame->name);
	reader->depth--;
	return status;
}
