/*
 * inproc - what a fresh token costs a program that keeps a session open.
 *
 *	inproc THREADS CALLS
 *
 * Each thread asks the one session CALLS times. Prints the nanoseconds that one call took, as each
 * thread saw it. Uses nothing but the public interface.
 */
#include <bfabric.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct worker {
	pthread_t thread;
	pthread_barrier_t *gate;
	struct bfabric_session *session;
	unsigned long calls;
	double ns;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void ask(struct bfabric_session *session)
{
	struct bfabric_token token = {0};
	struct bfabric_error err;

	if (bfabric_session_token(session, -1, 0, &token, &err) != BFABRIC_OK) {
		fprintf(stderr, "inproc: %s\n", err.text);
		exit(1);
	}
	bfabric_token_clear(&token);
}

static void *work(void *data)
{
	struct worker *w = data;
	double began;

	pthread_barrier_wait(w->gate);
	began = now();
	for (unsigned long i = 0; i < w->calls; i++)
		ask(w->session);
	w->ns = (now() - began) / (double)w->calls;
	return NULL;
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	struct bfabric_session *session = NULL;
	struct bfabric_error err;
	struct worker workers[64] = {0};
	pthread_barrier_t gate;
	double sum = 0;

	if (count < 1 || count > 64) {
		fprintf(stderr, "usage: inproc THREADS CALLS\n");
		return 2;
	}
	if (bfabric_session_open(/* options= */ NULL, &session, &err) != BFABRIC_OK) {
		fprintf(stderr, "inproc: %s\n", err.text);
		return 1;
	}
	ask(session); /* the first one reads the file */
	pthread_barrier_init(&gate, NULL, (unsigned)count);
	for (unsigned long i = 0; i < count; i++) {
		workers[i] = (struct worker){
			.gate = &gate, .session = session, .calls = strtoul(argv[2], NULL, 10)};
		if (pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			return 1;
	}
	for (unsigned long i = 0; i < count; i++) {
		pthread_join(workers[i].thread, NULL);
		sum += workers[i].ns;
	}
	printf("%.1f\n", sum / (double)count);
	bfabric_session_free(session);
	return 0;
}
