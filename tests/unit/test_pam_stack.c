/*
 * Stacks of PAM, read and tried out by us and by the real libpam: both must come to the same end,
 * whatever the stack. Modules are pam_debug.so, which answers what its arguments say.
 */
#include "unit.h"

#include "helper/pam_stack.h"
#include "libbfabric/base/concat.h"
#include "libbfabric/base/file.h"

#include <glob.h>
#include <security/pam_appl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STACKS 400
#define FILES  4

static const char *const codes[] = {"success", "open_err", "symbol_err", "service_err",
	"system_err", "buf_err", "perm_denied", "auth_err", "cred_insufficient", "authinfo_unavail",
	"user_unknown", "maxtries", "new_authtok_reqd", "acct_expired", "session_err",
	"cred_unavail", "cred_expired", "cred_err", "no_module_data", "conv_err", "authtok_err",
	"authtok_recover_err", "authtok_lock_busy", "authtok_disable_aging", "try_again", "ignore",
	"abort", "authtok_expired", "module_unknown", "bad_item"};
#define CODES (sizeof(codes) / sizeof(codes[0]))

/* Those that stacks are made of, most often. */
static const unsigned usual[] = {0, 0, 0, 7, 7, 9, 25};

static uint32_t seed;

static unsigned any(unsigned below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static unsigned any_code(void)
{
	return any(6) ? usual[any(sizeof(usual) / sizeof(usual[0]))] : any(CODES);
}

/* ---- a stack --------------------------------------------------------------------------------- */

static void put_action(struct bf_secret *out)
{
	static const char *const actions[] = {"ok", "done", "ignore", "die", "bad", "reset"};

	if (any(3) == 0)
		bf_secret_printf(out, "%u", any(4));
	else
		bf_secret_puts(out, actions[any(6)]);
}

static void put_control(struct bf_secret *out)
{
	static const char *const words[] = {
		"required", "requisite", "sufficient", "optional", "OPTIONAL"};

	if (any(2)) {
		bf_secret_puts(out, words[any(5)]);
		return;
	}
	bf_secret_putc(out, '[');
	for (unsigned i = any(4); i > 0; i--) {
		bf_secret_printf(out, "%s=", codes[any_code()]);
		put_action(out);
		bf_secret_putc(out, ' ');
	}
	if (any(3)) {
		bf_secret_puts(out, "default = ");
		put_action(out);
	}
	bf_secret_putc(out, ']');
}

/* Files include only those with a higher number, so that it ends. */
static void put_line(struct bf_secret *out, unsigned file)
{
	static const char *const broken[] = {"auth requierd pam_debug.so", "auth required",
		"auth [success=", "auth [succes=ok] pam_debug.so", "# a remark", "",
		"account required pam_deny.so"};
	unsigned kind = any(12);

	if (kind == 0)
		bf_secret_puts(out, broken[any(sizeof(broken) / sizeof(broken[0]))]);
	else if (kind < 4 && file + 1 < FILES)
		bf_secret_printf(out, "auth %s %s/file%u", kind == 1 ? "include" : "substack",
			scratch(""), file + 1 + any(FILES - file - 1));
	else {
		bf_secret_puts(out, any(8) ? "auth " : "-auth \\\n ");
		put_control(out);
		bf_secret_printf(out, " pam_debug.so auth=%s", codes[any_code()]);
	}
	bf_secret_putc(out, '\n');
}

static void make_stack(unsigned number)
{
	seed = number * 2654435761u + 1;
	for (unsigned file = 0; file < FILES; file++) {
		BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
		char name[16];

		for (unsigned lines = 1 + any(6); lines > 0; lines--)
			put_line(&text, file);
		snprintf(name, sizeof(name), "file%u", file);
		scratch_file(name, bf_secret_reveal(&text), 0644);
	}
}

/* ---- tried out by both ----------------------------------------------------------------------- */

static enum bfabric_status read_file(void *data, const char *path, bool *ret_found,
	struct bf_secret *content, struct bfabric_error *err)
{
	const char *base = strrchr(path, '/') + 1;
	const char *text = scratch_content(scratch(base));

	(void)data; /* the folder is the test's */
	(void)err;  /* nothing fails here */
	*ret_found = text != NULL;
	bf_secret_puts(content, text ? text : "");
	return BFABRIC_OK;
}

static int answer(void *data, const struct bf_stack_line *line)
{
	(void)data; /* the line says it */
	assert_true(bf_stack_is_module(line, "pam_debug"));
	if (line->argc == 0)
		return PAM_SUCCESS;
	for (size_t code = 0; code < CODES; code++)
		if (strcmp(line->argv[0] + strlen("auth="), codes[code]) == 0)
			return (int)code;
	fail_msg("no code: %s", line->argv[0]);
	return 0;
}

static int ours(void)
{
	const struct bf_stack_files files = {.read = read_file};
	BF_AUTO_STACK struct bf_stack stack = {0};
	struct bfabric_error err = {0};
	bool found = false;

	if (bf_stack_read("file0", &files, &found, &stack, &err) != BFABRIC_OK)
		fail_msg("%s", err.text);
	assert_true(found);
	return bf_stack_run(&stack, BF_STACK_AUTH, answer, NULL);
}

static int silent(
	int count, const struct pam_message **messages, struct pam_response **ret, void *data)
{
	(void)messages;
	(void)data;
	*ret = calloc((size_t)count, sizeof(**ret));
	return *ret ? PAM_SUCCESS : PAM_BUF_ERR;
}

static int libpams(void)
{
	const struct pam_conv conv = {.conv = silent};
	pam_handle_t *pamh = NULL;
	int rc;

	assert_int_equal(
		pam_start_confdir("file0", "nobody", &conv, scratch(""), &pamh), PAM_SUCCESS);
	rc = pam_authenticate(pamh, PAM_SILENT);
	pam_end(pamh, rc);
	return rc;
}

static void tell_stack(unsigned number)
{
	for (unsigned file = 0; file < FILES; file++) {
		char name[16];

		snprintf(name, sizeof(name), "file%u", file);
		print_message("# stack %u, %s:\n%s", number, name, scratch_content(scratch(name)));
	}
}

static void test_same_end_as_libpam(void **state)
{
	glob_t found = {0};
	bool there = glob("/lib/*/security/pam_debug.so", 0, NULL, &found) == 0 ||
		     glob("/lib*/security/pam_debug.so", 0, NULL, &found) == 0;
	unsigned admitted = 0;

	(void)state;
	globfree(&found);
	if (!there)
		skip();
	for (unsigned number = 0; number < STACKS; number++) {
		int end, mine;

		make_stack(number);
		end = libpams();
		mine = ours();
		if (mine != end)
			tell_stack(number);
		assert_int_equal(mine, end);
		admitted += end == PAM_SUCCESS;
	}
	/* a test of nothing but refusals would say little */
	assert_in_range(admitted, STACKS / 10, STACKS * 9 / 10);
}

/* ---- what is read ---------------------------------------------------------------------------- */

static void read_text(const char *text, struct bf_stack *ret)
{
	const struct bf_stack_files files = {.read = read_file};
	struct bfabric_error err = {0};
	bool found = false;

	scratch_file("service", text, 0644);
	assert_int_equal(bf_stack_read("service", &files, &found, ret, &err), BFABRIC_OK);
	assert_true(found);
}

static void test_lines(void **state)
{
	BF_AUTO_STACK struct bf_stack stack = {0};

	(void)state;
	read_text("# remark\n\n-session [success=ok default=3] /lib/pam_x.so a=b [c \\] d] # e\n"
		  "AUTH Sufficient \\\n\n  pam_y.so\n",
		&stack);
	assert_int_equal(stack.count, 2);
	assert_int_equal(stack.lines[0].type, BF_STACK_SESSION);
	assert_true(stack.lines[0].quiet && bf_stack_is_module(&stack.lines[0], "pam_x"));
	assert_int_equal(stack.lines[0].number, 3);
	assert_string_equal(stack.lines[0].file, "/etc/pam.d/service");
	assert_int_equal(stack.lines[0].argc, 2);
	assert_string_equal(stack.lines[0].argv[1], "c ] d");
	assert_int_equal(stack.lines[0].actions[BF_STACK_SUCCESS], BF_STACK_DO_OK);
	assert_int_equal(stack.lines[0].actions[BF_STACK_IGNORE], 3);
	assert_int_equal(stack.lines[1].number, 4);
	assert_int_equal(stack.lines[1].actions[BF_STACK_SUCCESS], BF_STACK_DO_DONE);
}

/* Whoever includes takes the lines of one type; @include takes all. */
static void test_includes(void **state)
{
	BF_AUTO_STACK struct bf_stack stack = {0};

	(void)state;
	scratch_file("inner", "auth required pam_a.so\nsession required pam_s.so\n", 0644);
	read_text("@include inner\nauth include inner\nsession substack inner\n", &stack);
	assert_int_equal(stack.count, 5);
	assert_string_equal(stack.lines[2].module, "pam_a.so");
	assert_int_equal(stack.lines[2].level, 0);
	assert_true(stack.lines[3].substack);
	assert_string_equal(stack.lines[4].module, "pam_s.so");
	assert_int_equal(stack.lines[4].level, 1);
	assert_string_equal(stack.lines[4].file, "/etc/pam.d/inner");
}

static void test_bounds(void **state)
{
	const struct bf_stack_files files = {.read = read_file};
	BF_AUTO_SECRET struct bf_secret text = BF_SECRET_INIT;
	BF_AUTO_STACK struct bf_stack stack = {0};
	struct bfabric_error err = {0};
	bool found = false;

	(void)state;
	scratch_file("service", "auth substack service\n", 0644);
	assert_fails(bf_stack_read("service", &files, &found, &stack, &err), BFABRIC_BAD_CONFIG,
		err, "too many files");
	for (unsigned i = 0; i <= BF_STACK_LINES_MAX; i++)
		bf_secret_puts(&text, "auth required pam_x.so\n");
	scratch_file("service", bf_secret_reveal(&text), 0644);
	assert_fails(bf_stack_read("service", &files, &found, &stack, &err), BFABRIC_BAD_CONFIG,
		err, "line 1025: more than 1024 lines");
	assert_int_equal(bf_stack_read("nosuch", &files, &found, &stack, &err), BFABRIC_OK);
	assert_false(found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		unit_in_scratch(test_lines),
		unit_in_scratch(test_includes),
		unit_in_scratch(test_bounds),
		unit_in_scratch(test_same_end_as_libpam),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
