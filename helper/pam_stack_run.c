/* How a stack ends: Linux-PAM's decisions, one module after the other. */
#include "pam_stack.h"
#include <string.h>

enum impression { UNDECIDED, GOOD, POOR };

struct verdict {
	enum impression impression;
	int status;
};

struct run {
	const struct bf_stack *stack;
	enum bf_stack_type type;
	size_t at; /* the line that was called last */
	struct verdict now;
	struct verdict before[BF_STACK_DEPTH_MAX + 2]; /* when each level was entered */
};

const char *bf_stack_module_name(const struct bf_stack_line *line, size_t *ret_len)
{
	const char *slash = strrchr(line->module, '/');
	const char *name = slash ? slash + 1 : line->module;
	size_t len = strlen(name);

	*ret_len = len > 3 && strcmp(name + len - 3, ".so") == 0 ? len - 3 : len;
	return name;
}

bool bf_stack_is_module(const struct bf_stack_line *line, const char *name)
{
	size_t len = 0;
	const char *own = bf_stack_module_name(line, &len);

	return !line->fails && !line->substack && strlen(name) == len &&
	       memcmp(own, name, len) == 0;
}

bool bf_stack_has_argument(const struct bf_stack_line *line, const char *argument)
{
	for (size_t i = 0; i < line->argc; i++)
		if (strcmp(line->argv[i], argument) == 0)
			return true;
	return false;
}

/* The next line of this type behind `at`; the count of lines: there is none. */
static size_t behind(const struct run *run, size_t at)
{
	do
		at++;
	while (at < run->stack->count && run->stack->lines[at].type != run->type);
	return at;
}

static unsigned level_at(const struct run *run, size_t at)
{
	return run->stack->lines[at].level;
}

/* The rest of this (sub)stack is not run. */
static void leave(struct run *run, unsigned level)
{
	for (size_t next = behind(run, run->at);
		next < run->stack->count && level_at(run, next) >= level; next = behind(run, next))
		run->at = next;
}

/* A substack is skipped as one module. False: there are fewer than that. */
static bool jump(struct run *run, unsigned level, int count)
{
	const size_t end = run->stack->count;
	size_t next = behind(run, run->at);

	while (count > 0 && next < end && level_at(run, next) >= level) {
		do {
			run->at = next;
			next = behind(run, next);
		} while (next < end && level_at(run, next) > level);
		count--;
	}
	return count == 0;
}

static void decide(struct run *run, int code)
{
	const struct bf_stack_line *line = &run->stack->lines[run->at];
	const int action = line->actions[code];
	struct verdict *now = &run->now;

	if (action == BF_STACK_DO_RESET) {
		*now = run->before[line->level];
	} else if (action == BF_STACK_DO_OK || action == BF_STACK_DO_DONE) {
		if (now->impression == UNDECIDED ||
			(now->impression == GOOD && now->status == BF_STACK_SUCCESS))
			*now = (struct verdict){GOOD, code};
		if (now->impression == GOOD && action == BF_STACK_DO_DONE)
			leave(run, line->level);
	} else if (action == BF_STACK_DO_BAD || action == BF_STACK_DO_DIE) {
		if (now->impression != POOR)
			*now = (struct verdict){
				POOR, code == BF_STACK_IGNORE ? BF_STACK_PERM_DENIED : code};
		if (action == BF_STACK_DO_DIE)
			leave(run, line->level);
	} else if (action > 0 && !jump(run, line->level, action)) {
		*now = (struct verdict){POOR, BF_STACK_PERM_DENIED};
	}
}

int bf_stack_run(
	const struct bf_stack *stack, enum bf_stack_type type, bf_stack_module *module, void *data)
{
	struct run run = {.stack = stack, .type = type, .now = {UNDECIDED, BF_STACK_PERM_DENIED}};
	unsigned level = 0;

	run.before[0] = run.now;
	for (run.at = behind(&run, SIZE_MAX); run.at < stack->count;
		run.at = behind(&run, run.at)) {
		const struct bf_stack_line *line = &stack->lines[run.at];

		if (line->level > level)
			run.before[line->level] = run.now;
		level = line->level;
		if (line->substack)
			continue;
		decide(&run, line->fails ? BF_STACK_PERM_DENIED : module(data, line));
		if (run.at < stack->count)
			level = level_at(&run, run.at);
	}
	if (run.now.status == BF_STACK_SUCCESS && run.now.impression != GOOD)
		return BF_STACK_PERM_DENIED;
	return run.now.status;
}
