#include "unit.h"
#include "leftovers.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int entries(const char *path)
{
	DIR *dir = opendir(path);
	int count = 0;

	if (!dir)
		return -1;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

/* Of /proc/PID/stat, whose fields follow the name in brackets; false: it is gone. */
static bool read_stat(const char *pid, char *ret_state, int *ret_parent, int *ret_session)
{
	char path[64], line[1024];
	const char *rest = NULL;
	FILE *f = NULL;
	int group = 0;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	rest = fgets(line, sizeof(line), f) ? strrchr(line, ')') : NULL;
	fclose(f);
	return rest &&
	       sscanf(rest, ") %c %d %d %d", ret_state, ret_parent, &group, ret_session) == 4;
}

static int count_processes(pid_t parent, pid_t session)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry = NULL;
	int count = 0;

	while (dir && (entry = readdir(dir))) {
		char state = 0;
		int its_parent = 0, its_session = 0;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
			!read_stat(entry->d_name, &state, &its_parent, &its_session))
			continue;
		count += (parent && its_parent == parent) ||
			 (session && its_session == session && state != 'Z');
	}
	if (dir)
		closedir(dir);
	return count;
}

struct leftovers leftovers(void)
{
	return (struct leftovers){
		.descriptors = entries("/proc/self/fd"),
		.children = count_processes(getpid(), 0),
		.threads = entries("/proc/self/task"),
	};
}

void assert_nothing_left(struct leftovers before)
{
	struct leftovers after = leftovers();

	assert_int_equal(after.descriptors, before.descriptors);
	assert_int_equal(after.children, before.children);
	assert_int_equal(after.threads, before.threads);
}

bool session_is_empty(pid_t session)
{
	for (int i = 0; i < 200; i++) {
		if (count_processes(0, session) == 0)
			return true;
		usleep(10000);
	}
	return false;
}
