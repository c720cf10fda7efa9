/*
 * records.h - what the examples of the web services have in common: records are values of the
 * jansson library, and so is what one asks for.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include "example.h"
#include <jansson.h>

/* KEY VALUE ... as an object; a key that comes again has alternatives. */
static inline json_t *records_from(int count, char *words[])
{
	json_t *object = json_object();

	for (int i = 0; i + 1 < count; i += 2) {
		json_t *value = json_string(words[i + 1]);
		json_t *before = json_object_get(object, words[i]);

		if (json_is_array(before)) {
			json_array_append_new(before, value);
		} else if (before) {
			json_t *both = json_array();

			json_array_append(both, before);
			json_array_append_new(both, value);
			json_object_set_new(object, words[i], both);
		} else {
			json_object_set_new(object, words[i], value);
		}
	}
	return object;
}

static inline void records_print(json_t *records)
{
	for (size_t i = 0; i < json_array_size(records); i++) {
		json_dumpf(json_array_get(records, i), stdout, 0);
		putchar('\n');
	}
}

#endif
