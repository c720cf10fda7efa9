/*
 * One session, many threads. Run under TSan as well.
 */
#include "world.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define THREADS 64

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define __SANITIZE_THREAD__ 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
/* The sanitizer does not see that pthread_mutex_clocklock takes the lock; this it sees. */
int pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock, const struct timespec *until)
{
	struct timespec now, real;

	clock_gettime(clock, &now);
	clock_gettime(CLOCK_REALTIME, &real);
	real.tv_sec += until->tv_sec - now.tv_sec + 1;
	return pthread_mutex_timedlock(mutex, &real);
}
#endif

struct asker {
	struct world *w;
	pthread_t thread;
	pthread_barrier_t *start;
	bool force;
	enum bfabric_status status;
	struct bfabric_token token;
	struct bfabric_error err;
};

static void *ask(void *data)
{
	struct asker *a = data;

	pthread_barrier_wait(a->start);
	a->status = bf_session_get(a->w->s, 60, a->force, 0, &a->token, &a->err);
	return NULL;
}

/* All at once; then the answers lie in `askers`. */
static void ask_all(struct world *w, bool force, struct asker askers[THREADS])
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, THREADS);
	for (int i = 0; i < THREADS; i++) {
		askers[i] = (struct asker){.w = w, .start = &start, .force = force};
		assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(askers[i].thread, NULL);
	pthread_barrier_destroy(&start);
}

static void expect_same(struct asker askers[THREADS], enum bfabric_status expected)
{
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(askers[i].status, expected);
		if (expected == BFABRIC_OK)
			assert_string_equal(askers[i].token.value, askers[0].token.value);
		else
			assert_string_equal(askers[i].err.text, askers[0].err.text);
	}
	for (int i = 0; i < THREADS; i++)
		bfabric_token_clear(&askers[i].token);
}

static unsigned rounds(unsigned full)
{
	const char *scale = getenv("TEST_SCALE");
	double n = full * (scale ? atof(scale) : 1);

	return n < 2 ? 2 : (unsigned)n;
}

static void test_one_request_at_expiry(void **state)
{
	struct world *w = *state;
	struct asker askers[THREADS];

	world_login(w);
	for (unsigned i = 1; i <= rounds(50); i++) {
		world_pass(w, 30000);
		ask_all(w, /* force= */ false, askers);
		expect_same(askers, BFABRIC_OK);
		assert_int_equal(w->server->requests, i);
	}
	assert_int_equal(w->server->reuses, 0);
}

/* The server takes its time, so that all of them ask while the request is under way. */
static void dawdle(void *data)
{
	(void)data; /* nothing is needed */
	usleep(100000);
}

static void test_one_request_when_all_insist(void **state)
{
	struct world *w = *state;
	struct asker askers[THREADS];

	world_login(w);
	w->server->during = dawdle;
	ask_all(w, /* force= */ true, askers);
	expect_same(askers, BFABRIC_OK);
	assert_int_equal(w->server->requests, 1);
}

static void test_one_request_when_refused(void **state)
{
	struct world *w = *state;
	struct asker askers[THREADS];

	world_login(w);
	world_pass(w, 30000);
	authserver_trouble_set(w->server, TROUBLE_REFUSE, -1);
	ask_all(w, /* force= */ false, askers);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(askers[i].status, BFABRIC_LOGIN_REQUIRED);
	assert_int_equal(w->server->requests, 1);
}

static void test_one_request_when_out_of_reach(void **state)
{
	struct world *w = *state;
	struct asker askers[THREADS];

	world_login(w);
	world_pass(w, 30000);
	w->server->during = dawdle;
	authserver_trouble_set(w->server, TROUBLE_LOST_REQUEST, -1);
	ask_all(w, /* force= */ false, askers);
	expect_same(askers, BFABRIC_RETRY_LATER);
	assert_int_equal(w->server->requests, 1);
}

/* A thread with a token that is still good does not wait for a hanging server for long. */
static pthread_barrier_t inside;

static void hang(void *data)
{
	struct world *w = data;

	w->server->during = NULL;
	pthread_barrier_wait(&inside);
	pthread_barrier_wait(&inside);
}

static void *ask_one(void *data)
{
	struct asker *a = data;

	a->status = bf_session_get(a->w->s, 60, a->force, 0, &a->token, &a->err);
	return NULL;
}

static void test_a_hanging_thread_and_a_token_still_good(void **state)
{
	struct world *w = *state;
	struct asker first = {.w = w};

	world_login(w);
	world_pass(w, 28800 - 30);
	pthread_barrier_init(&inside, NULL, 2);
	w->server->data = w;
	w->server->during = hang;
	assert_int_equal(pthread_create(&first.thread, NULL, ask_one, &first), 0);
	pthread_barrier_wait(&inside);
	assert_int_equal(world_get(w), BFABRIC_OK);
	assert_int_equal(w->token.expires_at, WORLD_NOW + 28800);
	assert_int_equal(w->server->requests, 0);
	pthread_barrier_wait(&inside);
	pthread_join(first.thread, NULL);
	assert_int_equal(first.status, BFABRIC_OK);
	bfabric_token_clear(&first.token);
	pthread_barrier_destroy(&inside);
}

static void test_a_hanging_thread_and_a_deadline(void **state)
{
	struct world *w = *state;
	struct asker first = {.w = w};
	enum bfabric_status status;

	world_login(w);
	world_pass(w, 30000);
	pthread_barrier_init(&inside, NULL, 2);
	w->server->data = w;
	w->server->during = hang;
	assert_int_equal(pthread_create(&first.thread, NULL, ask_one, &first), 0);
	pthread_barrier_wait(&inside);
	status = bfabric_session_token(w->s, 60, w->clock->boot_ms + 50, &w->token, &w->err);
	assert_int_equal(status, BFABRIC_TIMEOUT);
	pthread_barrier_wait(&inside);
	pthread_join(first.thread, NULL);
	assert_int_equal(first.status, BFABRIC_OK);
	bfabric_token_clear(&first.token);
	pthread_barrier_destroy(&inside);
}

/* Everything at once, for the sanitizers. */
static void *do_everything(void *data)
{
	struct asker *a = data;
	struct bfabric_session_status status = {0};
	struct bfabric_token token = {0};

	for (int i = 0; i < 20; i++) {
		world_pass(a->w, 0);
		if (bf_session_get(a->w->s, 60, i % 7 == 0, 0, &token, NULL) == BFABRIC_OK) {
			if (i % 5 == 0)
				a->status |= bfabric_session_reject(a->w->s, token.value, NULL);
			bfabric_token_clear(&token);
		}
		if (bfabric_session_status(a->w->s, &status, NULL) == BFABRIC_OK)
			bfabric_session_status_clear(&status);
	}
	return NULL;
}

static void test_everything_at_once(void **state)
{
	struct world *w = *state;
	struct asker askers[8];

	world_login(w);
	for (int i = 0; i < 8; i++) {
		askers[i] = (struct asker){.w = w};
		assert_int_equal(
			pthread_create(&askers[i].thread, NULL, do_everything, &askers[i]), 0);
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(askers[i].thread, NULL);
		assert_int_equal(askers[i].status, BFABRIC_OK);
	}
	assert_int_equal(w->server->reuses, 0);
	assert_int_equal(world_get_new(w), BFABRIC_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		world_test(test_one_request_at_expiry),
		world_test(test_one_request_when_all_insist),
		world_test(test_one_request_when_refused),
		world_test(test_one_request_when_out_of_reach),
		world_test(test_a_hanging_thread_and_a_token_still_good),
		world_test(test_a_hanging_thread_and_a_deadline),
		world_test(test_everything_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
