/* SPDX-License-Identifier: MIT */
#include "params.h"

#include "text.h"

#include <jansson.h>
#include <string.h>

static void add(struct sb_params *p, char *name, char *value)
{
	if (p->count == SB_PARAMS_MAX) {
		p->malformed = true;
		free(name);
		free(value);
		return;
	}
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->list[i].name, name))
			p->repeated = true;
	}
	p->list[p->count++] = (struct sb_param){name, value};
}

void sb_params_form(struct sb_params *p, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "&");
		size_t name_len = strcspn(text, "=&");
		char *name = sb_strndup(text, name_len);
		char *value = name_len < len ? sb_strndup(text + name_len + 1, len - name_len - 1)
					     : sb_strdup("");

		if (!sb_url_decode(name) || !sb_url_decode(value)) {
			p->malformed = true;
			free(name);
			free(value);
		} else if (!*name) {
			free(name);
			free(value);
		} else {
			add(p, name, value);
		}
		text += len;
		text += *text == '&';
	}
}

/* The text of a JSON scalar, on the heap; NULL for anything else. */
static char *scalar_text(const json_t *value)
{
	if (json_is_string(value))
		return sb_strdup(json_string_value(value));
	if (json_is_boolean(value))
		return sb_strdup(json_is_true(value) ? "on" : "off");
	if (json_is_number(value))
		return json_dumps(value, JSON_ENCODE_ANY);
	return NULL;
}

void sb_params_json(struct sb_params *p, const char *text, size_t len)
{
	json_t *root = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	json_t *value;

	if (!json_is_object(root))
		p->malformed = true;
	json_object_foreach (root, name, value) {
		char *scalar = scalar_text(value);

		if (scalar)
			add(p, sb_strdup(name), scalar);
		else
			p->malformed = true;
	}
	json_decref(root);
}

const char *sb_params_get(const struct sb_params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->list[i].name, name))
			return *p->list[i].value ? p->list[i].value : NULL;
	}
	return NULL;
}

bool sb_params_has(const struct sb_params *p, const char *name)
{
	for (size_t i = 0; i < p->count; i++) {
		if (!strcmp(p->list[i].name, name))
			return true;
	}
	return false;
}

void sb_params_free(struct sb_params *p)
{
	for (size_t i = 0; i < p->count; i++) {
		explicit_bzero(p->list[i].value, strlen(p->list[i].value));
		free(p->list[i].name);
		free(p->list[i].value);
	}
	*p = (struct sb_params){0};
}
