#include "unit.h"
#include "pam_fault_scene.h"
#include "pam_scene.h"

#include <dlfcn.h>
#include <stdlib.h>
#include "pam_state.h"

#define ROUNDS_MAX 1000

/* The module's own copy of fault.c, not ours. */
static struct {
	void (*arm)(unsigned calls, unsigned n, int error);
	bool (*disarm)(void);
	const char *(*name)(void);
} module;

static struct {
	unsigned kinds, n;
	int error;
} now;

static struct {
	const char *service;
	int (*call)(void);
	void (*judge)(int rc);
	struct leftovers before;
} one;

int pam_fault_load(void **state)
{
	void *handle = dlopen(BF_PAM_MODULE, RTLD_NOW);

	(void)state;
	if (!handle)
		return -1;
	*(void **)&module.arm = dlsym(handle, "fault_arm");
	*(void **)&module.disarm = dlsym(handle, "fault_disarm");
	*(void **)&module.name = dlsym(handle, "fault_name");
	return module.arm && module.disarm && module.name ? 0 : -1;
}

void pam_fault_arm(void)
{
	module.arm(now.kinds, now.n, now.error);
}

bool pam_fault_end(void)
{
	return module.disarm();
}

unsigned pam_fault_round(void)
{
	return now.n;
}

const char *pam_fault_name(void)
{
	return module.name();
}

bool pam_fault_stays(void)
{
	return now.kinds & FAULT_STAYS;
}

unsigned pam_fault_step(unsigned kinds)
{
	const char *scale = getenv("TEST_SCALE");

	return kinds & FAULT_STAYS && scale && atof(scale) < 1 ? 3 : 1;
}

unsigned pam_fault_each(unsigned kinds, int error, bool (*round)(void))
{
	now.kinds = kinds;
	now.error = error;
	for (now.n = 1; now.n < ROUNDS_MAX; now.n += pam_fault_step(kinds))
		if (!round())
			return now.n - 1;
	fail_msg("there is no end");
	return 0;
}

static bool call_once(void)
{
	bool failed;
	int rc;

	scene_forget();
	scene_start(one.service, scene_user());
	pam_fault_arm();
	rc = one.call();
	failed = pam_fault_end();
	scene_end();
	assert_nothing_stays(one.before);
	one.judge(rc);
	return failed;
}

unsigned pam_fault_calls(
	const char *service, unsigned kinds, int error, int (*call)(void), void (*judge)(int rc))
{
	one.service = service;
	one.call = call;
	one.judge = judge;
	one.before = leftovers();
	return pam_fault_each(kinds, error, call_once);
}
