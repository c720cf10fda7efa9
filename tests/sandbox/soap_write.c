/* SPDX-License-Identifier: MIT */
/*
 * Saving and deleting: one answer for each thing that came, in its order, each with its own
 * errorreport; what went well stays done.
 */
#include "soap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- from elements to values ---- */

static bool read_whole(const char *text, json_t **ret)
{
	char *end = NULL;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (!*text || *end || errno)
		return false;
	*ret = json_integer(number);
	return true;
}

static bool read_real(const char *text, json_t **ret)
{
	char *end = NULL;
	double number = strtod(text, &end);

	*ret = *text && !*end ? json_real(number) : NULL;
	return *ret != NULL;
}

static bool read_bool(const char *text, json_t **ret)
{
	bool yes = !strcmp(text, "true") || !strcmp(text, "1");

	if (!yes && strcmp(text, "false") != 0 && strcmp(text, "0") != 0)
		return false;
	*ret = json_boolean(yes);
	return true;
}

static json_t *read_group(const struct sb_field *fields, const xmlNode *node, struct sb_text *why);

/* NULL: `why` says what is wrong with it. A new reference. */
static json_t *read_value(const struct sb_field *field, const xmlNode *node, struct sb_text *why)
{
	SB_AUTOFREE char *text = sb_xml_text(node);
	json_t *value = NULL;
	bool good = false;

	switch (field->type) {
	case SB_STRING:
		return json_string(text);
	case SB_INT:
	case SB_LONG:
		good = read_whole(text, &value);
		break;
	case SB_BOOL:
		good = read_bool(text, &value);
		break;
	case SB_DOUBLE:
		good = read_real(text, &value);
		break;
	case SB_GROUP:
		return read_group(field->group, node, why);
	}
	if (!good)
		sb_text_printf(why, "%s cannot be '%s'.", sb_field_param(field), text);
	return good ? value : NULL;
}

static bool read_field(
	json_t *into, const struct sb_field *field, const xmlNode *node, struct sb_text *why)
{
	json_t *value = read_value(field, node, why), *list;

	if (!value)
		return false;
	if (!(field->flags & SB_MANY)) {
		json_object_set_new(into, field->name, value);
		return true;
	}
	list = json_object_get(into, field->name);
	if (!list)
		json_object_set_new(into, field->name, list = json_array());
	json_array_append_new(list, value);
	return true;
}

static json_t *read_group(const struct sb_field *fields, const xmlNode *node, struct sb_text *why)
{
	json_t *made = json_object();

	for (const xmlNode *child = sb_xml_first(node); child; child = sb_xml_next(child)) {
		const struct sb_field *field =
			sb_field_by_param(fields, (const char *)child->name, SB_SAVE);

		if (field && !read_field(made, field, child, why)) {
			json_decref(made);
			return NULL;
		}
	}
	return made;
}

/* ---- checking ---- */

static bool reference_exists(const struct sandbox *sb, const struct sb_field *field,
	const json_t *value, struct sb_text *why)
{
	const struct sb_service *service = sb_service_find(field->ref);
	json_int_t id = json_integer_value(value);

	if (sb_soap_record(&sb->soap, service, id))
		return true;
	sb_text_printf(why, "There is no %s with id %lld!", service->name, (long long)id);
	return false;
}

static bool references_exist(const struct sandbox *sb, const struct sb_field *field,
	const json_t *value, struct sb_text *why)
{
	if (!json_is_array(value))
		return reference_exists(sb, field, value, why);
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (!reference_exists(sb, field, json_array_get(value, i), why))
			return false;
	}
	return true;
}

static bool field_is_good(const struct sandbox *sb, const struct sb_field *field,
	const json_t *given, bool new, struct sb_text *why)
{
	const json_t *value = json_object_get(given, field->name);
	const char *text = json_string_value(value);

	if (!(field->flags & SB_SAVE))
		return true;
	if ((field->flags & SB_NEEDED) && (value ? text && !*text : new)) {
		sb_text_printf(why, "%s is required.", sb_field_param(field));
		return false;
	}
	return !value || !field->ref || references_exist(sb, field, value, why);
}

static bool all_good(const struct sandbox *sb, const struct sb_service *service,
	const json_t *given, bool new, struct sb_text *why)
{
	for (const struct sb_field *f = service->fields; f->name; f++) {
		if (!field_is_good(sb, f, given, new, why))
			return false;
	}
	return true;
}

/* ---- doing ---- */

static void sign(struct sb_request *rq, const char *user, json_t *record, bool new)
{
	char text[32];
	time_t now = (time_t)sb_now(rq->sb);
	struct tm local;

	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", localtime_r(&now, &local));
	if (new) {
		json_object_set_new(record, "created", json_string(text));
		json_object_set_new(record, "createdby", json_string(user));
	}
	json_object_set_new(record, "modified", json_string(text));
	json_object_set_new(record, "modifiedby", json_string(user));
}

/* Content is not kept, its size is. */
static void take_content(json_t *given)
{
	const char *content = json_string_value(json_object_get(given, "base64"));
	size_t len = content ? strlen(content) : 0;

	if (!content)
		return;
	while (len && content[len - 1] == '=')
		len--;
	json_object_set_new(given, "size", json_integer((json_int_t)(len * 3 / 4)));
	json_object_del(given, "base64");
}

