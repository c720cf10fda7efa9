/* SPDX-License-Identifier: MIT */
/*
 * The records that are there at start: a small made-up laboratory. Some hold what a client must
 * carry through unharmed: characters that XML escapes, emoji, line ends, texts that are empty,
 * numbers that no double can hold.
 */
#include "soap.h"

#include <stdio.h>
#include <string.h>

#define SAMPLES    24
#define WORKUNITS  20
#define RESOURCES  60
#define DATASETS   4
#define PER_BATCH  100
#define HARD_NAME  "5 < 6 & 7 > \"3\" 'it' \xf0\x9f\xa7\xac \xc3\xbc"
#define BIG_NUMBER 9007199254740993LL /* 2^53 + 1 */

static json_t *add(struct sb_soap *soap, const char *service, json_t *record)
{
	if (!record)
		sb_die("a record of the service %s is wrong", service);
	json_object_set_new(record, "created", json_string("2026-01-05 09:12:33"));
	json_object_set_new(record, "createdby", json_string("scientist"));
	json_object_set_new(record, "modified", json_string("2026-02-10 17:45:01"));
	json_object_set_new(record, "modifiedby", json_string("sandbox-robot"));
	return sb_soap_add(soap, sb_service_find(service), record);
}

/* The i-th of these, again from the start after the last. */
#define PICK(i_, ...)                                                                              \
	((const char *const[]){                                                                    \
		__VA_ARGS__})[(size_t)(i_) % SB_COUNTOF(((const char *const[]){__VA_ARGS__}))]

static void seed_people(struct sb_soap *soap)
{
	static const char *const rows[][4] = {{"scientist", "Ada", "Example", "ada@example.org"},
		{"employee", "Emil", "Example", "emil@example.org"},
		{"sandbox-robot", "Sandbox", "Robot", "robot@example.org"},
		{"guest", "Gerda", "O'Guest", ""}};

	for (size_t i = 0; i < SB_COUNTOF(rows); i++)
		add(soap, "user",
			json_pack("{s:s, s:s, s:s, s:s, s:b}", "login", rows[i][0], "firstname",
				rows[i][1], "lastname", rows[i][2], "email", rows[i][3], "enabled",
				i != 3));
}

static void seed_containers(struct sb_soap *soap)
{
	for (int i = 0; i < 3; i++) {
		add(soap, "project",
			json_pack("{s:o, s:s, s:s, s:s, s:[i, i]}", "name",
				json_sprintf("Project %d", i + 1), "description",
				i ? "A made-up project." : "", "status", "Running", "type",
				"Project", "member", 1, 2));
		add(soap, "container",
			json_pack("{s:o, s:s, s:s, s:[i, i]}", "name",
				json_sprintf("Project %d", i + 1), "status", "Running", "type",
				"Project", "member", 1, 2));
	}
}

static void seed_applications(struct sb_soap *soap)
{
	static const char *const rows[][3] = {{"Measure", "Analysis", ""},
		{"Convert", "Analysis", "Makes one file of another."},
		{"Show", "WebApp", "Shows & tells."}, {"Collect", "UserLab", ""}};

	for (size_t i = 0; i < SB_COUNTOF(rows); i++) {
		json_t *made = add(soap, "application",
			json_pack("{s:s, s:s, s:s, s:i, s:b, s:i}", "name", rows[i][0], "type",
				rows[i][1], "description", rows[i][2], "technologyid", 2, "hidden",
				i == 3, "supervisor", 2));

		if (i == 2)
			json_object_set_new(
				made, "weburl", json_string("https://app.example.org/?a=1&b=2"));
	}
}

static void seed_samples(struct sb_soap *soap)
{
	for (int i = 0; i < SAMPLES; i++) {
		json_t *made = add(soap, "sample",
			json_pack("{s:o, s:s, s:o, s:f, s:i}", "name",
				json_sprintf("Sample_%02d", i + 1), "type",
				PICK(i, "Biological Sample", "Control", "Blank"), "tubeid",
				json_sprintf("%d/%d", 3000 + i % 3, i + 1), "concentration",
				0.25 * i, "container", 3000 + i % 3));

		if (i % 8 == 7)
			json_object_set_new(made, "parent", json_pack("[i, i]", 200, 201));
		if (i % 6 == 5)
			json_object_set_new(made, "customattribute",
				json_pack("[{s:s, s:s, s:s}, {s:s, s:s, s:s}]", "name", "species",
					"type", "String", "value", "Arabidopsis", "name", "batch",
					"type", "Integer", "value", "7"));
	}
	json_object_set_new(sb_soap_record(soap, sb_service_find("sample"), 202), "description",
		json_string(HARD_NAME "\n\tsecond line"));
}

