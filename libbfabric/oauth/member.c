/* member.c - see member.h. */
#include "member.h"
#include "reply.h"
#include "../base/ascii.h"
#include <string.h>

static enum bfabric_status odd(
	const char *what, const char *name, const char *wanted, struct bfabric_error *err)
{
	return bf_fail(err, BFABRIC_BAD_REPLY, "%s: %s is not %s", what, name, wanted);
}

enum bfabric_status bf_member_text(const char *what, const json_t *object, const char *name,
	const char **ret_text, struct bfabric_error *err)
{
	const json_t *member = bf_member(object, name);

	if (member && !json_is_string(member))
		return odd(what, name, "a string", err);
	*ret_text = json_string_value(member);
	return BFABRIC_OK;
}

enum bfabric_status bf_member_copy(const char *what, const json_t *object, const char *name,
	char **ret_copy, struct bfabric_error *err)
{
	const char *text = NULL;
	char *copy = NULL;
	enum bfabric_status status = bf_member_text(what, object, name, &text, err);

	if (status != BFABRIC_OK)
		return status;
	copy = text ? strdup(text) : NULL;
	if (text && !copy)
		return bf_fail_nomem(err);
	free(*ret_copy);
	*ret_copy = copy;
	return BFABRIC_OK;
}

int64_t bf_id_parse(const char *text)
{
	int64_t id = 0;

	if (*text == '0')
		return 0;
	for (; *text; text++) {
		if (!bf_is_digit(*text) || id > (INT64_MAX - (*text - '0')) / 10)
			return 0;
		id = id * 10 + (*text - '0');
	}
	return id;
}

enum bfabric_status bf_member_id(const char *what, const json_t *object, const char *name,
	int64_t *ret_id, struct bfabric_error *err)
{
	const json_t *member = bf_member(object, name);
	const char *text = json_string_value(member);
	const bool none = !member || (text && (!*text || strcmp(text, "0") == 0)) ||
			  (json_is_integer(member) && json_integer_value(member) == 0);
	int64_t id = text ? bf_id_parse(text) : json_integer_value(member);

	if (!none && id <= 0)
		return odd(what, name, "a positive number", err);
	*ret_id = id;
	return BFABRIC_OK;
}

enum bfabric_status bf_member_date(const char *what, const json_t *object, const char *name,
	int64_t *ret_date, struct bfabric_error *err)
{
	const json_t *member = bf_member(object, name);
	double date = json_number_value(member);

	if (!member)
		date = 0;
	else if (!json_is_number(member) || !(date >= 0 && date < (double)(INT64_C(1) << 53)))
		return odd(what, name, "a point in time", err);
	*ret_date = (int64_t)date;
	return BFABRIC_OK;
}

enum bfabric_status bf_member_texts(const char *what, const json_t *object, const char *name,
	json_t **ret_list, struct bfabric_error *err)
{
	json_t *list = bf_member(object, name);
	const json_t *item;
	size_t i;

	if (list && !json_is_array(list))
		return odd(what, name, "a list", err);
	json_array_foreach (list, i, item)
		if (!json_string_length(item))
			return odd(what, name, "a list of strings", err);
	*ret_list = list;
	return BFABRIC_OK;
}
