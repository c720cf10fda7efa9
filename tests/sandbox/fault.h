/* SPDX-License-Identifier: MIT */
/*
 * Bad days on purpose: "token=delay:2*3" makes the next three token requests two seconds late.
 *
 * A fault names an endpoint (or "any": every one but the control URL), a kind, perhaps an argument,
 * and how often it strikes. It strikes before the work is done, instead of it, or after it: the
 * table of kinds says which, and so whether a refresh token is spent.
 */
#ifndef SB_FAULT_H
#define SB_FAULT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#define SB_FAULTS_MAX    64
#define SB_FAULT_ARG_MAX 8192

struct sb_request;
struct sb_fault_kind;

struct sb_fault {
	char endpoint[32];
	long page; /* of a read; 0: any */
	const struct sb_fault_kind *kind;
	char arg[SB_FAULT_ARG_MAX];
	double number; /* arg as a number, 0 if there is none */
	long left;     /* how often it still strikes; -1: without end */
};

struct sb_faults {
	struct sb_fault list[SB_FAULTS_MAX];
	size_t count;
};

/* Adds one; NULL on success, else what is wrong. arg may be NULL; count < 0: without end. */
const char *sb_fault_add(struct sb_faults *faults, const char *endpoint, const char *kind,
	const char *arg, long count);
/* Adds one from ENDPOINT=KIND[:ARG][*COUNT]. */
const char *sb_fault_parse(struct sb_faults *faults, const char *spec);
/* Takes the next fault for this request, if any, and counts it down. Under the lock. */
bool sb_fault_take(
	struct sb_faults *faults, const struct sb_request *rq, struct sb_fault *ret_fault);
/* Runs before the handler; false: the reply is already decided and the handler must not run. */
bool sb_fault_before(struct sb_request *rq, const struct sb_fault *fault);
/* Runs after the handler. */
void sb_fault_after(struct sb_request *rq, const struct sb_fault *fault);
const char *sb_fault_name(const struct sb_fault *fault);
json_t *sb_faults_json(const struct sb_faults *faults);
void sb_faults_help(FILE *out);

#endif
