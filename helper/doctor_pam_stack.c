/* The stacks of PAM: can they be read, and do the lines that deny nobody stand where they help? */
#include "doctor_pam_trial.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- reading --------------------------------------------------------------------------------- */

static bool is_first_of_its_file(const struct bf_stack *stack, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (strcmp(stack->lines[i].file, stack->lines[at].file) == 0)
			return false;
	return true;
}

/* Whoever writes a stack is root. */
static void tell_files(struct bf_doctor *d, const struct bf_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		const char *file = stack->lines[i].file;
		struct stat st = {0};

		if (is_first_of_its_file(stack, i) &&
			bf_pam_stat(d, file, /* follow= */ true, &st) && !bf_pam_is_safe(d, &st))
			bf_found(d, BF_FOUND_ERROR, "chown root FILE; chmod go-w FILE",
				"%s is uid %u's, mode %04o: whoever writes it is root", file,
				(unsigned)st.st_uid, (unsigned)st.st_mode & 07777u);
	}
}

static void tell_broken(struct bf_doctor *d, const struct bf_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++)
		if (stack->lines[i].broken)
			bf_found(d, BF_FOUND_ERROR, "mend the line: for PAM it always fails",
				BF_PAM_AT ": %s", BF_PAM_AT_ARGS(&stack->lines[i]),
				stack->lines[i].broken);
}

static size_t tell_service(struct bf_doctor *d, const char *name, bool named)
{
	struct bf_pam_service service __attribute__((cleanup(bf_pam_release_service))) = {0};
	struct bfabric_error err = {0};
	size_t ours = 0;

	if (!bf_pam_read_service(d, name, &service, &err)) {
		if (err.text[0])
			bf_found(d, BF_FOUND_ERROR, "mend what is named", "%s: %s", name, err.text);
		else if (named)
			bf_found(d, BF_FOUND_ERROR, "look in /etc/pam.d for its name",
				"%s has no stack: PAM takes that of `other`", name);
		return 0;
	}
	tell_files(d, &service.stack);
	tell_broken(d, &service.stack);
	ours = service.stack.count - service.count[BF_PAM_ROLE_NONE];
	if (ours || !named)
		bf_found(d, BF_FOUND_OK, NULL, "%s: lines %zu, of these ours: %zu", name,
			service.stack.count, ours);
	return ours;
}

static void check_stacks(struct bf_doctor *d)
{
	BF_AUTO_FREE char *names = bf_pam_names(d);
	const bool named = d->call->argument_count > 0;
	char *rest = names;
	size_t ours = 0;

	for (char *name; rest && (name = strsep(&rest, " \t"));)
		if (*name)
			ours += tell_service(d, name, named);
	if (ours == 0)
		bf_found(d, BF_FOUND_WARNING, "Debian: pam-auth-update; else pam_bfabric(8)",
			"no stack has a line of pam_bfabric.so: nothing is done");
}

/* ---- arguments ------------------------------------------------------------------------------- */

struct noted {
	struct bf_doctor *d;
	const struct bf_stack_line *line;
};

static void tell_unknown(void *data, unsigned unused, const char *name)
{
	const struct noted *noted = data;

	(void)unused; /* an argument has no line of its own */
	bf_found(noted->d, BF_FOUND_WARNING, "see pam_bfabric(8) for how it is spelt",
		BF_PAM_AT ": nobody knows the argument \"%s\"", BF_PAM_AT_ARGS(noted->line), name);
}

static void tell_arguments(struct bf_doctor *d, const struct bf_stack_line *line)
{
	struct noted noted = {d, line};
	struct bf_pam_arguments arguments = {0};
	struct bfabric_error err = {0};

	if (bf_pam_arguments((int)line->argc, (const char *const *)line->argv, tell_unknown, &noted,
		    &arguments, &err) != BFABRIC_OK)
		bf_found(d, BF_FOUND_ERROR, "mend it: until then the line does nothing",
			BF_PAM_AT ": %s", BF_PAM_AT_ARGS(line), err.text);
	else if (arguments.mark && arguments.acquire)
		bf_found(d, BF_FOUND_WARNING, "make two lines of it, acquire first",
			BF_PAM_AT ": mark and acquire: only mark counts", BF_PAM_AT_ARGS(line));
	if (arguments.unprivileged)
		bf_found(d, BF_FOUND_WARNING, "take it out: it is for tests",
			BF_PAM_AT ": unprivileged", BF_PAM_AT_ARGS(line));
}

