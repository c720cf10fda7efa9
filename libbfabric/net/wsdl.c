/* wsdl.c - the tables of net/wsdl.h. */
#include "wsdl.h"
#include "soap.h"
#include "xml.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WSDL "http://schemas.xmlsoap.org/wsdl/"

/* What an open element is for those in it. All values are borrowed from the tables. */
struct frame {
	json_t *type;       /* the complex type that fields belong to */
	json_t *typed;      /* an element or attribute: gets "type" from a type inside it */
	json_t *message;    /* gets the part */
	json_t *operation;  /* gets "in" and "out" */
	const char *simple; /* key of a simple type that gets what it restricts */
	const char *owner;  /* names anonymous types */
	bool top;           /* directly in a schema: what is here is named for all */
	bool optional, many;
};

struct reader {
	struct bf_wsdl *wsdl;
	struct bf_xml *xml;
	struct frame frames[BF_XML_DEPTH + 1];
	unsigned depth;
	struct bfabric_error *err;
};

static const char *attribute(const struct bf_xml_element *element, const char *name)
{
	return bf_xml_attribute(element, "", name);
}

static const char *local_part(const char *name)
{
	const char *colon = strrchr(name, ':');

	return colon ? colon + 1 : name;
}

/* ---- entries --------------------------------------------------------------------------------- */

/* Takes `value`. Borrowed from the table; an earlier one of this name stays what it is. */
static json_t *enter(json_t *table, const char *name, json_t *value)
{
	json_t *there = json_object_get(table, name);

	if (there) {
		json_decref(value);
		return there;
	}
	/* takes it also when it fails */
	return value && json_object_set_new_nocheck(table, name, value) == 0 ? value : NULL;
}

static bool set_text(json_t *object, const char *name, const char *text)
{
	return json_object_set_new_nocheck(object, name, json_string_nocheck(text)) == 0;
}

/* The key in its table, which lives as long. */
static const char *key_of(json_t *table, const char *name)
{
	return json_object_iter_key(json_object_iter_at(table, name));
}

/* "xs:long" -> "long", "tns:xmlSample" -> "#xmlSample". NULL: no memory. */
static json_t *reference(struct reader *r, const char *said)
{
	const char *name = local_part(said);
	const size_t prefix = name == said ? 0 : (size_t)(name - said) - 1;
	const char *uri = bf_xml_namespace(r->xml, said, prefix);

	if (!uri || strcmp(uri, BF_XML_SCHEMA) != 0)
		return json_sprintf("#%s", name);
	return enter(r->wsdl->schema, name, json_true()) ? json_string_nocheck(name) : NULL;
}

static bool set_reference(struct reader *r, json_t *object, const char *name, const char *said)
{
	return json_object_set_new_nocheck(object, name, reference(r, said)) == 0;
}

/* ---- schema ---------------------------------------------------------------------------------- */

/* A type of an element or attribute; absent, it may be anything (XML Schema, part 1, 3.3.2). */
static bool set_type(struct reader *r, json_t *object, const struct bf_xml_element *element,
	const char *otherwise)
{
	const char *type = attribute(element, "type");
	const char *ref = attribute(element, "ref");

	if (ref)
		return set_text(object, "ref", local_part(ref));
	return type ? set_reference(r, object, "type", type) : set_text(object, "type", otherwise);
}

static enum bfabric_status global_element(
	struct reader *r, struct frame *frame, const struct bf_xml_element *element)
{
	const char *name = attribute(element, "name");

	if (!name)
		return BFABRIC_OK;
	frame->owner = "";
	frame->typed = enter(r->wsdl->elements, name, json_pack("{ss}", "name", name));
	if (!frame->typed || !set_type(r, frame->typed, element, "anyType"))
		return bf_fail_nomem(r->err);
	return BFABRIC_OK;
}

static bool is_many(const struct bf_xml_element *element)
{
	const char *max = attribute(element, "maxOccurs");

	return max && strcmp(max, "0") != 0 && strcmp(max, "1") != 0;
}

static bool is_optional(const struct bf_xml_element *element)
{
	const char *min = attribute(element, "minOccurs");

	return min && strcmp(min, "0") == 0;
}

static int64_t least(
	const struct frame *frame, const struct bf_xml_element *element, bool is_attribute)
{
	const char *min = attribute(element, is_attribute ? "use" : "minOccurs");

	if (is_attribute)
		return min && strcmp(min, "required") == 0;
	if (frame->optional)
		return 0;
	return min ? strtol(min, NULL, 10) : 1;
}

