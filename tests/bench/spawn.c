/*
 * spawn - start programs again and again and say how long each took.
 *
 *	spawn time|memory|both ROUNDS COMMAND... [-- COMMAND...]...
 *
 * Commands are separated by `--`. A first word `<FILE` gives a command its stdin, else it reads
 * /dev/null; a first word `HOME=DIR` sets HOME for it (then all commands need one). Output is
 * thrown away. Each round runs each command once, in an order of its own, so that whatever slows
 * the machine slows them all and none always follows the same one; the first rounds, a tenth, are
 * not counted.
 *
 * time: wall-clock time from before the start to the end that the kernel reports, by posix_spawn,
 * which does not copy this process. memory: the peak of resident memory, by fork and exec out of
 * this small program, because under posix_spawn the child's peak includes the parent's. both: the
 * time, and the peak of the same run as "memory", by fork and exec, for what takes so long that
 * neither the difference nor a second run is wanted.
 *
 * Prints a JSON array: for each command {"median":..., "low":..., "high":...} (quartiles), in
 * nanoseconds or bytes. Ends with an error when a command does not end with status 0.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMANDS_MAX 32

struct command {
	char **argv;
	const char *input;
	const char *home; /* NULL: as it is */
	int64_t *taken;
	int64_t most; /* memory, of all rounds */
};

static void fail(const char *what)
{
	fprintf(stderr, "spawn: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static void must_succeed(const struct command *c, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	fprintf(stderr, "spawn: %s ended with wait status %#x\n", c->argv[0], (unsigned)status);
	exit(1);
}

static int64_t run_timed(const struct command *c)
{
	posix_spawn_file_actions_t files;
	int64_t began, ended;
	pid_t pid;
	int status = 0;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, c->input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	began = now();
	errno = posix_spawn(&pid, c->argv[0], &files, NULL, c->argv, environ);
	if (errno)
		fail(c->argv[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	ended = now();
	posix_spawn_file_actions_destroy(&files);
	must_succeed(c, status);
	return ended - began;
}

static void become(const struct command *c)
{
	int in = open(c->input, O_RDONLY), out = open("/dev/null", O_WRONLY);

	if (in < 0 || out < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0)
		_exit(126);
	execv(c->argv[0], c->argv);
	_exit(127);
}

static int64_t run_weighed(const struct command *c)
{
	struct rusage used = {0};
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		fail("fork");
	if (pid == 0)
		become(c);
	while (wait4(pid, &status, 0, &used) < 0 && errno == EINTR)
		;
	must_succeed(c, status);
	return (int64_t)used.ru_maxrss * 1024;
}

static int64_t run_both(struct command *c)
{
	const int64_t began = now(), peak = run_weighed(c);

	if (peak > c->most)
		c->most = peak;
	return now() - began;
}

static int compare(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void tell(const struct command *c, size_t rounds, bool last)
{
	qsort(c->taken, rounds, sizeof(*c->taken), compare);
	printf("{\"median\":%lld,\"low\":%lld,\"high\":%lld,\"memory\":%lld}%s\n",
		(long long)c->taken[rounds / 2], (long long)c->taken[rounds / 4],
		(long long)c->taken[rounds * 3 / 4], (long long)c->most, last ? "" : ",");
}

static size_t split(char **words, struct command *commands, size_t rounds)
{
	size_t count = 0;

	while (*words && count < COMMANDS_MAX) {
		struct command *c = &commands[count++];

		*c = (struct command){
			.input = "/dev/null", .taken = calloc(rounds, sizeof(int64_t))};
		if (!c->taken)
			fail("calloc");
		if (**words == '<')
			c->input = *words++ + 1;
		if (*words && strncmp(*words, "HOME=", 5) == 0)
			c->home = *words++ + 5;
		c->argv = words;
		while (*words && strcmp(*words, "--") != 0)
			words++;
		if (*words)
			*words++ = NULL;
	}
	return count;
}

static void shuffle(size_t *order, size_t count)
{
	for (size_t i = count; i > 1; i--) {
		size_t j = (size_t)random() % i, kept = order[i - 1];

		order[i - 1] = order[j];
		order[j] = kept;
	}
}

int main(int argc, char **argv)
{
	struct command commands[COMMANDS_MAX];
	size_t order[COMMANDS_MAX];
	size_t rounds = argc > 3 ? strtoul(argv[2], NULL, 10) : 0, warm = rounds / 10, count;
	bool memory = argc > 3 && strcmp(argv[1], "memory") == 0;
	bool both = argc > 3 && strcmp(argv[1], "both") == 0;

	if (rounds < 1) {
		fprintf(stderr,
			"usage: spawn time|memory|both ROUNDS COMMAND... [-- COMMAND...]...\n");
		return 2;
	}
	count = split(argv + 3, commands, rounds);
	for (size_t i = 0; i < count; i++)
		order[i] = i;
	for (size_t round = 0; round < warm + rounds; round++) {
		shuffle(order, count);
		for (size_t at = 0; at < count; at++) {
			size_t i = order[at];
			int64_t one;

			if (commands[i].home &&
				setenv("HOME", commands[i].home, /* overwrite= */ 1))
				fail("setenv");
			one = both     ? run_both(&commands[i])
			      : memory ? run_weighed(&commands[i])
				       : run_timed(&commands[i]);
			if (round >= warm)
				commands[i].taken[round - warm] = one;
		}
	}
	puts("[");
	for (size_t i = 0; i < count; i++)
		tell(&commands[i], rounds, i + 1 == count);
	puts("]");
	return 0;
}
