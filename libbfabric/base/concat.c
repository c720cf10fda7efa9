#include "concat.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

char *bf_concat(const char *first, ...)
{
	size_t size = 1;
	char *whole, *end;
	va_list parts;

	va_start(parts, first);
	for (const char *part = first; part; part = va_arg(parts, const char *))
		size += strlen(part);
	va_end(parts);
	whole = malloc(size);
	if (!whole)
		return NULL;
	end = whole;
	*end = '\0';
	va_start(parts, first);
	for (const char *part = first; part; part = va_arg(parts, const char *)) {
		size_t len = strlen(part);

		memcpy(end, part, len + 1);
		end += len;
	}
	va_end(parts);
	return whole;
}

const char *bf_decimal(uint64_t number, char buf[BF_DECIMAL_SIZE])
{
	char *at = buf + BF_DECIMAL_SIZE - 1;

	*at = '\0';
	do
		*--at = (char)('0' + number % 10);
	while (number /= 10);
	return at;
}

bool bf_copy_string(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return *ret || !text;
}
