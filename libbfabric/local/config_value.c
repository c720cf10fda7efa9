#include "config_private.h"
#include <stdlib.h>
#include <string.h>

/* Single values: a string where a string is meant, and errors that say where and never what. */

enum bfabric_status bf_config_bad(const struct bf_config_place *place,
	const struct bf_yaml_node *at, const char *key, const char *problem,
	struct bfabric_error *err)
{
	const struct bf_yaml_node *where = at ? at : place->key;

	return bf_fail(err, BFABRIC_BAD_CONFIG, "%s:%u: environment '%s': %s%s%s",
		place->file->path, where->line, place->environment, key, *key ? " " : "", problem);
}

static const char *string_problem(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
			return "contains a line break or another control character";
	return NULL;
}

/* *ret_text is NULL when the key is absent or null. */
static enum bfabric_status plain_string(const struct bf_config_place *place, const char *key,
	const struct bf_yaml_node *value, const char **ret_text, struct bfabric_error *err)
{
	const char *problem = NULL;

	*ret_text = NULL;
	if (!value)
		return BFABRIC_OK;
	switch (bf_yaml_kind(&place->file->yaml, value)) {
	case BF_YAML_NULL:
		return BFABRIC_OK;
	case BF_YAML_BOOL:
	case BF_YAML_NUMBER:
	case BF_YAML_OTHER:
		problem = "would not be read as a string: quote it";
		break;
	case BF_YAML_COLLECTION:
		problem = "must be a string";
		break;
	case BF_YAML_STRING:
		*ret_text = bf_yaml_text(&place->file->yaml, value);
		problem = string_problem(*ret_text, value->length);
		break;
	}
	return problem ? bf_config_bad(place, value, key, problem, err) : BFABRIC_OK;
}

enum bfabric_status bf_config_string(const struct bf_config_place *place, const char *key,
	const struct bf_yaml_node *value, char **ret, struct bfabric_error *err)
{
	const char *text = NULL;
	enum bfabric_status status = plain_string(place, key, value, &text, err);

	if (status != BFABRIC_OK || !text)
		return status;
	*ret = strdup(text);
	return *ret ? BFABRIC_OK : bf_fail_nomem(err);
}

enum bfabric_status bf_config_secret(const struct bf_config_place *place, const char *key,
	const struct bf_yaml_node *value, struct bf_secret *ret, struct bfabric_error *err)
{
	const char *text = NULL;
	enum bfabric_status status = plain_string(place, key, value, &text, err);

	if (status != BFABRIC_OK || !text)
		return status;
	bf_secret_puts(ret, text);
	return ret->failed ? bf_fail_nomem(err) : BFABRIC_OK;
}

size_t bf_config_characters(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}
