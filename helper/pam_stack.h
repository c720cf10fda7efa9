/*
 * pam_stack.h - the stack of a PAM service as libpam reads it (pam.d(5)), and what it would answer.
 *
 * For looking at other people's files: every byte is foreign, everything is bounded, and whatever
 * libpam takes for a line that always fails is kept with the reason. Understood are `@include`
 * (Debian), include, substack, the leading '-', continued lines, and controls in both spellings.
 *
 * Running a stack is simulated, module by module: which lines are reached, and with what does it
 * end? That answers what no look at a single line can: whether a wrong password gets as far as
 * asking a server, or whether a cable that is pulled takes a second factor away.
 */
#ifndef BF_PAM_STACK_H
#define BF_PAM_STACK_H

#include "../libbfabric/base/secret.h"

#define BF_STACK_FILE_MAX  ((size_t)64 << 10)
#define BF_STACK_LINES_MAX 1024 /* of all files together */
#define BF_STACK_FILES_MAX 128  /* that are included, each time counted */
#define BF_STACK_DEPTH_MAX 16   /* includes and substacks in each other */

enum bf_stack_type { BF_STACK_AUTH, BF_STACK_ACCOUNT, BF_STACK_PASSWORD, BF_STACK_SESSION };
#define BF_STACK_TYPES 4

/* What a module returns, as Linux-PAM numbers it; the names are those of a control. */
enum bf_stack_code {
	BF_STACK_SUCCESS = 0,
	BF_STACK_SERVICE_ERR = 3,
	BF_STACK_PERM_DENIED = 6,
	BF_STACK_AUTH_ERR = 7,
	BF_STACK_AUTHINFO_UNAVAIL = 9,
	BF_STACK_IGNORE = 25,
	BF_STACK_MODULE_UNKNOWN = 28,
	BF_STACK_CODES = 32
};

/* What a control makes of a code; a positive number is how many modules are skipped. */
enum bf_stack_action {
	BF_STACK_DO_IGNORE = 0,
	BF_STACK_DO_OK = -1,
	BF_STACK_DO_DONE = -2,
	BF_STACK_DO_BAD = -3,
	BF_STACK_DO_DIE = -4,
	BF_STACK_DO_RESET = -5,
};

/* Strings are owned. */
struct bf_stack_line {
	enum bf_stack_type type;
	bool quiet;         /* '-': nothing is logged where the module is missing */
	bool substack;      /* runs nothing: the lines of a higher level that follow are it */
	const char *broken; /* why it can only fail; NULL: it can do more. A static text */
	bool fails;         /* so much that no module is called */
	unsigned level;     /* of substacks */
	int actions[BF_STACK_CODES];
	char *file; /* with `number`, where it stands */
	unsigned number;
	char *control, *module; /* as written; "" where there is none */
	char **argv;            /* ends with NULL */
	size_t argc;
};

struct bf_stack {
	struct bf_stack_line *lines; /* of all types, in order */
	size_t count;
};

#define BF_AUTO_STACK BF_CLEANUP(bf_stack_release)
void bf_stack_release(struct bf_stack *stack); /* a zeroed one is fine */

/*
 * Hands over the content of `path`, which is absolute. A missing file is OK with *ret_found false;
 * other failures end the reading with what `err` says.
 */
struct bf_stack_files {
	enum bfabric_status (*read)(void *data, const char *path, bool *ret_found,
		struct bf_secret *content, struct bfabric_error *err);
	void *data;
};

/*
 * Read the stack of `service` from /etc/pam.d, else /usr/lib/pam.d. *ret_found false: neither has
 * it. BAD_CONFIG: beyond our bounds, or not text; NO_MEMORY; what the reader said.
 */
BF_MUST_USE enum bfabric_status bf_stack_read(const char *service,
	const struct bf_stack_files *files, bool *ret_found, struct bf_stack *ret,
	struct bfabric_error *err);

/* The name of a module, without folder and ".so"; `len` bytes of the line's own text. */
const char *bf_stack_module_name(const struct bf_stack_line *line, size_t *ret_len);
bool bf_stack_is_module(const struct bf_stack_line *line, const char *name);
bool bf_stack_has_argument(const struct bf_stack_line *line, const char *argument);

/* What the control makes of a code: "ignore", "done", ..., for a text. */
const char *bf_stack_action_name(const struct bf_stack_line *line, enum bf_stack_code code);

/* What this module returns now: one of enum bf_stack_code. */
typedef int bf_stack_module(void *data, const struct bf_stack_line *line);

/* How a stack of this type ends, SUCCESS or not, as pam_authenticate(3) and the like decide it. */
int bf_stack_run(
	const struct bf_stack *stack, enum bf_stack_type type, bf_stack_module *module, void *data);

#endif
