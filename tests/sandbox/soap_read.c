/* SPDX-License-Identifier: MIT */
/*
 * Reading: which records fit a query, and one page of them. Values of one field are alternatives,
 * fields are conditions that must all hold; texts are compared as SQL's LIKE does.
 */
#include "soap.h"

#include <stdio.h>
#include <string.h>

static const char *const switches[] = {
	"fulldetails", "includeassociations", "includedeletableupdateable"};

struct condition {
	const struct sb_field *field;
	json_t *values; /* texts */
};

struct query {
	struct condition list[64];
	size_t count;
	size_t values;
	char *unknown; /* the first field that is none; owned */
};

/* ---- understanding it ---- */

static void query_release(struct query *q)
{
	for (size_t i = 0; i < q->count; i++)
		json_decref(q->list[i].values);
	free(q->unknown);
}

static bool is_switch(const char *name)
{
	for (size_t i = 0; i < SB_COUNTOF(switches); i++) {
		if (!strcmp(switches[i], name))
			return true;
	}
	return false;
}

static void add_value(struct query *q, const struct sb_field *field, const xmlNode *node)
{
	SB_AUTOFREE char *text = sb_xml_text(node);
	size_t i = 0;

	while (i < q->count && q->list[i].field != field)
		i++;
	if (i == q->count) {
		if (q->count == SB_COUNTOF(q->list))
			return;
		q->list[q->count++] = (struct condition){field, json_array()};
	}
	json_array_append_new(q->list[i].values, json_string(text));
	q->values++;
}

static void query_read(struct query *q, const struct sb_service *service, const xmlNode *parent)
{
	for (const xmlNode *node = sb_xml_first(parent); node; node = sb_xml_next(node)) {
		const char *name = (const char *)node->name;
		const struct sb_field *field = sb_field_by_param(service->fields, name, SB_QUERY);

		if (field)
			add_value(q, field, node);
		else if (!is_switch(name) && !q->unknown)
			q->unknown = sb_strdup(name);
	}
}

/* ---- applying it ---- */

/* % stands for any text, _ for any one character (of UTF-8). */
static bool like(const char *text, const char *pattern)
{
	const char *again = NULL, *from = NULL;

	for (;;) {
		if (*pattern == '%') {
			again = ++pattern;
			from = text;
		} else if (*text && (*pattern == '_' || *pattern == *text)) {
			bool one = *pattern++ == '_';

			text++;
			while (one && ((unsigned char)*text & 0xc0) == 0x80)
				text++;
		} else if (!*text && !*pattern) {
			return true;
		} else if (again && *from) {
			pattern = again;
			text = ++from;
		} else {
			return false;
		}
	}
}

static bool text_fits(const struct sb_field *field, const char *text, const char *wanted)
{
	if (field->flags & SB_AFTER)
		return strcmp(text, wanted) >= 0;
	if (field->flags & SB_BEFORE)
		return strcmp(text, wanted) <= 0;
	return like(text, wanted);
}

static bool value_fits(const struct sb_field *field, const json_t *value, const char *wanted)
{
	char *end = NULL;

	switch (field->type) {
	case SB_STRING:
		return text_fits(field, json_string_value(value), wanted);
	case SB_INT:
	case SB_LONG:
		return *wanted && json_integer_value(value) == strtoll(wanted, &end, 10) && !*end;
	case SB_BOOL:
		return json_is_true(value) == (!strcmp(wanted, "true") || !strcmp(wanted, "1"));
	case SB_DOUBLE:
		return *wanted && json_number_value(value) - strtod(wanted, &end) == 0 && !*end;
	case SB_GROUP:
		break;
	}
	return false;
}

static bool any_fits(const struct sb_field *field, const json_t *value, const char *wanted)
{
	if (!json_is_array(value))
		return value && value_fits(field, value, wanted);
	for (size_t i = 0; i < json_array_size(value); i++) {
		if (value_fits(field, json_array_get(value, i), wanted))
			return true;
	}
	return false;
}

static bool condition_holds(const struct condition *c, const json_t *record)
{
	const json_t *value = json_object_get(record, c->field->name);

	for (size_t i = 0; i < json_array_size(c->values); i++) {
		if (any_fits(c->field, value, json_string_value(json_array_get(c->values, i))))
			return true;
	}
	return false;
}

static bool query_fits(const struct query *q, const json_t *record)
{
	for (size_t i = 0; i < q->count; i++) {
		if (!condition_holds(&q->list[i], record))
			return false;
	}
	return true;
}

/* ---- answering it ---- */

/* What fits on this page, by descending id. A new array; *ret_total: on all pages. */
static json_t *select_page(
	const json_t *records, const struct query *q, long page, size_t *ret_total)
{
	json_t *found = json_array();
	size_t total = 0;

	for (size_t i = json_array_size(records); i > 0; i--) {
		json_t *record = json_array_get(records, i - 1);

		if (!query_fits(q, record))
			continue;
		if ((long)(total / SB_PAGE_SIZE) + 1 == page)
			json_array_append(found, record);
		total++;
	}
	*ret_total = total;
	return found;
}

static void write_page(struct sb_request *rq, const struct sb_call *call, const struct query *q)
{
	const xmlNode *query = sb_xml_child(call->parameters, "query");
	const struct sb_detail detail = {.ids_only = call->ids_only,
		.full = sb_xml_true(sb_xml_child(query, "fulldetails")),
		.deletable = sb_xml_true(sb_xml_child(query, "includedeletableupdateable"))};
	struct sb_text *t = &rq->reply.body;
	size_t total;
	json_t *found =
		select_page(sb_soap_records(&rq->sb->soap, call->service), q, call->page, &total);

	sb_return_begin(rq, "read");
	sb_xml_number(t, "entitiesonpage", (json_int_t)json_array_size(found));
	sb_xml_number(t, "numberofpages", (json_int_t)((total + SB_PAGE_SIZE - 1) / SB_PAGE_SIZE));
	sb_xml_number(t, "page", call->page);
	for (size_t i = 0; i < json_array_size(found); i++)
		sb_record_write(rq, call->service, json_array_get(found, i), &detail);
	sb_return_end(rq, "read");
	rq->log.outcome = "read";
	json_decref(found);
}

void sb_soap_read(struct sb_request *rq, struct sb_call *call)
{
	struct query q __attribute__((cleanup(query_release))) = {0};
	struct sb_text text SB_AUTOTEXT = {0};

	query_read(&q, call->service, sb_xml_child(call->parameters, "query"));
	if (q.values > SB_VALUES_MAX)
		sb_text_printf(&text, "A query may hold at most %d values.", SB_VALUES_MAX);
	else if (q.unknown && rq->sb->set.soap_strict)
		sb_text_printf(&text, "Unknown field in the query: %s", q.unknown);
	else if (call->page < 1)
		sb_text_puts(&text, "The first page is 1.");
	if (!text.data) {
		write_page(rq, call, &q);
		return;
	}
	sb_return_error(rq, "read", text.data);
	rq->log.outcome = "refused";
}