static void seed_workunits(struct sb_soap *soap)
{
	for (int i = 0; i < WORKUNITS; i++) {
		json_t *made = add(soap, "workunit",
			json_pack("{s:o, s:s, s:s, s:i, s:i, s:i}", "name",
				json_sprintf("Run %d", i + 1), "description",
				i % 3 ? "As planned." : "", "status",
				PICK(i, "available", "pending", "failed", "processing"), "progress",
				i * 5, "application", 10 + i % 4, "container", 3000 + i % 3));

		if (i % 5 == 4)
			json_object_set_new(
				made, "inputresource", json_pack("[i, i]", 1000, 1000 + i));
		if (i == 7)
			json_object_set_new(made, "inputdataset", json_integer(500));
	}
	json_object_set_new(sb_soap_record(soap, sb_service_find("workunit"), 303), "name",
		json_string(HARD_NAME));
}

static json_t *resource(const char *name, const char *folder, int number, json_int_t workunit)
{
	return json_pack("{s:s, s:s, s:i, s:o, s:o, s:b, s:b, s:I, s:s}", "name", name, "status",
		PICK(number, "available", "available", "pending"), "size", 1000 + number * 37,
		"filechecksum", json_sprintf("%032x", (unsigned)number * 2654435761U),
		"relativepath", json_sprintf("%s/%s", folder, name), "junk", number % 10 == 9,
		"report", 0, "workunit", workunit, "description",
		number % 4 ? "A file that is not there." : "");
}

static void seed_resources(struct sb_soap *soap)
{
	for (int i = 0; i < RESOURCES; i++) {
		char name[32];
		json_t *made;

		snprintf(name, sizeof(name), "spectrum_%02d.raw", i + 1);
		/* The last workunits have none, so that they can be deleted. */
		made = add(soap, "resource", resource(name, "p3000/run", i, 300 + i % 15));
		if (i % 2)
			json_object_set_new(made, "sample", json_integer(200 + i % SAMPLES));
		if (i == 5)
			json_object_set_new(made, "size", json_integer(BIG_NUMBER));
	}
}

static json_t *table_row(int number, const char *second)
{
	return json_pack("{s:i, s:[{s:i, s:o}, {s:i, s:s}]}", "position", number, "field",
		"attributeposition", 1, "value", json_sprintf("%d", 200 + number),
		"attributeposition", 2, "value", second);
}

static void seed_datasets(struct sb_soap *soap)
{
	for (int i = 0; i < DATASETS; i++) {
		json_t *made = add(soap, "dataset",
			json_pack("{s:o, s:i, s:[{s:s, s:i, s:s}, {s:s, s:i, s:s}], s:[o, o, o]}",
				"name", json_sprintf("Table %d", i + 1), "container", 3000 + i % 3,
				"attribute", "name", "Sample", "position", 1, "type", "Sample",
				"name", "Remark", "position", 2, "type", "String", "item",
				table_row(1, "good"), table_row(2, ""), table_row(3, HARD_NAME)));

		if (i == 1)
			json_object_set_new(made, "workunit", json_integer(301));
	}
}

/* For measuring: so many more, a workunit for each hundred. */
static void seed_more(struct sb_soap *soap, int count)
{
	json_int_t workunit = 0;

	for (int i = 0; i < count; i++) {
		char name[48];

		if (i % PER_BATCH == 0)
			workunit = sb_record_id(add(soap, "workunit",
				json_pack("{s:o, s:s, s:i, s:i}", "name",
					json_sprintf("Batch %d", i / PER_BATCH + 1), "status",
					"available", "application", 10, "container", 3002)));
		snprintf(name, sizeof(name), "measured_%05d.raw", i + 1);
		add(soap, "resource", resource(name, "p3002/batch", i, workunit));
	}
}

void sb_soap_seed(struct sb_soap *soap, int more_resources)
{
	seed_people(soap);
	seed_containers(soap);
	seed_applications(soap);
	seed_samples(soap);
	seed_workunits(soap);
	seed_resources(soap);
	seed_datasets(soap);
	seed_more(soap, more_resources);
}
