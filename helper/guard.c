#include "guard.h"
#include <fcntl.h>
#include <jansson.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static void erase_and_free(void *memory)
{
	if (!memory)
		return;
	explicit_bzero(memory, malloc_usable_size(memory));
	free(memory);
}

/*
 * A program that is started with a closed stdout would get the lock file or a socket as descriptor
 * 1, and write the token there. The gap is filled with /dev/null, opened the wrong way round so
 * that use of it fails as it should.
 */
static void fill_standard_descriptors(void)
{
	struct pollfd ends[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (poll(ends, 3, 0) <= 0)
		return;
	for (int i = 0; i < 3; i++)
		if (ends[i].revents & POLLNVAL &&
			open("/dev/null", i == 0 ? O_WRONLY : O_RDONLY) != i)
			_exit(1);
}

/* The kernel's random bytes for this process, which saves jansson a look at /dev/urandom. */
static void seed_tables(void)
{
	const void *bytes = (const void *)getauxval(AT_RANDOM);
	size_t seed = 0;

	if (bytes)
		memcpy(&seed, bytes, sizeof(seed));
	json_object_seed(seed); /* 0: jansson finds one for itself */
}

void bf_guard_init(struct bf_guard *guard)
{
	fill_standard_descriptors();
	*guard = (struct bf_guard){0};
	guard->core_known = getrlimit(RLIMIT_CORE, &guard->core) == 0;
	guard->umask = umask(077); /* the only way to read it */
	bf_guard_again(guard);
	(void)sigaction(SIGPIPE, NULL, &guard->pipe); /* both fail for a wrong number only */
	(void)sigaction(SIGXFSZ, NULL, &guard->file_size);
	/* Past a limit of `ulimit -f` a write fails like one to a full disk, and is explained. */
	(void)signal(SIGXFSZ, SIG_IGN);
	json_set_alloc_funcs(malloc, erase_and_free);
	seed_tables();
}

/* Failing to harden is no reason to leave a person without a token: results are ignored. */
void bf_guard_again(const struct bf_guard *guard)
{
	struct rlimit none = guard->core;

	(void)umask(077);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	none.rlim_cur = 0;
	if (guard->core_known)
		(void)setrlimit(RLIMIT_CORE, &none);
}

void bf_guard_lift(const struct bf_guard *guard)
{
	if (guard->core_known)
		(void)setrlimit(RLIMIT_CORE, &guard->core);
	(void)umask(guard->umask);
}

void bf_guard_lift_all(const struct bf_guard *guard)
{
	bf_guard_lift(guard);
	(void)sigaction(SIGPIPE, &guard->pipe, NULL); /* valid numbers: cannot fail */
	(void)sigaction(SIGXFSZ, &guard->file_size, NULL);
}
