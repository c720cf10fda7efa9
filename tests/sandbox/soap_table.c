/* SPDX-License-Identifier: MIT */
/* Which web services there are, and what their records hold. */
#include "soap.h"

#include <string.h>

#define Q    SB_QUERY
#define S    SB_SAVE
#define MANY SB_MANY
#define NEED SB_NEEDED

#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}
#define ID                                                                                         \
	{                                                                                          \
		"id", SB_LONG, Q | S | SB_HIDDEN                                                   \
	}
#define CHANGES                                                                                    \
	{"created", SB_STRING, 0}, {"createdby", SB_STRING, Q}, {"modified", SB_STRING, 0},        \
		{"modifiedby", SB_STRING, Q},                                                      \
		{"created", SB_STRING, Q | SB_HIDDEN | SB_AFTER, .param = "createdafter"},         \
		{"created", SB_STRING, Q | SB_HIDDEN | SB_BEFORE, .param = "createdbefore"},       \
		{"modified", SB_STRING, Q | SB_HIDDEN | SB_AFTER, .param = "modifiedafter"},       \
	{                                                                                          \
		"modified", SB_STRING, Q | SB_HIDDEN | SB_BEFORE, .param = "modifiedbefore"        \
	}
#define CUSTOM                                                                                     \
	{                                                                                          \
		"customattribute", SB_GROUP, S | MANY, .group_type = "xmlCustomAttribute",         \
						       .group = custom_attribute                   \
	}

static const struct sb_field custom_attribute[] = {
	{"name", SB_STRING, S}, {"type", SB_STRING, S}, {"value", SB_STRING, S}, END};

static const struct sb_field dataset_attribute[] = {
	{"name", SB_STRING, S}, {"position", SB_INT, S}, {"type", SB_STRING, S}, END};

static const struct sb_field item_field[] = {
	{"attributeposition", SB_INT, S}, {"value", SB_STRING, S}, END};

static const struct sb_field dataset_item[] = {
	{"field", SB_GROUP, S | MANY, .group_type = "xmlDatasetItemField", .group = item_field},
	{"position", SB_INT, S}, END};

static const struct sb_field sample[] = {ID, {"name", SB_STRING, Q | S | NEED},
	{"description", SB_STRING, Q | S}, {"type", SB_STRING, Q | S}, {"tubeid", SB_STRING, Q | S},
	{"concentration", SB_DOUBLE, Q | S},
	{"container", SB_LONG, Q | S | NEED, .param = "containerid", .ref = "project"},
	{"parent", SB_LONG, Q | S | MANY, .param = "parentid", .ref = "sample"}, CUSTOM, CHANGES,
	END};

static const struct sb_field workunit[] = {ID, {"name", SB_STRING, Q | S | NEED},
	{"description", SB_STRING, Q | S}, {"status", SB_STRING, Q | S},
	{"progress", SB_INT, Q | S},
	{"application", SB_LONG, Q | S | NEED, .param = "applicationid", .ref = "application"},
	{"container", SB_LONG, Q | S | NEED, .param = "containerid", .ref = "project"},
	{"inputdataset", SB_LONG, Q | S, .param = "inputdatasetid", .ref = "dataset"},
	{"inputresource", SB_LONG, Q | S | MANY, .param = "inputresourceid", .ref = "resource"},
	{"resource", SB_LONG, MANY, .ref = "resource", .inverse = "workunit"}, CUSTOM, CHANGES,
	END};

static const struct sb_field resource[] = {ID, {"name", SB_STRING, Q | S | NEED},
	{"description", SB_STRING, Q | S}, {"status", SB_STRING, Q | S}, {"size", SB_LONG, Q | S},
	{"filechecksum", SB_STRING, Q | S}, {"relativepath", SB_STRING, Q | S},
	{"junk", SB_BOOL, Q | S}, {"report", SB_BOOL, S},
	{"workunit", SB_LONG, Q | S | NEED, .param = "workunitid", .ref = "workunit"},
	{"sample", SB_LONG, Q | S, .param = "sampleid", .ref = "sample"},
	{"base64", SB_STRING, S | SB_HIDDEN}, CHANGES, END};

