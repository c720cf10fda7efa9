/* SPDX-License-Identifier: MIT */
/*
 * The parameters of one request: a query string, a form body, or a flat JSON object, all read into
 * the same bounded list of names and values.
 */
#ifndef SB_PARAMS_H
#define SB_PARAMS_H

#include <stdbool.h>
#include <stddef.h>

#define SB_PARAMS_MAX 64

struct sb_param {
	char *name;
	char *value;
};

struct sb_params {
	struct sb_param list[SB_PARAMS_MAX];
	size_t count;
	bool malformed; /* broken escapes, too many parameters, JSON that is no flat object */
	bool repeated;  /* a name came twice, which RFC 6749 section 3.2 forbids */
};

/* application/x-www-form-urlencoded, as in a body or a query. */
void sb_params_form(struct sb_params *p, const char *text);
/* A JSON object of strings, numbers and booleans (on, off). */
void sb_params_json(struct sb_params *p, const char *text, size_t len);
/* The value, or NULL when the parameter is missing or empty: RFC 6749 section 3.1 treats both
 * alike. */
const char *sb_params_get(const struct sb_params *p, const char *name);
/* Whether the parameter came at all. */
bool sb_params_has(const struct sb_params *p, const char *name);
void sb_params_free(struct sb_params *p);

#endif
