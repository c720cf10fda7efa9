#include "scope.h"
#include <string.h>

static const struct preset {
	const char *name, *scope;
} presets[] = {
	{"read-only", "api:read"},
	{"read-write", "api:write"},
	{"upload", "api:write tus"},
};

/* scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
static bool scope_character(char c)
{
	return c > ' ' && c < 0x7f && c != '"' && c != '\\';
}

static bool well_formed(const char *scope)
{
	size_t word = 0;

	for (const char *c = scope; *c; c++) {
		if (*c == ' ' && word) {
			word = 0;
			continue;
		}
		if (!scope_character(*c))
			return false;
		word++;
	}
	return word > 0;
}

enum bfabric_status bf_scope_expand(const char *typed, char **ret_scope, struct bfabric_error *err)
{
	char *scope = NULL;

	for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++)
		if (strcmp(presets[i].name, typed) == 0)
			typed = presets[i].scope;
	if (!well_formed(typed))
		return bf_fail(err, BFABRIC_BAD_CALL,
			"the scope is not words separated by single spaces; or use read-only, "
			"read-write, upload");
	scope = strdup(typed);
	if (!scope)
		return bf_fail_nomem(err);
	*ret_scope = scope;
	return BFABRIC_OK;
}

static bool has_word(const char *scope, const char *word, size_t len)
{
	while (*scope) {
		size_t n = strcspn(scope, " ");

		if (n == len && memcmp(scope, word, n) == 0)
			return true;
		scope += n + strspn(scope + n, " ");
	}
	return false;
}

static bool granted_word(const char *granted, const char *word, size_t len)
{
	static const char read[] = "api:read", write[] = "api:write";

	if (has_word(granted, word, len))
		return true;
	return len == strlen(read) && memcmp(word, read, len) == 0 &&
	       has_word(granted, write, strlen(write));
}

void bf_scope_missing(const char *requested, const char *granted, struct bf_secret *out)
{
	while (*requested) {
		size_t n = strcspn(requested, " ");

		if (n && !granted_word(granted, requested, n)) {
			if (!bf_secret_empty(out))
				bf_secret_putc(out, ' ');
			bf_secret_put(out, requested, n);
		}
		requested += n + strspn(requested + n, " ");
	}
}
