#include "start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool stays_here(const char *variable, const char *instead)
{
	size_t name = instead ? strcspn(instead, "=") + 1 : 0;

	return strncmp(variable, "BFABRIC", 7) == 0 || strncmp(variable, "BEARER_TOKEN", 12) == 0 ||
	       strncmp(variable, "SSLKEYLOGFILE=", 14) == 0 ||
	       (name && strncmp(variable, instead, name) == 0);
}

const char **bf_start_variables(const char *variable)
{
	size_t count = 0, used = 0;
	const char **list = NULL;

	while (environ && environ[count])
		count++;
	list = calloc(count + 2, sizeof(*list));
	if (!list)
		return NULL;
	if (variable)
		list[used++] = variable;
	for (size_t i = 0; i < count; i++)
		if (!stays_here(environ[i], variable))
			list[used++] = environ[i];
	return list;
}

/* Everything is on /dev/null first, so that 0, 1 and 2 are open whatever they are here. */
static int set_descriptors(posix_spawn_file_actions_t *files, int input, int output)
{
	int error = posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDWR, 0);

	if (!error)
		error = posix_spawn_file_actions_adddup2(files, 0, 2);
	if (!error)
		error = posix_spawn_file_actions_adddup2(files, output < 0 ? 0 : output, 1);
	if (!error && input >= 0)
		error = posix_spawn_file_actions_adddup2(files, input, 0);
	if (!error)
		error = posix_spawn_file_actions_addclosefrom_np(files, 3);
	return error;
}

static int set_signals(posix_spawnattr_t *attributes)
{
	sigset_t all, none;
	int error;

	sigfillset(&all);
	sigemptyset(&none);
	error = posix_spawnattr_setsigdefault(attributes, &all);
	if (!error)
		error = posix_spawnattr_setsigmask(attributes, &none);
	if (!error)
		error = posix_spawnattr_setflags(attributes,
			POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	return error;
}

int bf_start_apart(const char *const argv[], const char *const variables[], int input, int output,
	pid_t *ret_pid)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	int error = 0;

	if (posix_spawn_file_actions_init(&files) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		posix_spawn_file_actions_destroy(&files);
		return ENOMEM;
	}
	error = set_descriptors(&files, input, output);
	if (!error)
		error = set_signals(&attributes);
	if (!error) /* posix_spawn changes neither; its types are older than const */
		error = posix_spawn(ret_pid, argv[0], &files, &attributes,
			(char *const *)(uintptr_t)argv, (char *const *)(uintptr_t)variables);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return error;
}
