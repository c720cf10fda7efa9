/*
 * logout.h - a logout of the test's world and what must not be there afterwards.
 */
#ifndef TESTS_LOGOUT_H
#define TESTS_LOGOUT_H

#include <string.h>

#include "libbfabric/logout.h"
#include "world.h"

static inline enum bfabric_status log_out(struct world *w, struct bf_logout_result *ret)
{
	*ret = (struct bf_logout_result){0};
	w->err = (struct bfabric_error){0};
	return bf_logout(w->s, BF_LOGOUT_KEEP, 0, ret, &w->err);
}

static inline void assert_gone(struct world *w)
{
	BF_AUTO_FREE char *record = world_read(w->paths.record);

	assert_false(world_exists(w->paths.cache));
	assert_false(world_exists(w->paths.rejected));
	assert_false(world_exists(w->paths.rescued));
	assert_false(world_exists(w->paths.runtime_rescue));
	if (record) {
		assert_null(strstr(record, "access_token"));
		assert_null(strstr(record, "RT"));
	}
	assert_int_equal(world_get_new(w), BFABRIC_NOT_LOGGED_IN);
}

#endif
