#include "say.h"
#include "../libbfabric/base/file.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024

void bf_say_raw(const char *text, size_t len)
{
	/* Nobody is left to tell when stderr is gone. */
	if (!bf_write_all(STDERR_FILENO, text, len))
		return;
}

void bf_say(const char *fmt, ...)
{
	static const char prefix[] = "bfabric: ";
	char text[LINE_MAX_LEN], line[LINE_MAX_LEN + sizeof(prefix) + 1];
	va_list args;
	size_t len = 0;
	int n = 0;

	va_start(args, fmt);
	n = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (n < 0)
		return;
	len = (size_t)n < sizeof(text) ? (size_t)n : sizeof(text) - 1;
	memcpy(line, prefix, sizeof(prefix));
	bf_show(line + sizeof(prefix) - 1, LINE_MAX_LEN, text, len);
	len = strlen(line);
	line[len++] = '\n';
	bf_say_raw(line, len);
}

enum bfabric_status bf_answer_write(const struct bf_secret *out, struct bfabric_error *err)
{
	if (out->failed)
		return bf_fail_nomem(err);
	if (!bf_secret_empty(out) && !bf_write_all(STDOUT_FILENO, bf_secret_reveal(out), out->len))
		return bf_fail(err, BFABRIC_SYSTEM, "cannot write the answer to stdout: %m");
	return BFABRIC_OK;
}

const char *bf_program_name(const char *argv0)
{
	const char *slash = argv0 ? strrchr(argv0, '/') : NULL;

	if (!argv0)
		return "bfabric";
	return slash ? slash + 1 : argv0;
}
