#include "unit.h"
#include "ask.h"

#include <stdio.h>

void asked_release(struct asked *asked)
{
	bf_secret_release(&asked->output);
}

const char *program(const char *lines)
{
	static char text[4096];

	snprintf(text, sizeof(text), "#!/bin/sh\n%s\n", lines);
	return scratch_file("program", text, 0700);
}

struct asked ask_this(const char *path, const struct bf_secret *input, int64_t ms,
	const struct bfabric_cancel *cancel)
{
	const char *const argv[] = {path, "get", NULL};
	struct asked asked = {0};
	int64_t begin = bf_boot_ms(&bf_sys_real);
	struct bf_child child = {
		.argv = argv,
		.input = input,
		.deadline = begin + ms,
		.sys = &bf_sys_real,
		.cancel = cancel,
	};

	asked.status = bf_child_run(&child, &asked.output, &asked.end, &asked.err);
	asked.took = bf_boot_ms(&bf_sys_real) - begin;
	return asked;
}

struct asked ask(const char *lines, int64_t ms)
{
	return ask_this(program(lines), /* input= */ NULL, ms, /* cancel= */ NULL);
}

struct bf_secret much(size_t len)
{
	struct bf_secret input = BF_SECRET_INIT;

	for (size_t i = 0; i < len; i++)
		bf_secret_putc(&input, (char)('a' + i % 26));
	assert_false(input.failed);
	return input;
}