static enum bfabric_status add_field(struct reader *r, struct frame *frame,
	const struct bf_xml_element *element, bool is_attribute)
{
	const char *ref = attribute(element, "ref");
	const char *name = ref ? local_part(ref) : attribute(element, "name");
	json_t *field = NULL;

	if (!name)
		return BFABRIC_OK;
	if (++r->wsdl->fields > BF_WSDL_FIELDS)
		return bf_fail(r->err, BFABRIC_BAD_REPLY, "its types have more than %d fields",
			BF_WSDL_FIELDS);
	field = json_pack("{sssbsIsb}", "name", name, "attribute", is_attribute, "min",
		(json_int_t)least(frame, element, is_attribute), "many",
		!is_attribute && (frame->many || is_many(element)));
	if (!field || json_array_append_new(json_object_get(frame->type, "fields"), field) < 0 ||
		!set_type(r, field, element, is_attribute ? "string" : "anyType"))
		return bf_fail_nomem(r->err);
	frame->typed = field;
	frame->type = NULL;
	return BFABRIC_OK;
}

/* An anonymous one is called after the element it lies in. */
static json_t *type_name(const struct frame *frame, const struct bf_xml_element *element)
{
	const char *name = attribute(element, "name");
	const char *field = json_string_value(json_object_get(frame->typed, "name"));

	if (name || !field)
		return name ? json_string_nocheck(name) : NULL;
	return json_sprintf("%s.%s", frame->owner ? frame->owner : "", field);
}

static enum bfabric_status complex_type(
	struct reader *r, struct frame *frame, const struct bf_xml_element *element)
{
	json_t *name = type_name(frame, element);
	const char *text = json_string_value(name);
	bool whole = text || !(attribute(element, "name") || frame->typed);

	frame->type = NULL;
	if (text) {
		frame->type = enter(r->wsdl->types, text, json_pack("{s[]}", "fields"));
		frame->owner = key_of(r->wsdl->types, text);
		whole = frame->type != NULL;
	}
	if (text && whole && frame->typed)
		whole = json_object_set_new_nocheck(
				frame->typed, "type", json_sprintf("#%s", text)) == 0;
	json_decref(name);
	frame->typed = NULL;
	frame->optional = frame->many = false;
	return whole ? BFABRIC_OK : bf_fail_nomem(r->err);
}

static enum bfabric_status simple_type(
	struct reader *r, struct frame *frame, const struct bf_xml_element *element)
{
	const char *name = attribute(element, "name");

	if (!frame->top || !name)
		return BFABRIC_OK;
	/* of a list or a union of types: text */
	if (!enter(r->wsdl->simple, name, json_string_nocheck("string")))
		return bf_fail_nomem(r->err);
	frame->simple = key_of(r->wsdl->simple, name);
	return BFABRIC_OK;
}

static enum bfabric_status restriction(
	struct reader *r, const struct frame *frame, const struct bf_xml_element *element)
{
	const char *base = attribute(element, "base");
	bool whole = true;

	if (base && frame->simple)
		whole = set_reference(r, r->wsdl->simple, frame->simple, base);
	else if (base && frame->typed)
		whole = set_reference(r, frame->typed, "type", base);
	return whole ? BFABRIC_OK : bf_fail_nomem(r->err);
}

static enum bfabric_status extension(
	struct reader *r, const struct frame *frame, const struct bf_xml_element *element)
{
	const char *base = attribute(element, "base");

	if (base && frame->type && !set_reference(r, frame->type, "base", base))
		return bf_fail_nomem(r->err);
	return BFABRIC_OK;
}

static enum bfabric_status in_schema(
	struct reader *r, struct frame *frame, const struct bf_xml_element *element)
{
	const bool top = frame->top;
	const char *name = element->name;

	if (strcmp(name, "simpleType") == 0)
		return simple_type(r, frame, element); /* looks at `top` itself */
	frame->top = strcmp(name, "schema") == 0;
	if (strcmp(name, "complexType") == 0)
		return complex_type(r, frame, element);
	if (strcmp(name, "restriction") == 0)
		return restriction(r, frame, element);
	if (strcmp(name, "extension") == 0)
		return extension(r, frame, element);
	if (strcmp(name, "element") == 0 && top)
		return global_element(r, frame, element);
	if (!frame->type)
		return BFABRIC_OK;
	if (strcmp(name, "element") == 0)
		return add_field(r, frame, element, /* is_attribute= */ false);
	if (strcmp(name, "attribute") == 0)
		return add_field(r, frame, element, /* is_attribute= */ true);
	frame->optional |= is_optional(element) || strcmp(name, "choice") == 0;
	frame->many |= is_many(element);
	return BFABRIC_OK;
}

/* ---- messages and operations ----------------------------------------------------------------- */

