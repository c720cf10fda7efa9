/*
 * pamtalk - an application of PAM, with a test in the place of the person before it.
 *
 *	pamtalk CONFDIR NAME HOME
 *
 * The stacks are those of CONFDIR (pam_start_confdir(3)); for the password database NAME is who
 * runs this, with this HOME. It takes commands, one a line, and answers in lines of JSON:
 *
 *	mood shows|drops|fails|nobody   how the conversation is: it shows; it says success, and
 *	                                answers NULL (lightdm); PAM_CONV_ERR (sshd without a
 *	                                terminal); there is none. Counts from the next start on
 *	answer TEXT | null | hangup     what a prompt is answered from then on, without asking;
 *`ask`: the next line of input is that (the default) set NAME=VALUE                  pam_putenv(3)
 *	item NAME TEXT                  rhost, tty or user: pam_set_item(3)
 *	start SERVICE USER
 *	call FUNCTION FLAGS             authenticate, setcred, account, open or close
 *	apart FUNCTION FLAGS            the same in a child, from which nothing but PAM's
 *environment comes back: so does sshd authenticate end                             pam_end(3);
 *waits for children that still run remember, compare               what the process is now; what
 *has become of it since repeat N SERVICE USER FUNCTION:FLAGS...   all of it N times, with nothing
 *said in between load N MODULE                   dlopen(3) and dlclose(3)
 *
 *	{"shown":TEXT,"error":false,"us":9}   {"prompt":TEXT,"echo":true,"us":9}   {"log":TEXT}
 *	{"call":NAME,"code":0,"ms":12,"changed":null}      changed: a word of process_state.h
 *	{"end":0,"left":0,...}   {"compare":0,...}   left: children that the module had not reaped
 *	{"repeat":N,"codes":{"open":{"0":N}},"us":9,...}   {"load":N,...}   ...: pamtalk_left.h
 *
 * It sees what a program sees, so nothing here is about the module from within; the exit status is
 * not 0 when a command is wrong.
 */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pamtalk_left.h"
#include "pamtalk_world.h"

#define CALLS_MAX 8
#define CODES_MAX 64

static struct {
	const char *confdir;
	pam_handle_t *pamh;
	struct amount before;     /* of pam_start */
	struct amount remembered; /* of that command */
	struct amount after;      /* at the end of what is compared */
} talk;

/* The next word of a command, which must be there. */
static char *next(char **rest)
{
	char *word = strsep(rest, " ");

	if (!word)
		die("a word is missing");
	return word;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static const struct function {
	const char *name;
	int (*call)(pam_handle_t *, int);
} functions[] = {
	{"authenticate", pam_authenticate},
	{"setcred", pam_setcred},
	{"account", pam_acct_mgmt},
	{"open", pam_open_session},
	{"close", pam_close_session},
};
#define FUNCTIONS (sizeof(functions) / sizeof(functions[0]))

static size_t function_of(const char *name)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (strcmp(functions[i].name, name) == 0)
			return i;
	die("there is no such function");
	return 0;
}

static void start(const char *service, const char *user)
{
	const struct pam_conv conv = {.conv = world.mood == NOBODY ? NULL : converse};

	if (pam_start_confdir(service, *user ? user : NULL, &conv, talk.confdir, &talk.pamh) !=
		PAM_SUCCESS)
		die("cannot start");
}

static int finish(void)
{
	const int rc = pam_end(talk.pamh, PAM_SUCCESS);

	talk.pamh = NULL;
	return rc;
}

static void call(const char *name, int flags)
{
	static struct process_state before, after;
	const struct function *function = &functions[function_of(name)];
	const char *changed;
	int code;

	process_state(&before);
	world.began = now_us();
	code = function->call(talk.pamh, flags);
	process_state(&after);
	changed = process_state_difference(&before, &after);
	say(json_pack("{s:s,s:i,s:I,s:s?}", "call", name, "code", code, "ms",
		(json_int_t)((now_us() - world.began) / 1000), "changed", changed));
}

