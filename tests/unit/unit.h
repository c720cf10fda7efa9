/*
 * unit.h - what every unit test includes: cmocka with the headers it wants first, and the helpers.
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "fault.h"
#include "scratch.h"

/* The status, and a text that says this. */
#define assert_fails(call, expected, error, fragment)                                              \
	do {                                                                                       \
		assert_int_equal(call, expected);                                                  \
		assert_int_equal((error).status, expected);                                        \
		if (!strstr((error).text, fragment))                                               \
			fail_msg("\"%s\" does not say \"%s\"", (error).text, fragment);            \
	} while (0)

#define unit_in_scratch(f) cmocka_unit_test_setup_teardown(f, scratch_setup, scratch_teardown)

#endif
