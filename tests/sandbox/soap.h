/* SPDX-License-Identifier: MIT */
/*
 * B-Fabric's web services: SOAP 1.1, RPC/literal, one service for each kind of record.
 *
 * soap_table.c says which services there are and what their records hold; the description (WSDL),
 * the reading of requests and the writing of replies all follow that table. To add a service or a
 * field: add one row there, and records of it in soap_seed.c.
 *
 * What is made up, because nobody outside knows: everything that is a text of our own below, the
 * names of response types, and what checkandinsert compares.
 */
#ifndef SB_SOAP_H
#define SB_SOAP_H

#include "sandbox.h"

#include <libxml/tree.h>

#define SB_PAGE_SIZE  100
#define SB_VALUES_MAX 100
#define SB_SOAP_11    "http://schemas.xmlsoap.org/soap/envelope/"

/* ---- the table ---- */

enum sb_type { SB_STRING, SB_INT, SB_LONG, SB_BOOL, SB_DOUBLE, SB_GROUP };

#define SB_MANY   1U  /* maxOccurs unbounded */
#define SB_QUERY  2U  /* can be asked for */
#define SB_SAVE   4U  /* can be saved */
#define SB_NEEDED 8U  /* must be there to create one */
#define SB_HIDDEN 16U /* not in records */
#define SB_AFTER  32U /* a query compares: not before */
#define SB_BEFORE 64U /* a query compares: not after */

struct sb_field {
	const char *name; /* in records; NULL ends a list */
	enum sb_type type;
	unsigned flags;
	const char *param; /* its name in queries and saves; NULL: the same */
	const char *ref;   /* its value is the id of a record of this service */
	/* The value is not kept: it is the records of `ref` that have this record as `inverse`. */
	const char *inverse;
	const char *group_type;       /* a SB_GROUP: name of its type, */
	const struct sb_field *group; /* and what is in it */
};

struct sb_service {
	const char *name; /* "workunit": in the URL, as classname, and of the record's element */
	const char *type; /* "Workunit": in names of types and in texts */
	const char *operations; /* space-separated */
	const struct sb_field *fields;
	json_int_t first_id;
};

const struct sb_service *sb_service_find(const char *name);
/* By number from 0; NULL after the last. */
const struct sb_service *sb_service_at(size_t number);
size_t sb_service_number(const struct sb_service *service);
bool sb_service_has(const struct sb_service *service, const char *operation);
/* Fields that queries or saves (SB_QUERY, SB_SAVE) know by this name; NULL: none. */
const struct sb_field *sb_field_by_param(
	const struct sb_field *fields, const char *param, unsigned flag);
const char *sb_field_param(const struct sb_field *field);
bool sb_field_is_reference(const struct sb_field *field);

/* ---- the data; all under the lock of struct sandbox ---- */

void sb_soap_init(struct sb_soap *soap, int more_resources);
void sb_soap_release(struct sb_soap *soap);
void sb_soap_seed(struct sb_soap *soap, int more_resources);
json_t *sb_soap_records(const struct sb_soap *soap, const struct sb_service *service);
/* Borrowed; NULL: there is none. */
json_t *sb_soap_record(const struct sb_soap *soap, const struct sb_service *service, json_int_t id);
/* Takes the record; gives it the next id. Borrowed. */
json_t *sb_soap_add(struct sb_soap *soap, const struct sb_service *service, json_t *record);
void sb_soap_remove(struct sb_soap *soap, const struct sb_service *service, json_int_t id);
json_int_t sb_record_id(const json_t *record);
/* Whether the field of the record holds this id, alone or among others. */
bool sb_record_refers(const json_t *record, const struct sb_field *field, json_int_t id);
/* Whether any record refers to this one. */
bool sb_soap_is_referred_to(
	const struct sb_soap *soap, const struct sb_service *service, json_int_t id);

/* ---- a call ---- */

struct sb_call {
	xmlDoc *doc;
	const struct sb_service *service;
	const struct sb_operation *operation; /* NULL: `wrong` says why not */
	xmlNode *parameters;
	const char *wrong; /* a literal */
	long page;         /* of a read, else 0 */
	bool ids_only;
	struct sb_token *token; /* of login __oauth__, whether or not it is good */
	char *user;             /* who it is, once that is known */
};

struct sb_operation {
	const char *name;
	const char *place; /* what faults and the log call it */
	const char *scope;
	void (*run)(struct sb_request *rq, struct sb_call *call);
};

const struct sb_operation *sb_operation_find(const char *name);

/* Reads the request as far as it is understood; never fails, `wrong` says what is the matter. */
void sb_call_read(struct sb_request *rq, struct sb_call *call);
void sb_call_release(struct sb_call *call);

/* Elements, by local name. */
bool sb_xml_is(const xmlNode *node, const char *name);
xmlNode *sb_xml_first(const xmlNode *parent); /* element, or NULL */
xmlNode *sb_xml_next(const xmlNode *node);    /* element, or NULL */
xmlNode *sb_xml_child(const xmlNode *parent, const char *name);
/* Its text, on the heap, "" for none; NULL for a NULL node. */
char *sb_xml_text(const xmlNode *node);
bool sb_xml_true(const xmlNode *node);

/* Whether the call may be done at all; false: the reply is there. */
bool sb_call_admit(struct sb_request *rq, struct sb_call *call);

void sb_soap_read(struct sb_request *rq, struct sb_call *call);
void sb_soap_save(struct sb_request *rq, struct sb_call *call);
void sb_soap_check_and_insert(struct sb_request *rq, struct sb_call *call);
void sb_soap_delete(struct sb_request *rq, struct sb_call *call);

/* ---- replies ---- */

/* Text with what XML must have escaped. */
void sb_text_xml(struct sb_text *t, const char *s);
/* <name>value</name> */
void sb_xml_element(struct sb_text *t, const char *name, const char *value);
void sb_xml_number(struct sb_text *t, const char *name, json_int_t value);

/* Envelope and <return>, for what the handler of the operation writes between these two. */
void sb_return_begin(struct sb_request *rq, const char *operation);
void sb_return_end(struct sb_request *rq, const char *operation);
/* A whole reply: <return> with nothing but this; NULL: with nothing at all. */
void sb_return_error(struct sb_request *rq, const char *operation, const char *errorreport);
/* HTTP 500 and a SOAP fault. `detail` may be NULL. */
void sb_return_fault(struct sb_request *rq, const char *text, const char *detail);
/* Parts of envelopes, for faults that make their own. */
void sb_envelope_begin(struct sb_request *rq);
void sb_envelope_end(struct sb_request *rq);

struct sb_detail {
	bool ids_only;
	bool full;      /* references carry what their records hold */
	bool deletable; /* say whether it could be changed and deleted */
};

void sb_record_write(struct sb_request *rq, const struct sb_service *service, const json_t *record,
	const struct sb_detail *detail);

const char *sb_soap_namespace(const struct sb_request *rq);
/* The description of the service: fills the reply. */
void sb_soap_wsdl(struct sb_request *rq, const struct sb_service *service);

#endif
