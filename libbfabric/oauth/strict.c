/* strict.c - see strict.h. */
#include "strict.h"

#include <string.h>

bool bf_json_shallow(const json_t *value, unsigned levels)
{
	const char *key;
	json_t *item;
	size_t i;

	if (!json_is_object(value) && !json_is_array(value))
		return true;
	if (levels == 0)
		return false;
	/* the macro iterates without changing, but takes no const object */
	json_object_foreach ((json_t *)(uintptr_t)value, key, item)
		if (!bf_json_shallow(item, levels - 1))
			return false;
	json_array_foreach (value, i, item)
		if (!bf_json_shallow(item, levels - 1))
			return false;
	return true;
}

static const char *reason(const json_error_t *error)
{
	/* jansson says nothing when memory runs out; what it else says quotes the input: not used
	 */
	if (!*error->text)
		return NULL;
	if (json_error_code(error) == json_error_duplicate_key)
		return "names a member twice";
	if (json_error_code(error) == json_error_numeric_overflow)
		return "has a number that is too large";
	return "is not a JSON object";
}

json_t *bf_strict_object(const char *text, size_t len, unsigned levels, const char **ret_why)
{
	json_error_t error = {0};
	json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);

	if (!object)
		*ret_why = reason(&error);
	else if (!json_is_object(object))
		*ret_why = "is not a JSON object";
	else if (!bf_json_shallow(object, levels))
		*ret_why = "is nested too deeply";
	else
		return object;
	json_decref(object);
	return NULL;
}