static void send_environment(int fd)
{
	char **list = pam_getenvlist(talk.pamh);

	for (size_t i = 0; list && list[i]; i++)
		if (write(fd, list[i], strlen(list[i]) + 1) != (ssize_t)strlen(list[i]) + 1)
			die("cannot send the environment");
}

static void receive_environment(int fd)
{
	FILE *f = fdopen(fd, "r");
	char *line = NULL;
	size_t size = 0;

	if (!f)
		die("cannot receive the environment");
	while (getdelim(&line, &size, '\0', f) > 0)
		if (pam_putenv(talk.pamh, line) != PAM_SUCCESS)
			die("cannot set a variable");
	free(line);
	fclose(f);
}

static void call_apart(const char *name, int flags)
{
	int ends[2], status = 0;
	pid_t pid = pipe2(ends, O_CLOEXEC) == 0 ? fork() : -1;

	if (pid < 0)
		die("cannot start a child");
	if (pid == 0) {
		call(name, flags);
		send_environment(ends[1]);
		_exit(0); /* without a word to libpam */
	}
	close(ends[1]);
	receive_environment(ends[0]);
	if (waitpid(pid, &status, 0) != pid || status != 0)
		die("the child has failed");
}

struct round {
	size_t count, functions[CALLS_MAX];
	int flags[CALLS_MAX];
	unsigned codes[FUNCTIONS][CODES_MAX];
};

static void run_round(struct round *round, const char *service, const char *user)
{
	start(service, user);
	for (size_t i = 0; i < round->count; i++) {
		const size_t which = round->functions[i];
		const int code = functions[which].call(talk.pamh, round->flags[i]);

		round->codes[which][code >= 0 && code < CODES_MAX ? code : CODES_MAX - 1]++;
	}
	(void)finish();
}

static json_t *codes_of(const struct round *round)
{
	json_t *all = json_object();

	for (size_t i = 0; i < FUNCTIONS; i++)
		for (int code = 0; code < CODES_MAX; code++) {
			char text[16];

			if (!round->codes[i][code])
				continue;
			if (!json_object_get(all, functions[i].name))
				json_object_set_new(all, functions[i].name, json_object());
			snprintf(text, sizeof(text), "%d", code);
			json_object_set_new(json_object_get(all, functions[i].name), text,
				json_integer(round->codes[i][code]));
		}
	return all;
}

/* The first tenth, with what libraries keep for ever, does not count for what grows. */
static void repeat(long rounds, const char *service, const char *user, char *calls)
{
	static struct amount before;
	struct round round = {0};
	int64_t taken = 0;

	amount(&before);
	while (calls) {
		char *word = next(&calls);
		char *colon = strchr(word, ':');

		if (!colon || round.count == CALLS_MAX)
			die("FUNCTION:FLAGS are wrong");
		*colon = '\0';
		round.functions[round.count] = function_of(word);
		round.flags[round.count++] = (int)strtol(colon + 1, NULL, 0);
	}
	world.quiet = true;
	for (long i = 0; i < rounds; i++) {
		if (i == rounds / 10) {
			await_children(&before);
			amount(&before);
		}
		taken -= now_us();
		run_round(&round, service, user);
		taken += now_us();
	}
	await_children(&before);
	world.quiet = false;
	amount(&talk.after);
	say_left(&before, &talk.after,
		json_pack("{s:I,s:o,s:I}", "repeat", (json_int_t)rounds, "codes", codes_of(&round),
			"us", (json_int_t)taken));
}

static void load(long rounds, const char *module)
{
	static struct amount before;

	amount(&before);
	for (long i = 0; i < rounds; i++) {
		void *handle = dlopen(module, RTLD_NOW);

		if (!handle || !dlsym(handle, "pam_sm_authenticate") || dlclose(handle) != 0)
			die(dlerror());
		if (i == rounds / 10)
			amount(&before);
	}
	amount(&talk.after);
	say_left(&before, &talk.after,
		json_pack("{s:I,s:b}", "load", (json_int_t)rounds, "mapped",
			dlopen(module, RTLD_NOW | RTLD_NOLOAD) != NULL));
}

