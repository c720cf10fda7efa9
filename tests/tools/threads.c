/*
 * threads - many threads of one process ask one session for a token at the same moment.
 *
 *	threads N
 *
 * Uses nothing but the public interface. Each token is printed on a line of its own; a failure is a
 * line on stderr, and the exit status is that of the last one. For the tests only: a token on
 * stdout is seen by whoever reads it.
 */
#include <bfabric.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define THREADS_MAX 1024

struct asker {
	pthread_t thread;
	pthread_barrier_t *gate;
	struct bfabric_session *session;
	struct bfabric_token token;
	struct bfabric_error err;
	enum bfabric_status status;
};

static void *ask(void *data)
{
	struct asker *a = data;

	pthread_barrier_wait(a->gate);
	a->status = bfabric_session_token(a->session, -1, 0, &a->token, &a->err);
	return NULL;
}

static int tell(struct asker *a)
{
	if (a->status == BFABRIC_OK)
		printf("%s\n", a->token.value);
	else
		fprintf(stderr, "%s\n", a->err.text);
	bfabric_token_clear(&a->token);
	return bfabric_status_exit_code(a->status);
}

static void run(struct asker *askers, unsigned count, struct bfabric_session *session)
{
	pthread_barrier_t gate;

	pthread_barrier_init(&gate, NULL, count);
	for (unsigned i = 0; i < count; i++) {
		askers[i] = (struct asker){.gate = &gate, .session = session};
		if (pthread_create(&askers[i].thread, NULL, ask, &askers[i]) != 0)
			abort();
	}
	for (unsigned i = 0; i < count; i++)
		pthread_join(askers[i].thread, NULL);
	pthread_barrier_destroy(&gate);
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	struct bfabric_session *session = NULL;
	struct bfabric_error err;
	struct asker *askers;
	int code = 0;

	if (count < 1 || count > THREADS_MAX) {
		fprintf(stderr, "usage: threads N\n");
		return 2;
	}
	if (bfabric_session_open(/* options= */ NULL, &session, &err) != BFABRIC_OK) {
		fprintf(stderr, "%s\n", err.text);
		return bfabric_status_exit_code(err.status);
	}
	askers = calloc(count, sizeof(*askers));
	if (!askers)
		abort();
	run(askers, (unsigned)count, session);
	for (unsigned long i = 0; i < count; i++) {
		int one = tell(&askers[i]);

		code = one ? one : code;
	}
	free(askers);
	bfabric_session_free(session);
	return code;
}
