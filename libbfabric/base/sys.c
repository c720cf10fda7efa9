#include "sys.h"

#include <errno.h>
#include <sys/random.h>
#include <time.h>

static int64_t real_wall(void *data)
{
	struct timespec now = {0};

	(void)data; /* the real clock needs none */
	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec;
}

static int64_t real_boot_ms(void *data)
{
	struct timespec now = {0};

	(void)data; /* the real clock needs none */
	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void real_sleep_ms(void *data, int64_t ms)
{
	struct timespec wait = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)data; /* the real clock needs none */
	if (ms > 0)
		(void)nanosleep(&wait, NULL); /* interrupted: the caller looks at its clock */
}

static bool real_random(void *data, void *buf, size_t n)
{
	unsigned char *p = buf;

	(void)data; /* the kernel needs none */
	while (n > 0) {
		ssize_t got = getrandom(p, n, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		p += got;
		n -= (size_t)got;
	}
	return true;
}

const struct bf_sys bf_sys_real = {
	.wall = real_wall,
	.boot_ms = real_boot_ms,
	.sleep_ms = real_sleep_ms,
	.random = real_random,
};

/* Never 0, which stands for "40 seconds" where a deadline is asked for. */
int64_t bfabric_deadline_in(int64_t seconds)
{
	int64_t ms = 0;
	int64_t deadline = 0;

	if (__builtin_mul_overflow(seconds, 1000, &ms) ||
		__builtin_add_overflow(bf_boot_ms(&bf_sys_real), ms, &deadline))
		return seconds < 0 ? INT64_MIN : INT64_MAX;
	return deadline ? deadline : 1;
}