/* ---- commands -------------------------------------------------------------------------------- */

static void do_mood(char *rest)
{
	static const char *const moods[] = {"shows", "drops", "fails", "nobody"};

	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++)
		if (strcmp(rest, moods[i]) == 0) {
			world.mood = (enum mood)i;
			return;
		}
	die("there is no such mood");
}

static void do_set(char *rest)
{
	if (pam_putenv(talk.pamh, rest) != PAM_SUCCESS)
		die("cannot set a variable");
}

static void do_item(char *rest)
{
	const char *name = next(&rest);
	const int item = strcmp(name, "rhost") == 0  ? PAM_RHOST
			 : strcmp(name, "user") == 0 ? PAM_USER
						     : PAM_TTY;

	if (pam_set_item(talk.pamh, item, next(&rest)) != PAM_SUCCESS)
		die("cannot set an item");
}

static void do_start(char *rest)
{
	const char *service = next(&rest);

	amount(&talk.before);
	start(service, next(&rest));
}

static void do_call(char *rest)
{
	const char *name = next(&rest);

	call(name, (int)strtol(next(&rest), NULL, 0));
}

static void do_apart(char *rest)
{
	const char *name = next(&rest);

	call_apart(name, (int)strtol(next(&rest), NULL, 0));
}

static void do_remember(char *rest)
{
	(void)rest; /* there is none */
	amount(&talk.remembered);
}

static void do_compare(char *rest)
{
	(void)rest; /* there is none */
	await_children(&talk.remembered);
	amount(&talk.after);
	say_left(&talk.remembered, &talk.after, json_pack("{s:i}", "compare", 0));
}

static void do_end(char *rest)
{
	const int rc = finish();
	const int left = await_children(&talk.before);

	amount(&talk.after);
	say_left(&talk.before, &talk.after, json_pack("{s:i,s:i}", "end", rc, "left", left));
	(void)rest; /* there is none */
}

static void do_repeat(char *rest)
{
	const long rounds = strtol(next(&rest), NULL, 10);
	const char *service = next(&rest);
	const char *user = next(&rest);

	repeat(rounds, service, user, rest);
}

static void do_load(char *rest)
{
	const long rounds = strtol(next(&rest), NULL, 10);

	load(rounds, next(&rest));
}

static void obey(const char *line)
{
	static const struct {
		const char *verb;
		void (*obey)(char *rest);
	} rows[] = {{"mood", do_mood}, {"set", do_set}, {"item", do_item}, {"start", do_start},
		{"call", do_call}, {"apart", do_apart}, {"end", do_end}, {"remember", do_remember},
		{"compare", do_compare}, {"repeat", do_repeat}, {"load", do_load}};
	char copy[PAMTALK_LINE], *rest = copy;
	const char *verb;

	snprintf(copy, sizeof(copy), "%s", line);
	verb = next(&rest);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(verb, rows[i].verb) == 0) {
			rows[i].obey(rest);
			return;
		}
	snprintf(world.answer, sizeof(world.answer), "%s", line);
	if (strcmp(verb, "answer") != 0 && strcmp(verb, "null") != 0 &&
		strcmp(verb, "hangup") != 0 && strcmp(verb, "ask") != 0)
		die("there is no such command");
}

int main(int argc, char **argv)
{
	char line[PAMTALK_LINE];

	if (argc != 4)
		die("usage: pamtalk CONFDIR NAME HOME");
	talk.confdir = argv[1];
	world.name = argv[2];
	world.home = argv[3];
	while (read_line(line))
		obey(line);
	if (talk.pamh)
		(void)finish(); /* who tested is gone */
	return 0;
}