/* Of several parts the one that is called as B-Fabric's are, else the first. */
static bool part(struct reader *r, json_t *message, const struct bf_xml_element *element)
{
	const char *name = attribute(element, "name");
	const char *type = attribute(element, "type");
	const char *named = attribute(element, "element");
	const bool known = name && (strcmp(name, "parameters") == 0 || strcmp(name, "return") == 0);

	if (!message || (json_object_size(message) > 0 && !known))
		return true;
	json_object_clear(message);
	if (type)
		return set_reference(r, message, "type", type);
	return !named || set_text(message, "element", local_part(named));
}

static enum bfabric_status in_wsdl(
	struct reader *r, struct frame *frame, const struct bf_xml_element *element)
{
	const char *kind = element->name;
	const char *name = attribute(element, "name");
	const char *message = attribute(element, "message");
	bool whole = true;

	if (strcmp(kind, "message") == 0 && name) {
		frame->message = enter(r->wsdl->messages, name, json_object());
		whole = frame->message != NULL;
	} else if (strcmp(kind, "part") == 0) {
		whole = part(r, frame->message, element);
	} else if (strcmp(kind, "operation") == 0 && name) {
		/* in portType; in a binding it is the same again, without messages */
		frame->operation = enter(r->wsdl->operations, name, json_object());
		whole = frame->operation != NULL;
	} else if (frame->operation && message && strcmp(kind, "input") == 0) {
		whole = set_text(frame->operation, "in", local_part(message));
	} else if (frame->operation && message && strcmp(kind, "output") == 0) {
		whole = set_text(frame->operation, "out", local_part(message));
	}
	return whole ? BFABRIC_OK : bf_fail_nomem(r->err);
}

/* ---- the document ---------------------------------------------------------------------------- */

static enum bfabric_status keep(const struct bf_xml_element *element, const char *name, char **ret,
	struct bfabric_error *err)
{
	const char *value = attribute(element, name);

	if (*ret || !value)
		return BFABRIC_OK;
	*ret = strdup(value);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

static enum bfabric_status on_start(
	void *data, const struct bf_xml_element *element, struct bfabric_error *err)
{
	struct reader *r = data;
	struct frame *frame = &r->frames[r->depth + 1];
	const bool is_wsdl = strcmp(element->uri, WSDL) == 0;

	r->err = err;
	*frame = r->frames[r->depth];
	if (r->depth++ == 0) {
		if (!is_wsdl || strcmp(element->name, "definitions") != 0)
			return bf_fail(err, BFABRIC_BAD_REPLY, "no WSDL: it begins with <%s>",
				element->name);
		return keep(element, "targetNamespace", &r->wsdl->target, err);
	}
	if (strcmp(element->uri, BF_XML_SCHEMA) == 0)
		return in_schema(r, frame, element);
	if (is_wsdl)
		return in_wsdl(r, frame, element);
	/* soap:body, of any version */
	return strcmp(element->name, "body") == 0 ? keep(element, "namespace", &r->wsdl->body, err)
						  : BFABRIC_OK;
}

static enum bfabric_status on_text(
	void *data, const char *bytes, size_t len, struct bfabric_error *err)
{
	(void)data, (void)bytes, (void)len, (void)err; /* nothing but documentation */
	return BFABRIC_OK;
}

static enum bfabric_status on_end(void *data, struct bfabric_error *err)
{
	struct reader *r = data;

	(void)err;
	r->depth--;
	return BFABRIC_OK;
}

static bool make_tables(struct bf_wsdl *wsdl)
{
	wsdl->types = json_object();
	wsdl->simple = json_object();
	wsdl->elements = json_object();
	wsdl->messages = json_object();
	wsdl->operations = json_object();
	wsdl->schema = json_object();
	return wsdl->types && wsdl->simple && wsdl->elements && wsdl->messages &&
	       wsdl->operations && wsdl->schema;
}

static void xml_freep(struct bf_xml **xml)
{
	bf_xml_free(*xml);
}

enum bfabric_status bf_wsdl_tables(
	const char *bytes, size_t len, struct bf_wsdl *ret, struct bfabric_error *err)
{
	BF_CLEANUP(bf_wsdl_release) struct bf_wsdl wsdl = {0};
	BF_CLEANUP(xml_freep) struct bf_xml *xml = NULL;
	struct reader reader = {.wsdl = &wsdl};
	const struct bf_xml_events events = {.start = on_start,
		.text = on_text,
		.end = on_end,
		.data = &reader,
		.max = BF_WSDL_MAX};
	enum bfabric_status status;

	if (!make_tables(&wsdl))
		return bf_fail_nomem(err);
	status = bf_xml_new(&events, &xml, err);
	reader.xml = xml;
	if (status == BFABRIC_OK)
		status = bf_xml_feed(xml, bytes, len, err);
	if (status == BFABRIC_OK)
		status = bf_xml_end(xml, err);
	if (status != BFABRIC_OK)
		return status;
	*ret = wsdl;
	wsdl = (struct bf_wsdl){0};
	return BFABRIC_OK;
}
