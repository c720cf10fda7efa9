/*
 * person.h - somebody who logs in, and is asked whether this may become the login of another.
 */
#ifndef TESTS_PERSON_H
#define TESTS_PERSON_H

#include "world.h"

struct person {
	bool agree;
	unsigned asked;
	void (*meanwhile)(void *data); /* while they think about the first question */
	void *data;
	char before[32], now[32];
};

/* For ui->other_subject; `data` is a struct person. */
bool person_answers(void *data, const char *before, const char *now);

/* bf_login_save with what the server gives `subject`. `person` NULL: nobody can be asked. */
enum bfabric_status person_logs_in(
	struct world *w, const char *subject, struct person *person, struct bf_login_result *ret);

#endif
