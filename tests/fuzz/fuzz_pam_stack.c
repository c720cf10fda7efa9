/*
 * Stacks of PAM: whatever stands in them, reading ends within its bounds and so does running. An
 * input is a stack; behind a line "=== NAME" begins the file /etc/pam.d/NAME.
 */
#include "fuzz.h"

#include "helper/pam_stack.h"

#include <string.h>

struct input {
	const char *text;
	size_t len;
};

/* Where the file that a line "=== NAME" begins lies; NULL: there is none. */
static const char *find(const struct input *input, const char *name, size_t *ret_len)
{
	static const char mark[] = "\n=== ";
	const size_t mark_len = sizeof(mark) - 1, name_len = strlen(name);
	const char *end = input->text + input->len;

	for (const char *at = input->text; (at = memmem(at, (size_t)(end - at), mark, mark_len));
		at += mark_len) {
		const char *body = at + mark_len + name_len;
		const char *next = NULL;

		if (body >= end || memcmp(at + mark_len, name, name_len) != 0 || *body != '\n')
			continue;
		next = memmem(body, (size_t)(end - body), mark, mark_len);
		*ret_len = (size_t)((next ? next : end) - body);
		return body;
	}
	return NULL;
}

static enum bfabric_status read_file(void *data, const char *path, bool *ret_found,
	struct bf_secret *content, struct bfabric_error *err)
{
	static const char folder[] = "/etc/pam.d/";
	const struct input *input = data;
	const char *text = NULL;
	size_t len = 0;

	(void)err; /* nothing fails here */
	if (strncmp(path, folder, sizeof(folder) - 1) == 0)
		path += sizeof(folder) - 1;
	if (strcmp(path, "service") == 0) {
		const char *end = memmem(input->text, input->len, "\n===", 4);

		text = input->text;
		len = end ? (size_t)(end - text) : input->len;
	} else if (*path) {
		text = find(input, path, &len);
	}
	*ret_found = text != NULL;
	bf_secret_put(content, text ? text : "", len);
	return BFABRIC_OK;
}

/* Each module answers something else. */
static int answer(void *data, const struct bf_stack_line *line)
{
	unsigned *next = data;
	size_t len = 0;

	FUZZ_MUST(!line->fails && !line->substack);
	(void)bf_stack_module_name(line, &len);
	FUZZ_MUST(len <= strlen(line->module));
	(void)bf_stack_has_argument(line, "mark");
	return (int)(*next += 7) % BF_STACK_CODES;
}

static void look(const struct bf_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const struct bf_stack_line *line = &stack->lines[i];

		FUZZ_MUST(line->file && line->number > 0 && line->level <= BF_STACK_DEPTH_MAX);
		FUZZ_MUST(line->control && line->module && (line->argc == 0 || line->argv));
		FUZZ_MUST(!line->argv || !line->argv[line->argc]);
		for (int code = 0; code < BF_STACK_CODES; code++)
			FUZZ_MUST(line->actions[code] >= BF_STACK_DO_RESET &&
				  bf_stack_action_name(line, (enum bf_stack_code)code));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.text = (const char *)data, .len = size};
	const struct bf_stack_files files = {.read = read_file, .data = &input};
	BF_AUTO_STACK struct bf_stack stack = {0};
	struct bfabric_error err = {0};
	bool found = false;
	unsigned next = 0;
	enum bfabric_status status = bf_stack_read("service", &files, &found, &stack, &err);

	if (status != BFABRIC_OK) {
		FUZZ_MUST(status == BFABRIC_BAD_CONFIG && err.text[0] && !stack.lines);
		FUZZ_MUST(fuzz_one_line(err.text));
		return 0;
	}
	FUZZ_MUST(found && stack.count <= BF_STACK_LINES_MAX);
	look(&stack);
	for (int type = 0; type < BF_STACK_TYPES; type++) {
		int end = bf_stack_run(&stack, (enum bf_stack_type)type, answer, &next);

		FUZZ_MUST(end >= 0 && end < BF_STACK_CODES);
	}
	return 0;
}
