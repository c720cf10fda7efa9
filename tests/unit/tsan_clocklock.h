/*
 * tsan_clocklock.h - included before everything in the build with the thread sanitizer.
 *
 * Debian 12's ThreadSanitizer does not know pthread_mutex_clocklock: it would take each unlock for
 * a mistake and would not see that the lock orders what the threads do. It knows
 * pthread_mutex_timedlock, which is the same for the real-time clock.
 */
#ifndef TSAN_CLOCKLOCK_H
#define TSAN_CLOCKLOCK_H

#include <pthread.h>
#include <time.h>

static inline int tsan_clocklock(
	pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
	struct timespec now, there = *until;

	clock_gettime(clock, &now);
	there.tv_sec -= now.tv_sec;
	there.tv_nsec -= now.tv_nsec;
	clock_gettime(CLOCK_REALTIME, &now);
	there.tv_sec += now.tv_sec;
	there.tv_nsec += now.tv_nsec;
	while (there.tv_nsec < 0) {
		there.tv_nsec += 1000000000;
		there.tv_sec--;
	}
	while (there.tv_nsec >= 1000000000) {
		there.tv_nsec -= 1000000000;
		there.tv_sec++;
	}
	return pthread_mutex_timedlock(mutex, &there);
}

#define pthread_mutex_clocklock tsan_clocklock

#endif
