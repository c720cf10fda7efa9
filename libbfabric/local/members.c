#include "members.h"

#include <stdlib.h>
#include <string.h>

enum bfabric_status bf_members_version(
	const json_t *object, json_int_t known, struct bfabric_error *err)
{
	const json_t *version = json_object_get(object, "version");

	if (!json_is_integer(version) || json_integer_value(version) < 1)
		return bf_fail(err, BFABRIC_BAD_REPLY, "there is no \"version\"");
	if (json_integer_value(version) > known)
		return bf_fail(err, BFABRIC_UNSUPPORTED,
			"it is of version %lld, written by a newer bfabric: update this one",
			(long long)json_integer_value(version));
	return BFABRIC_OK;
}

enum bfabric_status bf_members_string(
	const json_t *object, const char *name, char **ret, struct bfabric_error *err)
{
	const json_t *value = json_object_get(object, name);
	char *text = NULL;

	if (value && !json_is_null(value) && !json_is_string(value))
		return bf_fail(err, BFABRIC_BAD_REPLY, "\"%s\" is not a string", name);
	if (json_is_string(value)) {
		text = strdup(json_string_value(value));
		if (!text)
			return bf_fail_nomem(err);
	}
	*ret = text;
	return BFABRIC_OK;
}

bool bf_members_is_digest(const json_t *value, char ret_hex[BF_SHA256_HEX])
{
	const char *hex = json_string_value(value);

	if (!hex || strlen(hex) != BF_SHA256_HEX - 1 ||
		strspn(hex, "0123456789abcdef") != BF_SHA256_HEX - 1)
		return false;
	memcpy(ret_hex, hex, BF_SHA256_HEX);
	return true;
}

void bf_members_digest(const json_t *object, const char *name, char ret_hex[BF_SHA256_HEX])
{
	if (!bf_members_is_digest(json_object_get(object, name), ret_hex))
		ret_hex[0] = '\0';
}

/* json_copy ignores failed allocations: what it had no memory for is missing. */
json_t *bf_members_copy(const json_t *object)
{
	json_t *copy = json_object();

	if (copy && object && json_object_update(copy, (json_t *)(uintptr_t)object) != 0) {
		json_decref(copy);
		return NULL;
	}
	return copy;
}

bool bf_members_set(json_t *object, const char *name, json_t *value)
{
	return json_object_set_new(object, name, value) == 0;
}

bool bf_members_set_string(json_t *object, const char *name, const char *text)
{
	if (text)
		return bf_members_set(object, name, json_string(text));
	(void)json_object_del(object, name); /* absent is as good */
	return true;
}