static void look_at_arguments(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	const struct bf_stack *stack = &service->stack;
	const struct bf_stack_line *first[BF_PAM_ROLES] = {NULL};

	(void)data; /* nothing to share */
	for (size_t i = 0; i < stack->count; i++) {
		const struct bf_stack_line *line = &stack->lines[i];
		const enum bf_pam_role role = bf_pam_role_of(line);

		if (role == BF_PAM_ROLE_NONE)
			continue;
		tell_arguments(d, line);
		if (role == BF_PAM_ROLE_PASSWORD)
			bf_found(d, BF_FOUND_ERROR, "take the line out",
				BF_PAM_AT ": passwords are none of our business",
				BF_PAM_AT_ARGS(line));
		if (first[role])
			bf_found(d, BF_FOUND_WARNING, "take one of them out",
				BF_PAM_AT ": %s has the same already (" BF_PAM_AT
					  "): it would act twice",
				BF_PAM_AT_ARGS(line), service->name, BF_PAM_AT_ARGS(first[role]));
		else
			first[role] = line;
	}
}

static void check_arguments(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_arguments, NULL);
}

/* ---- session --------------------------------------------------------------------------------- */

static bool uses_selinux(const struct bf_doctor *d)
{
	struct stat st = {0};

	/* of an image nobody knows: its file of settings says no more than what was wished */
	return bf_pam_stat(d,
		bf_pam_is_image(d) ? "/etc/selinux/config" : "/sys/fs/selinux/enforce",
		/* follow= */ true, &st);
}

/* What has to be there before a login can be kept. */
static bool tell_order(
	struct bf_doctor *d, const struct bf_stack *stack, const struct bf_stack_line *ours)
{
	static const struct {
		const char *module, *argument, *why;
		bool only_selinux;
	} before[] = {
		{"pam_systemd", NULL, "makes the runtime directory, where a login waits", false},
		{"pam_mkhomedir", NULL, "makes the home, where the login is kept", false},
		{"pam_oddjob_mkhomedir", NULL, "makes the home, where the login is kept", false},
		{"pam_selinux", "open", "chooses the SELinux context of what is started", true},
	};
	bool good = true;

	for (const struct bf_stack_line *line = ours; line < stack->lines + stack->count; line++)
		for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++)
			if (line->type == BF_STACK_SESSION &&
				bf_stack_is_module(line, before[i].module) &&
				(!before[i].argument ||
					bf_stack_has_argument(line, before[i].argument)) &&
				(!before[i].only_selinux || uses_selinux(d))) {
				bf_found(d, BF_FOUND_ERROR, "move our line behind it",
					BF_PAM_AT " comes before " BF_PAM_AT ": %s %s",
					BF_PAM_AT_ARGS(ours), BF_PAM_AT_ARGS(line),
					before[i].module, before[i].why);
				good = false;
			}
	return good;
}

static void look_at_session_line(
	struct bf_doctor *d, const struct bf_pam_service *service, const struct bf_stack_line *line)
{
	const int success = line->actions[BF_STACK_SUCCESS];
	const int unknown = line->actions[BF_STACK_MODULE_UNKNOWN];

	if (!bf_trial_reaches(&service->stack, line))
		bf_found(d, BF_FOUND_ERROR, "move it in front of the line that ends the stack",
			BF_PAM_AT ": %s never gets there", BF_PAM_AT_ARGS(line), service->name);
	else if (success != BF_STACK_DO_OK && success != BF_STACK_DO_IGNORE)
		bf_found(d, BF_FOUND_ERROR, "make it: session optional",
			BF_PAM_AT ": [%s], so that lines behind it are not run",
			BF_PAM_AT_ARGS(line), line->control);
	else if (unknown == BF_STACK_DO_BAD || unknown == BF_STACK_DO_DIE)
		bf_found(d, BF_FOUND_WARNING, "make it: session optional",
			BF_PAM_AT ": %s: nobody could log in if the module were missing",
			BF_PAM_AT_ARGS(line), line->control);
	else if (tell_order(d, &service->stack, line))
		bf_found(d, BF_FOUND_OK, NULL, "%s: " BF_PAM_AT, service->name,
			BF_PAM_AT_ARGS(line));
}

static void look_at_session(struct bf_doctor *d, const struct bf_pam_service *service, void *data)
{
	(void)data; /* nothing to share */
	bf_pam_each_line(d, service, BF_PAM_ROLE_SESSION, look_at_session_line);
}

static void check_session(struct bf_doctor *d)
{
	bf_pam_each_service(d, look_at_session, NULL);
}

const struct bf_check bf_checks_pam_stack[] = {
	{.name = "stack", .run = check_stacks},
	{.name = "arguments", .run = check_arguments},
	{.name = "session", .run = check_session},
	{.name = "mark", .run = bf_pam_check_mark},
	{.name = "acquire", .run = bf_pam_check_acquire},
	{.name = "factor", .run = bf_pam_check_factor},
	{.name = "account", .run = bf_pam_check_account},
	{.name = NULL},
};