/* Borrowed; NULL: `why` says why not. `given` is what came, and is taken. */
static json_t *store(
	struct sb_request *rq, const struct sb_call *call, json_t *given, struct sb_text *why)
{
	struct sb_soap *soap = &rq->sb->soap;
	const struct sb_service *service = call->service;
	bool new = !json_object_get(given, "id");
	json_t *old = new ? NULL : sb_soap_record(soap, service, sb_record_id(given));

	if (!new && !old)
		sb_text_printf(why, "There is no %s with id %lld!", service->name,
			(long long)sb_record_id(given));
	else if (all_good(rq->sb, service, given, new, why))
		take_content(given);
	if (why->len) {
		json_decref(given);
		return NULL;
	}
	sign(rq, call->user, given, new);
	if (new)
		return sb_soap_add(soap, service, given);
	json_object_update(old, given);
	json_decref(given);
	return old;
}

/* A record with the same values for everything that is needed of one. */
static json_t *equal_record(
	const struct sb_request *rq, const struct sb_service *service, const json_t *given)
{
	const json_t *records = sb_soap_records(&rq->sb->soap, service);

	for (size_t i = 0; i < json_array_size(records); i++) {
		json_t *record = json_array_get(records, i);
		bool equal = true;

		for (const struct sb_field *f = service->fields; f->name && equal; f++)
			equal = !(f->flags & SB_NEEDED) ||
				json_equal(json_object_get(record, f->name),
					json_object_get(given, f->name));
		if (equal)
			return record;
	}
	return NULL;
}

/* ---- answering ---- */

static void answer_error(struct sb_request *rq, const struct sb_service *service, const char *text)
{
	struct sb_text *t = &rq->reply.body;

	sb_text_printf(t, "<%s>", service->name);
	sb_xml_element(t, "errorreport", text);
	sb_text_printf(t, "</%s>", service->name);
}

static void save_one(
	struct sb_request *rq, const struct sb_call *call, const xmlNode *node, bool insert)
{
	const struct sb_detail detail = {.ids_only = call->ids_only};
	struct sb_text why SB_AUTOTEXT = {0};
	json_t *given = read_group(call->service->fields, node, &why), *record = NULL;

	if (given && insert && !json_object_get(given, "id"))
		record = equal_record(rq, call->service, given);
	if (record)
		json_decref(given);
	else if (given)
		record = store(rq, call, given, &why);
	if (record) {
		sb_record_write(rq, call->service, record, &detail);
		return;
	}
	rq->log.outcome = "partly";
	answer_error(rq, call->service, why.data);
}

static void begin(struct sb_request *rq, const struct sb_call *call, const char *outcome)
{
	rq->log.outcome = outcome;
	sb_return_begin(rq, call->operation->name);
}

static size_t count_children(const struct sb_call *call, const char *name)
{
	size_t count = 0;

	for (const xmlNode *n = sb_xml_first(call->parameters); n; n = sb_xml_next(n))
		count += sb_xml_is(n, name);
	return count;
}

static void end(struct sb_request *rq, const struct sb_call *call)
{
	sb_return_end(rq, call->operation->name);
}

static void save_all(struct sb_request *rq, const struct sb_call *call, bool insert)
{
	begin(rq, call, "saved");
	sb_xml_number(&rq->reply.body, "entitiesonpage",
		(json_int_t)count_children(call, call->service->name));
	for (const xmlNode *n = sb_xml_first(call->parameters); n; n = sb_xml_next(n)) {
		if (sb_xml_is(n, call->service->name))
			save_one(rq, call, n, insert);
	}
	end(rq, call);
}

void sb_soap_save(struct sb_request *rq, struct sb_call *call)
{
	save_all(rq, call, false);
}

void sb_soap_check_and_insert(struct sb_request *rq, struct sb_call *call)
{
	save_all(rq, call, true);
}

static void delete_one(struct sb_request *rq, const struct sb_call *call, const xmlNode *node)
{
	const struct sb_service *service = call->service;
	struct sb_text *t = &rq->reply.body;
	struct sb_text text SB_AUTOTEXT = {0};
	SB_AUTOFREE char *given = sb_xml_text(node);
	long long id = strtoll(given, NULL, 10);
	bool needed;

	if (!sb_soap_record(&rq->sb->soap, service, id)) {
		sb_text_printf(&text, "There is no %s with id %lld!", service->name, id);
		rq->log.outcome = "partly";
		answer_error(rq, service, text.data);
		return;
	}
	needed = sb_soap_is_referred_to(&rq->sb->soap, service, id);
	sb_text_printf(&text, "%s %lld %s.", service->type, id,
		needed ? "is not deletable" : "removed successfully");
	sb_text_printf(t, "<%s classname=\"%s\" id=\"%lld\">", service->name, service->name, id);
	sb_xml_element(t, "deletionreport", text.data);
	sb_text_printf(t, "</%s>", service->name);
	if (needed)
		rq->log.outcome = "partly";
	else
		sb_soap_remove(&rq->sb->soap, service, id);
}

void sb_soap_delete(struct sb_request *rq, struct sb_call *call)
{
	begin(rq, call, "deleted");
	sb_xml_number(&rq->reply.body, "entitiesonpage", (json_int_t)count_children(call, "id"));
	for (const xmlNode *n = sb_xml_first(call->parameters); n; n = sb_xml_next(n)) {
		if (sb_xml_is(n, "id"))
			delete_one(rq, call, n);
	}
	end(rq, call);
}
