#include "tests/unit/unit.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
#include "pamtalk_left.h"
#include "pamtalk_world.h"

#define END_WAITS 3000 /* of 10 ms each */

/* Of the address sanitizer, behind which mallinfo2(3) knows nothing. */
extern size_t __sanitizer_get_current_allocated_bytes(void) __attribute__((weak));

static long long allocated(void)
{
	return (long long)(__sanitizer_get_current_allocated_bytes
				   ? __sanitizer_get_current_allocated_bytes()
				   : mallinfo2().uordblks);
}

static long long resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long long size = 0, pages = 0;

	if (!f || fscanf(f, "%lld %lld", &size, &pages) != 2)
		die("cannot read how large we are");
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

void amount(struct amount *ret)
{
	process_state(&ret->state);
	ret->resident = resident();
	ret->bytes = allocated();
}

int await_children(const struct amount *before)
{
	const int children = before->state.leftovers.children;
	int ended = 0;

	for (int i = 0; i < END_WAITS && leftovers().children > children; i++)
		if (waitpid(-1, NULL, WNOHANG) > 0)
			ended++;
		else
			usleep(10000);
	return ended;
}

void say_left(const struct amount *before, const struct amount *after, json_t *line)
{
	const struct leftovers *old = &before->state.leftovers, *now = &after->state.leftovers;
	const char *changed = process_state_difference(&before->state, &after->state);

	json_object_set_new(line, "changed", changed ? json_string(changed) : json_null());
	json_object_set_new(line, "descriptors", json_integer(now->descriptors - old->descriptors));
	json_object_set_new(line, "threads", json_integer(now->threads - old->threads));
	json_object_set_new(line, "children", json_integer(now->children - old->children));
	json_object_set_new(line, "bytes", json_integer(after->bytes - before->bytes));
	json_object_set_new(line, "resident", json_integer(after->resident - before->resident));
	say(line);
}
