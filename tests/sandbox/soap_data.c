/* SPDX-License-Identifier: MIT */
/* The records of the web services. */
#include "soap.h"

#include <libxml/parser.h>
#include <string.h>

void sb_soap_init(struct sb_soap *soap, int more_resources)
{
	const struct sb_service *service;

	xmlInitParser(); /* before there are threads */
	for (size_t i = 0; (service = sb_service_at(i)); i++) {
		soap->records[i] = json_array();
		soap->next_id[i] = service->first_id;
	}
	sb_soap_seed(soap, more_resources);
}

void sb_soap_release(struct sb_soap *soap)
{
	for (size_t i = 0; i < SB_SERVICES_MAX; i++)
		json_decref(soap->records[i]);
	*soap = (struct sb_soap){0};
}

json_t *sb_soap_records(const struct sb_soap *soap, const struct sb_service *service)
{
	return soap->records[sb_service_number(service)];
}

json_int_t sb_record_id(const json_t *record)
{
	return json_integer_value(json_object_get(record, "id"));
}

/* They are in ascending order: where it is, or where it would be. */
static size_t position(const json_t *records, json_int_t id)
{
	size_t low = 0, high = json_array_size(records);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (sb_record_id(json_array_get(records, middle)) < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

json_t *sb_soap_record(const struct sb_soap *soap, const struct sb_service *service, json_int_t id)
{
	const json_t *records = sb_soap_records(soap, service);
	json_t *found = json_array_get(records, position(records, id));

	return found && sb_record_id(found) == id ? found : NULL;
}

json_t *sb_soap_add(struct sb_soap *soap, const struct sb_service *service, json_t *record)
{
	json_int_t id = soap->next_id[sb_service_number(service)]++;

	json_object_set_new(record, "id", json_integer(id));
	if (json_array_append_new(sb_soap_records(soap, service), record))
		sb_die("out of memory");
	return record;
}

void sb_soap_remove(struct sb_soap *soap, const struct sb_service *service, json_int_t id)
{
	json_t *records = sb_soap_records(soap, service);

	if (sb_soap_record(soap, service, id))
		json_array_remove(records, position(records, id));
}

bool sb_record_refers(const json_t *record, const struct sb_field *field, json_int_t id)
{
	const json_t *value = json_object_get(record, field->name);

	if (!json_is_array(value))
		return json_is_integer(value) && json_integer_value(value) == id;
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (json_integer_value(json_array_get(value, i)) == id)
			return true;
	}
	return false;
}

static bool any_refers(const json_t *records, const struct sb_field *field, json_int_t id)
{
	for (size_t i = 0; i < json_array_size(records); i++) {
		if (sb_record_refers(json_array_get(records, i), field, id))
			return true;
	}
	return false;
}

bool sb_soap_is_referred_to(
	const struct sb_soap *soap, const struct sb_service *service, json_int_t id)
{
	const struct sb_service *other;

	for (size_t i = 0; (other = sb_service_at(i)); i++) {
		for (const struct sb_field *f = other->fields; f->name; f++) {
			if (f->ref && !f->inverse && !strcmp(f->ref, service->name) &&
				any_refers(soap->records[i], f, id))
				return true;
		}
	}
	return false;
}