static const struct sb_field application[] = {ID, {"name", SB_STRING, Q | S | NEED},
	{"description", SB_STRING, Q | S}, {"type", SB_STRING, Q | S}, {"weburl", SB_STRING, Q | S},
	{"technologyid", SB_LONG, Q | S}, {"oauthclientid", SB_LONG, Q | S},
	{"hidden", SB_BOOL, Q | S},
	{"supervisor", SB_LONG, Q | S, .param = "supervisorid", .ref = "user"}, CHANGES, END};

static const struct sb_field dataset[] = {ID, {"name", SB_STRING, Q | S | NEED},
	{"description", SB_STRING, Q | S},
	{"container", SB_LONG, Q | S | NEED, .param = "containerid", .ref = "project"},
	{"workunit", SB_LONG, Q | S, .param = "workunitid", .ref = "workunit"},
	{"attribute", SB_GROUP, S | MANY, .group_type = "xmlDatasetAttribute",
		.group = dataset_attribute},
	{"item", SB_GROUP, S | MANY, .group_type = "xmlDatasetItem", .group = dataset_item},
	CHANGES, END};

static const struct sb_field user[] = {ID, {"login", SB_STRING, Q | S | NEED},
	{"firstname", SB_STRING, Q | S}, {"lastname", SB_STRING, Q | S},
	{"email", SB_STRING, Q | S}, {"enabled", SB_BOOL, Q | S}, CHANGES, END};

static const struct sb_field container[] = {ID, {"name", SB_STRING, Q},
	{"description", SB_STRING, Q}, {"status", SB_STRING, Q}, {"type", SB_STRING, Q},
	{"member", SB_LONG, Q | MANY, .param = "memberid", .ref = "user"}, CHANGES, END};

static const struct sb_service services[] = {
	{"sample", "Sample", "read save delete", sample, 200},
	{"workunit", "Workunit", "read save delete checkandinsert", workunit, 300},
	{"resource", "Resource", "read save delete", resource, 1000},
	{"application", "Application", "read save delete", application, 10},
	{"dataset", "Dataset", "read save delete", dataset, 500},
	{"user", "User", "read save delete", user, 1},
	{"project", "Project", "read", container, 3000},
	{"container", "Container", "read", container, 3000},
};

_Static_assert(SB_COUNTOF(services) <= SB_SERVICES_MAX, "SB_SERVICES_MAX is too small");

const struct sb_service *sb_service_at(size_t number)
{
	return number < SB_COUNTOF(services) ? &services[number] : NULL;
}

size_t sb_service_number(const struct sb_service *service)
{
	return (size_t)(service - services);
}

const struct sb_service *sb_service_find(const char *name)
{
	for (size_t i = 0; i < SB_COUNTOF(services); i++) {
		if (!strcmp(services[i].name, name))
			return &services[i];
	}
	return NULL;
}

bool sb_service_has(const struct sb_service *service, const char *operation)
{
	size_t len = strlen(operation);

	for (const char *at = service->operations; *at;) {
		size_t word = strcspn(at, " ");

		if (word == len && !strncmp(at, operation, len))
			return true;
		at += word + (at[word] == ' ');
	}
	return false;
}

const char *sb_field_param(const struct sb_field *field)
{
	return field->param ? field->param : field->name;
}

bool sb_field_is_reference(const struct sb_field *field)
{
	return field->ref != NULL;
}

const struct sb_field *sb_field_by_param(
	const struct sb_field *fields, const char *param, unsigned flag)
{
	for (const struct sb_field *f = fields; f->name; f++) {
		if ((f->flags & flag) && !strcmp(sb_field_param(f), param))
			return f;
	}
	return NULL;
}
