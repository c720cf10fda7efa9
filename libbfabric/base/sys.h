/*
 * sys.h - the seams to time and chance: one small struct, replaced in tests.
 */
#ifndef BF_SYS_H
#define BF_SYS_H

#include "error.h"

struct bf_sys {
	int64_t (*wall)(void *data);              /* Unix seconds, CLOCK_REALTIME */
	int64_t (*boot_ms)(void *data);           /* CLOCK_BOOTTIME: counts while suspended */
	void (*sleep_ms)(void *data, int64_t ms); /* a signal may end it early */
	bool (*random)(void *data, void *buf, size_t n); /* getrandom(2) */
	void *data;
};

extern const struct bf_sys bf_sys_real;

static inline int64_t bf_wall(const struct bf_sys *s)
{
	return s->wall(s->data);
}
static inline int64_t bf_boot_ms(const struct bf_sys *s)
{
	return s->boot_ms(s->data);
}
static inline void bf_sleep_ms(const struct bf_sys *s, int64_t ms)
{
	s->sleep_ms(s->data, ms);
}
static inline bool bf_random(const struct bf_sys *s, void *buf, size_t n)
{
	return s->random(s->data, buf, n);
}

#endif
